"""The checksum of a model that is still a file of this machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from minikf.promote.placeholders import Detached

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Content:
    """SHA-256 and size in bytes of a file or folder.

    A folder's checksum is that of the lines `<sha256 of file>  <path in folder>`, sorted by path: what
    `find . -type f | sed 's|^\\./||' | LC_ALL=C sort | tr '\\n' '\\0' | xargs -0 sha256sum | sha256sum` prints.
    """

    sha256: str
    bytes: int


def with_checksums(detached: Detached) -> tuple[Detached, tuple[str, ...]]:
    """The placeholders of models and data with the checksum of what they stood for, and what could not be read."""
    done, warnings = [], []
    for placeholder in detached.placeholders:
        path = _path(detached.origins.get(placeholder.name, ""))
        if path is None or "_URI_" not in placeholder.name:
            done.append(placeholder)
            continue
        try:
            content = checksum(path)
        except OSError as error:
            why = error.strerror or type(error).__name__
            warnings.append(f"{placeholder.name}: its checksum is not known, it could not be read: {why}")
            done.append(placeholder)
        else:
            done.append(replace(placeholder, sha256=content.sha256, bytes=content.bytes))
    return replace(detached, placeholders=tuple(done)), tuple(warnings)


def checksum(path: Path) -> Content:
    """Raises OSError where a file cannot be read."""
    if not path.is_dir():
        return _file(path)
    lines, size = [], 0
    files = {str(each.relative_to(path)): each for each in path.rglob("*") if each.is_file()}
    for name in sorted(files, key=str.encode):
        content = _file(files[name])
        size += content.bytes
        lines.append(f"{content.sha256}  {name}\n")
    return Content(hashlib.sha256("".join(lines).encode()).hexdigest(), size)


def _file(path: Path) -> Content:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return Content(digest.hexdigest(), size)


def _path(address: str) -> Path | None:
    """The local path of a `file://` address or of a plain absolute path."""
    if address.startswith("/"):
        return Path(address)
    parts = urlsplit(address)
    return Path(unquote(parts.path)) if parts.scheme == "file" and parts.path else None
