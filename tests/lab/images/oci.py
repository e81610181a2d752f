"""Container images written as files, without an engine: an OCI image layout in one tar archive, for `ctr import`.

The format is the OCI Image Layout and Image Manifest specification, version 1.0.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_INDEX = "application/vnd.oci.image.index.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"  # not compressed: what boots from it is quicker
_NAME = "io.containerd.image.name"  # by this annotation containerd names an image that it imports
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Image:
    """An image of one or more layers: files that go to a path in it, or a ready tar of a small userland."""

    name: str
    entrypoint: tuple[str, ...] = ()
    files: tuple[tuple[Path, str], ...] = ()
    userland: bytes = b""
    user: str = ""
    path: str = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def write(images: list[Image], archive: Path) -> None:
    """One archive that holds them all."""
    with tarfile.open(archive, "w") as tar:
        layout = _Layout(tar)
        manifests = [layout.image(image) for image in images]
        index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": manifests}
        _member(tar, "index.json", json.dumps(index).encode())
        _member(tar, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')


class _Layout:
    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._there: set[str] = set()

    def image(self, image: Image) -> dict[str, Any]:
        tars = [image.userland] if image.userland else []
        tars += [_layer(file, place) for file, place in image.files]
        config = {
            "architecture": _ARCHITECTURES[platform.machine()],
            "os": "linux",
            "config": {"Entrypoint": list(image.entrypoint), "Env": [f"PATH={image.path}"], "User": image.user},
            "rootfs": {"type": "layers", "diff_ids": [_digest(tar) for tar in tars]},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": self._blob(_CONFIG, json.dumps(config).encode()),
            "layers": [self._blob(_LAYER, tar) for tar in tars],
        }
        return self._blob(_MANIFEST, json.dumps(manifest).encode()) | {"annotations": {_NAME: image.name}}

    def _blob(self, kind: str, data: bytes) -> dict[str, Any]:
        digest = _digest(data)
        if digest not in self._there:
            self._there.add(digest)
            _member(self._tar, f"blobs/{digest.replace(':', '/')}", data)
        return {"mediaType": kind, "digest": digest, "size": len(data)}


def _layer(file: Path, place: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        _member(tar, place.lstrip("/"), file.read_bytes(), mode=0o755)
    return out.getvalue()


def _member(tar: tarfile.TarFile, name: str, data: bytes, mode: int = 0o644) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), mode
    tar.addfile(member, io.BytesIO(data))


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
