"""What is asked of a store, by the library obstore."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from minikf.errors import MinikfError
from minikf.promote.move.address import FILE, Address
from minikf.promote.move.telling import told

if TYPE_CHECKING:
    from obstore.store import ObjectStore

CHECKSUM = "minikfsha256"
"""The metadata of an object that says what its content is, written with the content in one request. Azure allows
letters, digits and underscores in such a name, and web proxies drop headers with underscores."""


@dataclass(frozen=True)
class Object:
    """What a store tells of an object; `sha256` is what we wrote of it, "" where nobody did or the store forgets."""

    size: int
    sha256: str
    etag: str


class Store:
    """A bucket, or the whole disk for `file`. Its methods may be called from several threads.

    All raise what `telling.told` makes of the library's errors.
    """

    def __init__(self, address: Address, store: ObjectStore, secrets: tuple[str, ...]) -> None:
        self.address = address
        self._store = store
        self._secrets = secrets
        self._marks = address.kind != FILE  # a disk has no place for metadata that every system knows

    def at(self, key: str) -> str:
        """The address of an object, as it is shown."""
        return str(replace(self.address, key=key))

    def look(self, key: str) -> Object | None:
        """The object, None where there is none."""
        import obstore

        try:
            with self._telling(key):
                got = obstore.get(self._store, key, options={"head": True})
        except FileNotFoundError:
            return None
        meta, about = got.meta, {str(name).lower(): value for name, value in got.attributes.items()}
        return Object(meta["size"], about.get(CHECKSUM, ""), (meta["e_tag"] or "").strip('"'))

    def names(self, prefix: str) -> set[str]:
        """The keys of all objects below a prefix."""
        import obstore

        with self._telling(prefix):
            return {one["path"] for page in obstore.list(self._store, prefix) for one in page}

    def put(self, key: str, content: bytes | Iterable[bytes], sha256: str, part: int, at_once: int) -> None:
        """Writes an object as a whole or not at all; one that comes in pieces goes in parts of `part` bytes."""
        import obstore

        about: dict[str, str] = {CHECKSUM: sha256} if self._marks else {}
        whole = isinstance(content, bytes)
        with self._telling(key):
            obstore.put(
                self._store,
                key,
                content if isinstance(content, bytes) else iter(content),
                attributes=about or None,
                use_multipart=not whole,
                chunk_size=part,
                max_concurrency=at_once,
            )
        if not self._marks:
            _settle(Path("/") / key)

    def range(self, key: str, start: int, end: int) -> bytes:
        """Bytes of an object; fewer where it is shorter."""
        import obstore

        with self._telling(key):
            return bytes(obstore.get_range(self._store, key, start=start, end=end))

    def content(self, key: str) -> Iterator[bytes]:
        """All of an object, as it comes."""
        import obstore

        with self._telling(key):
            for chunk in obstore.get(self._store, key).stream(min_chunk_size=1 << 20):
                yield bytes(chunk)

    def delete(self, key: str) -> None:
        import obstore

        with self._telling(key), contextlib.suppress(FileNotFoundError):
            obstore.delete(self._store, key)

    @contextlib.contextmanager
    def _telling(self, key: str) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError as error:
            if (trouble := told(self.address, key, error, self._secrets)) is not None:
                raise trouble from None  # the library's text may hold what is masked here
            raise
        except (BaseError, PermissionError, FileExistsError) as error:
            if isinstance(error, MinikfError):
                raise
            raise (told(self.address, key, error, self._secrets) or error) from None


def _settle(path: Path) -> None:
    """A file and its name outlast a power cut."""
    for one in (path, path.parent):
        handle = os.open(one, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
