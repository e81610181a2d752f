"""Which things are the same under different names: addresses and digests. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

REGISTRY = "model-registry://"
_LEVELS = 8  # folders above a path that may be the artifact which it is a part of
_URI_KEYS = ("uri", "url", "dataset", "source", "location", "path")

Object = dict[str, Any]


def plain(uri: str) -> str:
    """A local address as the path by which pipelines know it; every other one without its checksum."""
    uri = uri.partition("#")[0]
    if uri.startswith("file:"):
        return unquote("/" + uri.removeprefix("file:").lstrip("/"))
    return uri


def candidates(uri: str) -> list[str]:
    """The URIs under which an artifact may be known that is at an address, or that it is a part of."""
    path = plain(uri)
    if not path.startswith("/"):
        return [path] if path else []
    found = [path.rstrip("/")]
    while found[-1].count("/") > 2 and len(found) < _LEVELS:
        found.append(found[-1].rpartition("/")[0])
    return found


def is_part(uri: str, artifact_uri: str) -> bool:
    """Whether an address is an artifact's, or of something in it."""
    return plain(artifact_uri) in candidates(uri)


def file_hash(digest: str) -> str:
    """The SHA-256 of a file's digest, "" for a folder's, which is computed in another way."""
    return digest.removeprefix("sha256:") if digest.startswith("sha256:") else ""


def registered(uri: str) -> tuple[str, str] | None:
    """Name and version ("" for the newest live one) of a `model-registry://` address, None for another one."""
    if not uri.startswith(REGISTRY):
        return None
    parts = [unquote(part) for part in uri.removeprefix(REGISTRY).partition("?")[0].split("/") if part]
    parts = parts[1:] if len(parts) == 3 else parts
    return (parts[0], parts[1] if len(parts) > 1 else "") if parts else None


def version_of(model: Object, version: str, digest: str) -> Object | None:
    """The version of a registered model that is meant: the one named, else the newest with the digest, else the newest
    live one."""
    versions = model["versions"]
    if version:
        return next((one for one in versions if one["name"] == version), None)
    alike = [one for one in versions if digest and digest in (each.get("digest") for each in one["artifacts"])]
    return alike[-1] if alike else next((one for one in versions if one["newestLive"]), None)


def addresses(metadata: Object) -> Iterator[str]:
    """What an artifact's metadata says of where it comes from: texts that are addresses, in fields for addresses."""
    for key, value in metadata.items():
        is_address = isinstance(value, str) and ("://" in value or value.startswith("/"))
        if is_address and any(word in key.lower() for word in _URI_KEYS):
            yield value
