"""What was rendered before: one file per key, with its sha256 in the first line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from minikf.bundle.render import kustomize
from minikf.files import write_private


def read(cache: Path, key: str) -> str | None:
    """None where it is not there, or is not what was written."""
    try:
        head, _, text = (cache / f"{key}.yaml").read_text().partition("\n")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return text if head == _head(text) else None


def write(cache: Path, key: str, text: str) -> None:
    """Raises Refused as `minikf.files.write_private`."""
    write_private(cache / f"{key}.yaml", f"{_head(text)}\n{text}")


def version(kubectl: Path, cache: Path) -> str:
    """`kustomize.version`, remembered for as long as the binary is the same: asking it costs more than all the rest."""
    facts = kubectl.resolve().stat()
    mark = [str(kubectl.resolve()), facts.st_size, facts.st_mtime_ns]
    note = cache / "kustomize.json"
    try:
        known = json.loads(note.read_text())
        if known["binary"] == mark:
            return str(known["version"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        pass
    found = kustomize.version(kubectl)
    write_private(note, json.dumps({"binary": mark, "version": found}))
    return found


def _head(text: str) -> str:
    return f"# sha256 {hashlib.sha256(text.encode()).hexdigest()}"
