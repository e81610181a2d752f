"""One file into a store: looked for, sent in parts, and looked at again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from minikf.errors import MinikfError
from minikf.promote.move.errors import ForeignObject, NotStored
from minikf.promote.move.model import Piece
from minikf.promote.move.source import BLOCK, blocks, changed
from minikf.promote.move.store import Object, Store

PARTS_AT_ONCE = 6
_MOST_PARTS = 10_000
"""Of one object: S3's user guide, "Amazon S3 multipart upload limits"."""

_SAMPLE = 1 << 16
_AHEAD = 4
"""Parts that may be sent before their sums are known; each is held in memory."""

_MD5 = re.compile(r"[0-9a-f]{32}(-[0-9]{1,5})?")
Heard = Callable[[int], None]


class Sums:
    """Takes a file's content past, in parts: its SHA-256, and the ETag that S3 gives what it got.

    An ETag is the MD5 of an object, or of its parts' MD5s with their count (S3's API reference, "Object"; most servers
    that speak S3 do so), where the store does not encrypt with a key of its own. Both are computed beside the sending.
    """

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._wholes: list[Future[None]] = []
        self._parts: list[Future[bytes]] = []
        self._beside = [ThreadPoolExecutor(1, thread_name_prefix=name) for name in ("sha256", "md5")]
        self.size = 0
        self.first = self.last = b""

    def take(self, block: bytes) -> None:
        if len(self._parts) >= _AHEAD:
            self._parts[-_AHEAD].result()
            self._wholes[-_AHEAD].result()
        self._wholes.append(self._beside[0].submit(self._sha256.update, block))
        self._parts.append(self._beside[1].submit(_md5, block))
        self.size += len(block)
        self.first = self.first or block[:_SAMPLE]
        self.last = (self.last + block[-_SAMPLE:])[-_SAMPLE:]

    @property
    def sha256(self) -> str:
        for one in self._wholes:
            one.result()
        return self._sha256.hexdigest()

    def etag(self, *, in_parts: bool) -> str:
        sums = [part.result() for part in self._parts]
        if not in_parts:
            return sums[0].hex()
        return f"{_md5(b''.join(sums)).hex()}-{len(sums)}"

    def close(self) -> None:
        for one in self._beside:
            one.shutdown(cancel_futures=True)


def bring(store: Store, key: str, piece: Piece, heard: Heard) -> tuple[bool, str]:
    """Makes the store have a file's content at `key`. Returns whether it was there already, and its ETag.

    `heard` is told the bytes as they are sent, and may raise to end it: then nothing is kept there. Raises
    ForeignObject, SourceChanged, SourceUnreadable, NotStored, and as `Store`.
    """
    found = store.look(key)
    if found is not None:
        if not _same(store, key, piece, found):
            raise _foreign(store, key, piece, found)
        heard(piece.size)
        return True, found.etag
    sums = Sums()
    try:
        etag = _sent(store, key, piece, sums, heard)
        return False, _proven(store, key, piece, sums, etag)
    finally:
        sums.close()


def _sent(store: Store, key: str, piece: Piece, sums: Sums, heard: Heard) -> str:
    """Sends it; the ETag that a store of the usual kind gives to that."""
    part = max(BLOCK, -(-piece.size // _MOST_PARTS))
    if piece.size <= part:
        content = b"".join(blocks(piece.path))
        sums.take(content)
        _demand(piece, sums)
        store.put(key, content, piece.sha256, part, 1)
        heard(piece.size)
        return sums.etag(in_parts=False)
    store.put(key, _passing(piece, sums, part, heard), piece.sha256, part, PARTS_AT_ONCE)
    return sums.etag(in_parts=True)


def _passing(piece: Piece, sums: Sums, part: int, heard: Heard) -> Iterator[bytes]:
    """The file in parts. An end that is not the file's own raises, and the library takes the upload back."""
    for block in blocks(piece.path, part):
        sums.take(block)
        yield block
        heard(len(block))
    _demand(piece, sums)


def _demand(piece: Piece, sums: Sums) -> None:
    if sums.sha256 != piece.sha256:
        raise changed(piece.path, piece.sha256, sums.sha256)


def _proven(store: Store, key: str, piece: Piece, sums: Sums, etag: str) -> str:
    """What the store says it has, against what was sent; raises NotStored, and takes away what is wrong.

    An ETag of our own making proves the content, and two samples that it can be read. Any other ETag says nothing:
    then all of it is read.
    """
    found = store.look(key)
    if found is None:
        raise _not_stored(store, key, "it was taken, and is not there", gone=True)
    if found.size != sums.size:
        raise _not_stored(store, key, f"{sums.size:,} bytes were sent and {found.size:,} are there")
    if _MD5.fullmatch(found.etag) and found.etag == etag:
        _sampled(store, key, sums)
    elif (there := _read(store, key)) != piece.sha256:
        raise _not_stored(store, key, f"the sha256 of what it gives back is {there}; {piece.sha256} was sent")
    return found.etag


def _sampled(store: Store, key: str, sums: Sums) -> None:
    if not sums.size:
        return
    ends = {0: sums.first, sums.size - len(sums.last): sums.last}
    for start, wanted in ends.items():
        if store.range(key, start, start + len(wanted)) != wanted:
            raise _not_stored(store, key, f"it gives back other bytes from byte {start:,} on")


def _same(store: Store, key: str, piece: Piece, found: Object) -> bool:
    if found.size != piece.size:
        return False
    return (found.sha256 or _read(store, key)) == piece.sha256


def _read(store: Store, key: str) -> str:
    hashed = hashlib.sha256()
    for chunk in store.content(key):
        hashed.update(chunk)
    return hashed.hexdigest()


def _md5(content: bytes) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()


def _foreign(store: Store, key: str, piece: Piece, found: Object) -> ForeignObject:
    about = f"{found.size:,} bytes" + (f", sha256 {found.sha256}" if found.sha256 else "")
    return ForeignObject(
        f"{store.at(key)} holds something else",
        cause=f"there are {about}; {piece.size:,} bytes, sha256 {piece.sha256}, were to go there; nothing was changed",
        advice="move it away, or name another place by store of the target",
    )


def _not_stored(store: Store, key: str, cause: str, *, gone: bool = False) -> NotStored:
    removed = ""
    if not gone:
        try:
            store.delete(key)  # ours: nothing was there before
            removed = "; it was removed there"
        except MinikfError as error:
            removed = f"; it could not be removed there: {error.cause}"
    return NotStored(
        f"{store.at(key)} did not keep what was sent",
        cause=cause + removed,
        advice="promote again; where it stays so, the store or a proxy before it is not to be trusted",
    )
