"""A file or a folder to a store, several files at once, with its progress."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path

from minikf.promote.move.address import FILE, Address, parse
from minikf.promote.move.connect import connect
from minikf.promote.move.errors import ForeignObject
from minikf.promote.move.model import Copied, Piece, Source
from minikf.promote.move.progress import Ended, heard
from minikf.promote.move.source import BLOCK, read
from minikf.promote.move.store import Store
from minikf.promote.move.upload import bring
from minikf.spec import Event

SMALL_AT_ONCE = 8


def copy(
    source: Path, to: str, sha256: str = "", options: Mapping[str, str] | None = None
) -> Generator[Event, None, Copied]:
    """Makes `to` hold what the file or folder `source` holds; what is there with the right checksum is not sent.

    `sha256` is what was recorded of the source (`minikf.promote.models`), "" where nothing was; `options` are the
    target's `store_options`. May be repeated after any end: files that arrived are not sent again, and one that did not
    arrive whole is sent anew. Raises UsageError, NoCredentials, SourceChanged and SourceUnreadable before anything is
    written; then ForeignObject, NotStored, NotLetIn, NoBucket, StoreUnreachable and NoProgress.
    """
    address = parse(to)
    store = connect(address, options or {})
    what = f"copy {source.name}"
    yield Event(what, "started", f"to {address}")
    found = yield from heard(what, "reading", 0, lambda hear: read(source, sha256, hear))
    _demand_alone(store, address, found)
    results: dict[str, tuple[bool, str]] = {}

    def send(hear: Callable[[int], None]) -> None:
        _send(store, address, found.pieces, results, hear)

    yield from heard(what, "sending", found.bytes, send)
    skipped = sum(piece.size for piece in found.pieces if results[piece.name][0])
    etag = "" if found.folder else results[""][1]
    yield Event(what, "done", f"{address}: {found.bytes - skipped:,} bytes sent, {skipped:,} were there")
    return Copied(str(address), found.bytes, skipped, len(found.pieces), found.sha256, etag)


def _demand_alone(store: Store, address: Address, source: Source) -> None:
    """A folder is loaded as a whole by those who read it: what lies there besides would become part of it."""
    if not source.folder:
        return
    wanted = {address.under(piece.name) for piece in source.pieces}
    for key in sorted(store.names(address.key) - wanted):
        raise ForeignObject(
            f"{store.at(key)} is no part of what is to go to {address}",
            cause="who reads that folder would read it, too; nothing was changed",
            advice="move it away, or name another place by store of the target",
        )


def _send(
    store: Store,
    address: Address,
    pieces: Sequence[Piece],
    results: dict[str, tuple[bool, str]],
    tell: Callable[[int], None],
) -> None:
    """Large files one after another, each in several parts at once, and small ones beside them."""
    if address.kind == FILE:
        _clear(pieces, address)
    lanes: list[queue.SimpleQueue[Piece]] = [queue.SimpleQueue(), queue.SimpleQueue()]
    for piece in pieces:
        lanes[piece.size <= BLOCK].put(piece)
    failed: list[BaseException] = []

    def work(lane: queue.SimpleQueue[Piece]) -> None:
        try:
            while not failed:
                piece = lane.get_nowait()
                results[piece.name] = bring(store, address.under(piece.name), piece, hear)
        except queue.Empty:
            pass
        except BaseException as error:
            failed.append(error)

    def hear(size: int) -> None:
        if failed:
            raise Ended
        tell(size)

    small = min(SMALL_AT_ONCE, lanes[1].qsize())
    threads = [threading.Thread(target=work, args=(lanes[i],), daemon=True) for i in [0] + [1] * small]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def _clear(pieces: Sequence[Piece], address: Address) -> None:
    """Removes what a killed copy left on a disk: the library writes `NAME#1` and renames it."""
    wanted = {Path("/") / address.under(piece.name) for piece in pieces}
    for place in wanted:
        if place.parent.is_dir():
            for left in place.parent.iterdir():
                name, mark, number = left.name.rpartition("#")
                if mark and name == place.name and number.isdigit() and left not in wanted:
                    left.unlink(missing_ok=True)
