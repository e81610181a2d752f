"""Puts images into a registry, by plain HTTP as the distribution specification has it."""

from __future__ import annotations

import hashlib
import json
import os
import urllib.request
from dataclasses import dataclass
from typing import Any

OCI = "application/vnd.oci.image"
DOCKER = "application/vnd.docker"
INDEX, LIST = f"{OCI}.index.v1+json", f"{DOCKER}.distribution.manifest.list.v2+json"
KINDS = {
    INDEX: tuple(f"{OCI}.{part}" for part in ("manifest.v1+json", "config.v1+json", "layer.v1.tar+gzip")),
    LIST: (
        f"{DOCKER}.distribution.manifest.v2+json",
        f"{DOCKER}.container.image.v1+json",
        f"{DOCKER}.image.rootfs.diff.tar.gzip",
    ),
}


@dataclass(frozen=True)
class Pushed:
    """A manifest as an index names it, and the bytes of what is pulled by it."""

    descriptor: dict[str, Any]
    size: int


def image(
    registry: str, repository: str, architecture: str, *, kind: str = INDEX, tag: str = "", layer: int = 1000
) -> Pushed:
    """An image of one layer of that many random bytes, of the sort that an index of that kind names."""
    of_manifest, of_config, of_layer = KINDS[kind]
    config = _json({"os": "linux", "architecture": architecture})
    parts = []
    for media, content in ((of_config, config), (of_layer, os.urandom(layer))):
        blob(registry, repository, content)
        parts.append({"mediaType": media, "digest": digest(content), "size": len(content)})
    body = _json({"schemaVersion": 2, "mediaType": of_manifest, "config": parts[0], "layers": parts[1:]})
    manifest(registry, repository, tag or digest(body), body, of_manifest)
    platform = {"os": "linux", "architecture": architecture}
    described = {"mediaType": of_manifest, "digest": digest(body), "size": len(body), "platform": platform}
    return Pushed(described, sum(part["size"] for part in parts))


def index(registry: str, repository: str, tag: str, *images: Pushed, kind: str = INDEX) -> str:
    """An index of these; its digest."""
    body = _json({"schemaVersion": 2, "mediaType": kind, "manifests": [one.descriptor for one in images]})
    manifest(registry, repository, tag, body, kind)
    return digest(body)


def blob(registry: str, repository: str, content: bytes) -> None:
    url = f"http://{registry}/v2/{repository}/blobs/uploads/"
    with urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=30) as answer:
        place = answer.headers["Location"]
    _put(f"{place}{'&' if '?' in place else '?'}digest={digest(content)}", content, "application/octet-stream")


def manifest(registry: str, repository: str, name: str, body: bytes, kind: str) -> None:
    _put(f"http://{registry}/v2/{repository}/manifests/{name}", body, kind)


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _put(url: str, content: bytes, kind: str) -> None:
    asked = urllib.request.Request(url, content, {"Content-Type": kind}, method="PUT")
    with urllib.request.urlopen(asked, timeout=30):
        pass


def _json(data: Any) -> bytes:
    return json.dumps(data).encode()
