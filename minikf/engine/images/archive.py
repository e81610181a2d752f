"""Archives of images: what `docker save` writes, and OCI layouts in a tar file."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from minikf.engine.images.model import Image, Platform, digest
from minikf.engine.images.names import whole
from minikf.errors import Refused

_PIECE = 1 << 20
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_NAME_WHOLE, _NAME_TAG = "io.containerd.image.name", "org.opencontainers.image.ref.name"
"""Annotations of containerd and of the OCI image layout; the second is a tag alone, or a whole name."""


@dataclass(frozen=True)
class Blob:
    """A layer as it lies in an archive: where, how many bytes, and how it is packed ("", gzip or zstd)."""

    offset: int
    size: int
    packed: str


@dataclass(frozen=True)
class Packed:
    """An image in an archive: its configuration and its manifest as they are written there, and its layers' blobs,
    lowest first. `docker save` of old writes no manifest, so there it is b""."""

    image: Image
    config: bytes
    manifest: bytes
    blobs: tuple[Blob, ...]


class Archive:
    """A tar file with images; may be read from several threads at once."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        """`file` is an uncompressed tar file. Raises Refused where it holds no images."""
        self.name = name
        self._file = file
        file.seek(0)
        try:
            with tarfile.open(fileobj=file, mode="r:", errors="surrogateescape") as tar:
                self._members = {_name(one.name): self._resolved(one, tar) for one in tar if not one.isdir()}
        except (tarfile.TarError, KeyError, OSError) as error:
            raise _no_archive(name, str(error)) from error
        try:
            self.images = tuple(self._docker() if "manifest.json" in self._members else self._oci())
        except (KeyError, ValueError, TypeError) as error:
            raise _no_archive(name, f"{type(error).__name__}: {error}") from error
        if not self.images:
            raise _no_archive(name, "it has neither manifest.json nor index.json with an image in it")

    @classmethod
    def open(cls, path: Path) -> Archive:
        """The archive in a file; one that is compressed as a whole is unpacked to a file without a name first."""
        try:
            file = path.open("rb")
            start = file.read(4)
            if start[:2] == _GZIP:
                with file:
                    return cls(_unpacked(file, path), str(path))
            if start == _ZSTD:
                raise Refused(
                    f"{path} is compressed with zstd", cause="it is not read here", advice=f"zstd -d {path}, then again"
                )
        except OSError as error:
            raise _no_archive(str(path), error.strerror or str(error)) from error
        return cls(file, str(path))

    def raw(self, blob: Blob, tell: Callable[[int], None] = lambda _: None) -> Iterator[bytes]:
        """A layer as it lies there; `tell` hears the size of every piece that was taken."""
        position, end = blob.offset, blob.offset + blob.size
        while position < end:
            piece = os.pread(self._file.fileno(), min(_PIECE, end - position), position)
            if not piece:
                raise OSError(f"{self.name} became shorter while it was read")
            position += len(piece)
            yield piece
            tell(len(piece))

    def tar(self, blob: Blob, tell: Callable[[int], None] = lambda _: None) -> Iterator[bytes]:
        """A layer's tar file. Raises ValueError for damaged or unreadable packing."""
        if blob.packed == "zstd":
            raise ValueError("it is packed with zstd")
        return _gunzipped(self.raw(blob, tell)) if blob.packed else self.raw(blob, tell)

    def close(self) -> None:
        self._file.close()

    def _resolved(self, member: tarfile.TarInfo, tar: tarfile.TarFile) -> tuple[int, int]:
        """Offset and size of the content; `docker save` of old writes a layer that comes twice as a link."""
        while member.issym() or member.islnk():
            target = Path(member.name).parent / member.linkname if member.issym() else Path(member.linkname)
            member = tar.getmember(os.path.normpath(target))
        return member.offset_data, member.size

    def _content(self, name: str) -> bytes:
        offset, size = self._members[_name(name)]
        return os.pread(self._file.fileno(), size, offset)

    def _blob(self, name: str) -> Blob:
        offset, size = self._members[_name(name)]
        start = os.pread(self._file.fileno(), 4, offset)
        return Blob(offset, size, "gzip" if start[:2] == _GZIP else "zstd" if start == _ZSTD else "")

    def _docker(self) -> Iterator[Packed]:
        for one in json.loads(self._content("manifest.json")):
            names = tuple(whole(tag) for tag in one.get("RepoTags") or ())
            yield self._packed(names, self._content(one["Config"]), b"", [self._blob(name) for name in one["Layers"]])

    def _oci(self) -> Iterator[Packed]:
        for descriptor in json.loads(self._content("index.json"))["manifests"]:
            notes = descriptor.get("annotations") or {}
            name = notes.get(_NAME_WHOLE) or notes.get(_NAME_TAG) or ""
            yield from self._manifests(descriptor, (whole(name),) if "/" in name or ":" in name else ())

    def _manifests(self, descriptor: dict[str, Any], names: tuple[str, ...]) -> Iterator[Packed]:
        """The images behind a descriptor; of several platforms those whose blobs are in the archive."""
        path = _path(descriptor)
        if path not in self._members:
            return
        manifest = self._content(path)
        found = json.loads(manifest)
        for inner in found.get("manifests", ()):
            yield from self._manifests(inner, names)
        layers = [_path(layer) for layer in found.get("layers", ())]
        attests = (descriptor.get("annotations") or {}).get("vnd.docker.reference.type")
        if "config" not in found or attests or not all(layer in self._members for layer in layers):
            return
        config = self._content(_path(found["config"]))
        yield self._packed(names, config, manifest, [self._blob(layer) for layer in layers])

    def _packed(self, names: tuple[str, ...], config: bytes, manifest: bytes, blobs: list[Blob]) -> Packed:
        told = json.loads(config)
        platform = Platform(told["os"], told["architecture"], told.get("variant", ""))
        diff_ids = tuple(told["rootfs"]["diff_ids"])
        if len(diff_ids) != len(blobs):
            raise ValueError(f"the configuration names {len(diff_ids)} layers and the manifest {len(blobs)}")
        return Packed(Image(self.name, names, digest(config), platform, diff_ids), config, manifest, tuple(blobs))


