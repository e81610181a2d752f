"""Where the files of upstream come from: a mirror's folder or address, or GitHub."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Generator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import quote, unquote, urlsplit

from minikf.bundle.errors import FileChanged, FileMissing
from minikf.bundle.origin import Origin
from minikf.errors import NoProgress, Refused, Unreachable

T = TypeVar("T")

VARIABLE = "MINIKF_MIRROR"

MOST_BYTES = 64 << 20
"""The longest file that is read without a lock that says its size; the largest of 26.03 has 3,694,721 bytes."""

TRIES = 4  # in a row, as minikf.download has them
PAUSE_SECONDS = 0.5  # before the second; doubled with each


class Source(Protocol):
    """Reads files of upstream. `name` is how messages call it, `threads` how many files it reads at once."""

    @property
    def name(self) -> str: ...

    @property
    def threads(self) -> int: ...

    def read(self, origin: Origin, limit: int = MOST_BYTES) -> bytes:
        """A file of at most `limit` bytes.

        Raises FileMissing, Unreachable, NoProgress, and Refused for what is longer, or no file.
        """


def source(mirror: str = "") -> Source:
    """What `mirror`, else MINIKF_MIRROR, names: a folder, file:///a/folder, https://, or http:// on this machine.

    GitHub where both are empty. Raises Refused for an address of another kind and for a folder that is not there.
    """
    place = mirror or os.environ.get(VARIABLE, "")
    if not place:
        return Web("", "GitHub")
    if "://" not in place:
        return Folder(Path(place).expanduser())
    if urlsplit(place).scheme == "file":
        return Folder(Path(unquote(urlsplit(place).path)))
    from minikf import fetch  # with requests it takes 0.1 s, and a folder needs none of it

    fetch.permit(place, mirror=True)
    return Web(place.rstrip("/"), fetch.shown(place))


def is_near(source: Source) -> bool:
    """Whether it is a folder of this machine, so that its speed says nothing of the network."""
    return isinstance(source, Folder)


class Folder:
    """A mirror on this machine. Links in it may not lead out of it."""

    threads = 4

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise Refused(
                f"the mirror {root} is no folder",
                cause="a mirror has OWNER/REPO/REF/PATH below it",
                advice=f"name another one: --mirror FOLDER, or {VARIABLE}",
            )
        self._root = root.resolve()

    @property
    def name(self) -> str:
        return str(self._root)

    def read(self, origin: Origin, limit: int = MOST_BYTES) -> bytes:
        path = self._root / origin.address
        try:
            real = path.resolve()
            if not real.is_relative_to(self._root):
                raise Refused(
                    f"{path} leads out of the mirror",
                    cause=f"it is a link to {real}",
                    advice="put the file itself there",
                )
            if not real.is_file():  # also: what is no file, such as a pipe, would be waited for
                raise FileMissing(
                    f"{path} is no file", cause="the mirror does not hold it", advice=f"put the file at {path}"
                )
            with real.open("rb") as file:
                data = file.read(limit + 1)
        except (OSError, RuntimeError) as error:  # links in a circle are a RuntimeError before Python 3.13
            cause = getattr(error, "strerror", None) or str(error)
            raise Refused(f"{path} cannot be read", cause=cause, advice=f"make it readable: {path}") from error
        if len(data) > limit:
            raise too_long(origin, limit)
        return data


class Web:
    """A mirror's address, or GitHub where `root` is empty."""

    threads = 16

    def __init__(self, root: str, name: str) -> None:
        self._root = root
        self.name = name

    def read(self, origin: Origin, limit: int = MOST_BYTES) -> bytes:
        from minikf import fetch

        url = f"{self._root}/{quote(origin.address)}" if self._root else origin.url
        try:
            for tried in range(TRIES - 1):
                with suppress(fetch.Passing, NoProgress):
                    return self._once(url, origin, limit)
                time.sleep(PAUSE_SECONDS * 2**tried)
            return self._once(url, origin, limit)
        except fetch.Absent as error:
            raise FileMissing(error.message, cause=error.cause, advice=error.advice) from error
        except Unreachable as error:
            error.advice = f"{error.advice}, or name a mirror: --mirror FOLDER, or {VARIABLE}".lstrip(", ")
            raise

    def _once(self, url: str, origin: Origin, limit: int) -> bytes:
        from minikf import fetch

        with fetch.opened(url) as answer:
            if answer.total > limit:
                raise too_long(origin, limit)
            data = bytearray()
            for chunk in answer.chunks:
                data += chunk
                if len(data) > limit:
                    raise too_long(origin, limit)
        return bytes(data)


def each(
    work: Callable[[Origin], T], wanted: Collection[Origin], threads: int
) -> Generator[tuple[Origin, Future[T]], None, None]:
    """Does the work for each origin, several at once, and gives each with what came of it when it has ended.

    What has not begun when the reader goes away is not begun any more.
    """
    with ThreadPoolExecutor(threads) as pool:
        jobs = {pool.submit(work, one): one for one in wanted}
        try:
            while jobs:
                for job in wait(jobs, return_when=FIRST_COMPLETED).done:
                    yield jobs.pop(job), job  # popped, so that its bytes go with it
        finally:
            for job in jobs:
                job.cancel()


def too_long(origin: Origin, limit: int) -> FileChanged:
    return FileChanged(
        f"{origin.address} is longer than {limit:,} bytes, so it is not used",
        cause="neither the file that was locked nor any manifest is that long",
        advice="see all that differs: minikf bundle verify; or name a mirror that has the file as it was: --mirror",
    )
