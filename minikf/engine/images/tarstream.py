"""A layer's tar file as a stream, with the marks of removed files in the form that overlayfs keeps on disk.

Layers mark a removed file by an empty file `.wh.NAME`, and a directory whose former content is hidden by
`.wh..wh..opq` in it (OCI image specification, "Whiteouts"). On disk overlayfs has a character device 0/0 of that name,
and the attribute `trusted.overlay.opaque` (kernel documentation, overlayfs.rst). All other entries pass as they are,
byte for byte.
"""

from __future__ import annotations

import hashlib
import posixpath
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

BLOCK = 512
_CHUNK = 1 << 20
_MARK, _MARK_OF_AUFS, _OPAQUE = ".wh.", ".wh..wh.", ".wh..wh..opq"
_HIDES_ALL = "SCHILY.xattr.trusted.overlay.opaque"
_TEXT, _LOSSLESS = "utf-8", "surrogateescape"
_EXTENDED = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
_BEFORE = (*_EXTENDED, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
"""Headers that say more about the entry that follows."""
_EMPTY = (tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE)
"""Entries without content, whatever their header gives as size."""
Lookup = Callable[[str], "Directory | None"]


@dataclass(frozen=True)
class Directory:
    """A directory's entry: what stands for it in a tar file."""

    path: str
    mode: int = 0o755
    uid: int = 0
    gid: int = 0
    mtime: float = 0
    extended: tuple[tuple[str, str], ...] = ()

    def entry(self, *more: tuple[str, str]) -> bytes:
        info = tarfile.TarInfo(self.path)
        info.type, info.mode, info.uid, info.gid, info.mtime = (
            tarfile.DIRTYPE,
            self.mode,
            self.uid,
            self.gid,
            self.mtime,
        )
        info.pax_headers = dict((*self.extended, *more))
        return info.tobuf(tarfile.PAX_FORMAT, _TEXT, _LOSSLESS)


class Broken(Exception):
    """It is no tar file, or ends in the middle."""


class Source:
    """Bytes that arrive in pieces of any size, read in pieces of a wanted size and hashed on the way."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = memoryview(b"")
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        return f"sha256:{self._hash.hexdigest()}"

    def some(self, most: int) -> memoryview:
        """Up to `most` bytes without copying them; empty at the end."""
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return self._held
            self._hash.update(piece)
            self._held = memoryview(piece)
        got, self._held = self._held[:most], self._held[most:]
        return got

    def exactly(self, size: int) -> bytes:
        """`size` bytes. Raises Broken where the stream ends before."""
        parts = []
        while size:
            part = self.some(size)
            if not part:
                raise Broken("it ends in the middle of an entry")
            parts.append(bytes(part))
            size -= len(part)
        return b"".join(parts)

    def rest(self) -> Iterator[memoryview]:
        while part := self.some(_CHUNK):
            yield part


def overlaid(source: Source, below: Lookup) -> Iterator[bytes]:
    """The layer in `source` for a directory of overlayfs; `source` is read to its end, so its digest is the layer's.

    `below` finds a directory in the layers below. A layer may name a file and not the directories that lead to it:
    those get their owner and mode from there, as containerd does it, and not the engine's default.
    """
    known: dict[str, Directory] = {"": Directory("./")}
    for entry in _entries(source):
        path = entry.path
        parent, name = posixpath.split(path)
        if f"/{_MARK_OF_AUFS}" in f"/{path}" and name != _OPAQUE:
            _drain(source, entry.room)  # marks of AUFS, which no engine unpacks
            continue
        for directory in _missing(parent, known):
            known[directory] = replace(
                below(directory) or Directory(directory, mtime=entry.info.mtime), path=directory + "/"
            )
            yield known[directory].entry()
        if name == _OPAQUE:
            yield known[parent].entry((_HIDES_ALL, "y"))
        elif name.startswith(_MARK):
            yield _whiteout(posixpath.join(parent, name.removeprefix(_MARK)), entry.info)
        else:
            if entry.info.isdir():
                known[path] = entry.directory
            yield entry.raw
            yield from _payload(source, entry.room)
            continue
        _drain(source, entry.room)
    for _ in source.rest():  # what tools write behind the end belongs to the digest, too
        pass


def directories(source: Source) -> dict[str, Directory]:
    """All directories that a layer names."""
    found = {}
    for entry in _entries(source):
        if entry.info.isdir():
            found[entry.path] = entry.directory
        _drain(source, entry.room)
    return found


@dataclass(frozen=True)
class _Entry:
    info: tarfile.TarInfo
    records: dict[str, str]
    """What the extended header says besides the name: attributes, exact times, large numbers."""
    raw: bytes
    """The header, with the headers before it that carry long names and attributes."""
    room: int
    """Bytes of content that follow, with what fills the last block."""

    @property
    def path(self) -> str:
        path = posixpath.normpath("/" + self.info.name).lstrip("/")
        return "" if path == "." else path

    @property
    def directory(self) -> Directory:
        info, path = self.info, self.path
        name = path + "/" if path else "./"
        return Directory(name, info.mode, info.uid, info.gid, info.mtime, tuple(self.records.items()))


def _entries(source: Source) -> Iterator[_Entry]:
    """Entry after entry; the caller reads each one's content before it asks for the next."""
    raw, name, records = b"", "", dict[str, str]()
    while True:
        block = source.exactly(BLOCK) if raw else _first(source)
        if not block or block == bytes(BLOCK):
            return
        try:
            info = tarfile.TarInfo.frombuf(block, _TEXT, _LOSSLESS)
        except tarfile.TarError as error:
            raise Broken(f"it has a damaged header: {error}") from error
        raw += block
        if info.type in _BEFORE:
            more = source.exactly(_rounded(info.size))
            raw += more
            if info.type in _EXTENDED:
                records |= _records(more[: info.size])
            elif info.type == tarfile.GNUTYPE_LONGNAME:
                name = more[: info.size].rstrip(b"\0").decode(_TEXT, _LOSSLESS)
            continue
        if info.type == tarfile.GNUTYPE_SPARSE:
            raw += _map(source, block)
        info.name = records.pop("path", "") or name or info.name
        size = int(records.pop("size", info.size))
        yield _Entry(info, records, raw, _rounded(0 if info.type in _EMPTY else size))
        raw, name, records = b"", "", {}


def _first(source: Source) -> bytes:
    """The block at an entry's place; nothing where the file ends there without the closing blocks."""
    part = bytes(source.some(BLOCK))
    return part + source.exactly(BLOCK - len(part)) if part else b""


def _records(content: bytes) -> dict[str, str]:
    """The records of an extended header: `LENGTH KEY=VALUE` and a line feed, where LENGTH counts all of it (POSIX,
    pax)."""
    found = {}
    while content.strip(b"\0"):
        try:
            length = int(content[: content.index(b" ")])
            key, value = content[:length].split(b" ", 1)[1].split(b"=", 1)
        except ValueError as error:
            raise Broken(f"it has a damaged extended header: {content[:40]!r}") from error
        found[key.decode(_TEXT, _LOSSLESS)] = value[:-1].decode(_TEXT, _LOSSLESS)
        content = content[max(length, 1) :]
    return found


def _map(source: Source, header: bytes) -> bytes:
    """The blocks that say where a sparse file has data, when the header has no room for all (tar.h of GNU tar: a byte
    that says whether another block follows, at 482 in the header and at 504 in a block)."""
    raw, more = b"", header[482]
    while more:
        block = source.exactly(BLOCK)
        raw, more = raw + block, block[504]
    return raw


def _missing(parent: str, known: dict[str, Directory]) -> list[str]:
    """The directories on the way to `parent` that had no entry, outermost first."""
    missing = []
    while parent not in known:
        missing.append(parent)
        parent = posixpath.dirname(parent)
    return missing[::-1]


def _whiteout(path: str, marked: tarfile.TarInfo) -> bytes:
    info = tarfile.TarInfo(path)
    info.type, info.mode, info.devmajor, info.devminor = tarfile.CHRTYPE, 0, 0, 0
    info.uid, info.gid, info.mtime = marked.uid, marked.gid, marked.mtime
    return info.tobuf(tarfile.PAX_FORMAT, _TEXT, _LOSSLESS)


def _rounded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _payload(source: Source, size: int) -> Iterator[bytes]:
    while size:
        part = source.some(min(size, _CHUNK))
        if not part:
            raise Broken("it ends in the middle of a file")
        size -= len(part)
        yield bytes(part)


def _drain(source: Source, size: int) -> None:
    for _ in _payload(source, size):
        pass
