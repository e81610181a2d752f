"""What changed between two versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from minikf.datasets.manifest import Manifest


@dataclass(frozen=True)
class Difference:
    """Names of files, sorted. `moved` are pairs of old and new name with the same content."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    moved: tuple[tuple[str, str], ...]
    same: int

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.moved)

    def as_dict(self) -> dict[str, Any]:
        """What `--json` prints."""
        return {
            "added": list(self.added),
            "removed": list(self.removed),
            "changed": list(self.changed),
            "moved": [{"from": old, "to": new} for old, new in self.moved],
            "same": self.same,
        }


def compare(old: Manifest, new: Manifest) -> Difference:
    """Empty folders count as names that end with a slash."""
    before, after = _contents(old), _contents(new)
    both = before.keys() & after.keys()
    removed, added = sorted(before.keys() - both), sorted(after.keys() - both)
    waiting: dict[str, list[str]] = {}
    for name in removed:
        if before[name]:
            waiting.setdefault(before[name], []).append(name)
    moved = [(waiting[after[name]].pop(0), name) for name in added if waiting.get(after[name])]
    gone, come = {old for old, _ in moved}, {new for _, new in moved}
    changed = sorted(name for name in both if before[name] != after[name])
    return Difference(
        added=tuple(name for name in added if name not in come),
        removed=tuple(name for name in removed if name not in gone),
        changed=tuple(changed),
        moved=tuple(moved),
        same=len(both) - len(changed),
    )


def _contents(manifest: Manifest) -> dict[str, str]:
    """The content's hash by name; none for an empty folder."""
    files = {name: file.sha256 for name, file in manifest.files.items()}
    return files | {f"{name}/": "" for name in manifest.empty_folders}