def _name(member: str) -> str:
    return os.path.normpath(member)


def _path(descriptor: dict[str, Any]) -> str:
    algorithm, _, encoded = descriptor["digest"].partition(":")
    return f"blobs/{algorithm}/{encoded}"


def _unpacked(file: IO[bytes], path: Path) -> IO[bytes]:
    file.seek(0)
    try:
        return _kept(_gunzipped(iter(lambda: file.read(_PIECE), b"")), str(path))
    except ValueError as error:
        raise _no_archive(str(path), str(error)) from error


def _gunzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The content of gzip members one after another, as pigz and others write them. Raises ValueError."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        for piece in pieces:
            left = piece
            while left:
                if unpacker.eof:
                    if not left.strip(b"\0"):
                        break
                    unpacker = zlib.decompressobj(wbits=31)
                if content := unpacker.decompress(left):
                    yield content
                left = unpacker.unused_data
    except zlib.error as error:
        raise ValueError(f"its compression is damaged: {error}") from error
    if not unpacker.eof:
        raise ValueError("its compression ends in the middle")


def spooled(pieces: Iterator[bytes], name: str) -> Archive:
    """An archive that comes as a stream. Raises Refused where there is no room for it, or it is none."""
    return Archive(_kept(pieces, name), name)


def _kept(pieces: Iterator[bytes], name: str) -> IO[bytes]:
    """A file without a name: it goes with this process, however that ends."""
    file = tempfile.TemporaryFile(prefix="minikf-image-")  # noqa: SIM115 - it is handed on
    try:
        for piece in pieces:
            file.write(piece)
        file.flush()
    except OSError as error:
        file.close()
        free = shutil.disk_usage(tempfile.gettempdir()).free
        raise Refused(
            f"no room to keep {name} on its way to the nodes",
            cause=f"{error.strerror or error}; {free:,} bytes are free in {tempfile.gettempdir()}",
            advice="free some disk space, or set TMPDIR to a folder on another disk",
        ) from error
    except BaseException:
        file.close()
        raise
    return file


def _no_archive(name: str, cause: str) -> Refused:
    return Refused(
        f"{name} is no archive of images", cause=cause, advice=f"docker save -o {name} IMAGE, or an OCI layout as tar"
    )
