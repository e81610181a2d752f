"""Reads what registries send of images: indexes, manifests and configurations. Pure; nothing in them is believed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from minikf.bundle.registry.errors import NotAnImage

_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_CONFIGS = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")
CONTENT_TYPES = _INDEXES + _MANIFESTS
"""What is asked for: indexes and manifests of the OCI's image-spec, and of Docker's "Image Manifest V2, Schema 2"."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_WORD = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
# What buildkit writes of how an image was built stands in the index as if it were an image, for no platform
# (docs/attestations/attestation-storage.md there).
_NOWHERE = "unknown"
_ABOUT = "vnd.docker.reference.type"


@dataclass(frozen=True)
class Entry:
    """A manifest that an index names; `platform` is "" where it does not say."""

    digest: str
    platform: str


@dataclass(frozen=True)
class Index:
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class OneImage:
    """An image for one platform: the digest of its configuration, and the bytes of that and of all layers."""

    config: str
    size: int


def read(body: bytes, kind: str) -> Index | OneImage:
    """A manifest of the media type `kind`, unless it names another itself. Raises NotAnImage."""
    data = _object(_parsed(body), "the manifest")
    told = data.get("mediaType", kind)
    if told in _INDEXES or (told not in _MANIFESTS and "manifests" in data):
        return _index(data)
    if told in _MANIFESTS or "config" in data:
        return _image(data)
    raise _none("neither an index nor a manifest of a kind that is pulled today")


def platform_of(config: bytes) -> str:
    """What a configuration says that the image is for. Raises NotAnImage."""
    found = _platform(_object(_parsed(config), "the configuration"))
    if not found:
        raise _none("the configuration names no platform")
    return found


def _index(data: Mapping[str, Any]) -> Index:
    entries = []
    for one in _list(data.get("manifests"), "manifests"):
        described = _object(one, "an entry of the index")
        if described.get("mediaType") in _INDEXES:
            raise _none("an index of indexes")
        about = described.get("annotations")
        if isinstance(about, dict) and _ABOUT in about:
            continue
        platform = _platform(_object(described.get("platform") or {}, "a platform"))
        if platform is None or described.get("mediaType", _MANIFESTS[0]) not in _MANIFESTS:
            continue
        entries.append(Entry(_digest(described), platform))
    if not entries:
        raise _none("an index of nothing that runs")
    return Index(tuple(entries))


def _image(data: Mapping[str, Any]) -> OneImage:
    config = _object(data.get("config"), "the configuration's descriptor")
    if config.get("mediaType") not in _CONFIGS:
        raise _none("something else that registries keep: its configuration is none of an image")
    # A layer that stands there twice is pulled once.
    sizes = {_digest(config): _size(config)}
    for layer in _list(data.get("layers"), "layers"):
        described = _object(layer, "a layer")
        sizes[_digest(described)] = _size(described)
    return OneImage(_digest(config), sum(sizes.values()))


def _platform(data: Mapping[str, Any]) -> str | None:
    """`os/architecture[/variant]`; "" where it is not said, None for what runs nowhere.

    One platform has one name, as in github.com/containerd/platforms, `normalizeArch`.
    """
    system, machine, variant = (data.get(name) or "" for name in ("os", "architecture", "variant"))
    if not system and not machine:
        return ""
    if _NOWHERE in (system, machine):
        return None
    for word in (system, machine, *([variant] if variant else [])):
        if not isinstance(word, str) or not _WORD.fullmatch(word):
            raise _none("for a platform that has no name")
    usual = {("amd64", "v1"): "", ("arm64", "v8"): "", ("arm64", "8"): "", ("arm", ""): "v7", ("arm", "7"): "v7"}
    variant = usual.get((machine, variant), variant)
    return "/".join(part for part in (system, machine, variant) if part)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _none("no JSON") from error


def _object(data: Any, what: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise _none(f"no image: {what} is no object")
    return data


def _list(data: Any, what: str) -> list[Any]:
    if not isinstance(data, list):
        raise _none(f"no image: {what!r} is no list")
    return data


def _digest(described: Mapping[str, Any]) -> str:
    found = described.get("digest")
    if not isinstance(found, str) or not _DIGEST.fullmatch(found):
        raise _none("of parts without a sha256")
    return found


def _size(described: Mapping[str, Any]) -> int:
    found = described.get("size")
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < 1 << 63:
        raise _none("of parts without a size")
    return found


def _none(what: str) -> NotAnImage:
    return NotAnImage("a registry sends no image", cause=f"what it sends is {what}")
