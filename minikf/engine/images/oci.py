"""An image as an OCI layout in a tar file, with or without the layers' content."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from minikf.engine.images.archive import Archive, Packed
from minikf.engine.images.model import Platform, digest

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"
_NAME_WHOLE = "io.containerd.image.name"
"""containerd's importer takes the name of the image from this annotation (images/annotations.go)."""


@dataclass(frozen=True)
class Layer:
    """A layer as a manifest names it: the digest and size of its blob, and how that is packed ("", gzip, zstd)."""

    digest: str
    size: int
    packed: str = ""


@dataclass(frozen=True)
class Content:
    """A layer's blob to be written into the stream."""

    layer: Layer
    pieces: Iterable[bytes]


def manifest(config: bytes, layers: Sequence[Layer]) -> bytes:
    """The manifest of an image; the same for the same image, so loading it again changes nothing."""
    return _json(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": {"mediaType": _CONFIG, "digest": digest(config), "size": len(config)},
            "layers": [
                {
                    "mediaType": f"{_LAYER}+{one.packed}" if one.packed else _LAYER,
                    "digest": one.digest,
                    "size": one.size,
                }
                for one in layers
            ],
        }
    )


def of_archive(archive: Archive, packed: Packed) -> tuple[bytes, list[Layer]]:
    """The manifest of an image in an archive and its layers: as they are written there, else made of the blobs."""
    if packed.manifest:
        told = json.loads(packed.manifest)["layers"]
        return packed.manifest, [Layer(one["digest"], one["size"]) for one in told]
    layers = []
    for diff_id, blob in zip(packed.image.diff_ids, packed.blobs, strict=True):
        hashed = hashlib.sha256()
        for piece in archive.raw(blob) if blob.packed else ():
            hashed.update(piece)
        layers.append(Layer(f"sha256:{hashed.hexdigest()}" if blob.packed else diff_id, blob.size, blob.packed))
    return manifest(packed.config, layers), layers


def layout(
    name: str, platform: Platform, config: bytes, about: bytes, contents: Iterable[Content]
) -> list[bytes | Content]:
    """The parts of the tar file that `ctr images import` takes, for an image with the manifest `about`. Layers that
    are not in `contents` must be in the node already."""
    runs_on = {"os": platform.os, "architecture": platform.architecture, "variant": platform.variant}
    described = {
        "mediaType": json.loads(about).get("mediaType") or _MANIFEST,
        "digest": digest(about),
        "size": len(about),
        "platform": {key: word for key, word in runs_on.items() if word},
        "annotations": {_NAME_WHOLE: name},
    }
    parts: list[bytes | Content] = [_file("oci-layout", _json({"imageLayoutVersion": "1.0.0"}))]
    parts += [_file(_place(digest(blob)), blob) for blob in (config, about)]
    for content in contents:
        size = content.layer.size
        parts += [_header(_place(content.layer.digest), size), content, bytes(-size % tarfile.BLOCKSIZE)]
    parts += [_file("index.json", _json({"schemaVersion": 2, "manifests": [described]})), bytes(2 * tarfile.BLOCKSIZE)]
    return parts


def as_file(name: str, parts: Sequence[bytes | Content]) -> Iterator[bytes]:
    """A tar stream with one file that holds the parts."""
    size = sum(len(part) if isinstance(part, bytes) else part.layer.size for part in parts)
    yield _header(name, size)
    for part in parts:
        if isinstance(part, bytes):
            yield part
        else:
            yield from part.pieces
    yield bytes(-size % tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE)


def files(named: dict[str, bytes]) -> bytes:
    """Small files in a tar stream, without its end; names that end in a slash are folders."""
    return b"".join(_file(name, content) for name, content in named.items())


def _place(of: str) -> str:
    return f"blobs/{of.replace(':', '/')}"


def _file(name: str, content: bytes) -> bytes:
    return _header(name, len(content)) + content + bytes(-len(content) % tarfile.BLOCKSIZE)


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    if name.endswith("/"):
        info.type, info.mode = tarfile.DIRTYPE, 0o755
    return info.tobuf(tarfile.PAX_FORMAT)


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
