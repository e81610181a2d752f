"""What a version holds, as bytes: equal content gives equal bytes, and their SHA-256 is the version's digest.

Canonical JSON (keys and names sorted, no spaces, UTF-8), so that `sha256sum` of the stored manifest prints the
digest and any program can read which files a version has. Modes, times and owners are no content.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

_FORMAT = "minikf.dataset/v1"


@dataclass(frozen=True)
class StoredFile:
    """A file of a version: its SHA-256 in hex and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """Files by POSIX path relative to the version's root, and the folders that hold none."""

    files: Mapping[str, StoredFile]
    empty_folders: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files.values())

    @property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.encode()).hexdigest()}"

    def encode(self) -> bytes:
        document = {
            "format": _FORMAT,
            "files": {name: [file.sha256, file.size] for name, file in self.files.items()},
            "emptyFolders": sorted(self.empty_folders),
        }
        return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def decode(data: bytes) -> Manifest:
    """Reads what `encode` wrote. Raises ValueError where it is something else."""
    document = json.loads(data)
    if document.get("format") != _FORMAT:
        raise ValueError(f"the manifest's format is {document.get('format')!r}, not {_FORMAT}")
    files = {name: StoredFile(sha256, size) for name, (sha256, size) in document["files"].items()}
    return Manifest(files, tuple(document["emptyFolders"]))
