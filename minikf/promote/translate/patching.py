"""The difference of objects as JSON patches (RFC 6902), which kustomize puts on a base."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from minikf.promote.model import FieldPath, Object, group_of, version_of


@dataclass(frozen=True)
class Patch:
    """What turns one object of the base into the target's. `renames` and `rekinds` are for kustomize, which keeps
    names and kinds as they are unless told so."""

    group: str
    version: str
    kind: str
    name: str
    operations: tuple[Object, ...]
    renames: bool = False
    rekinds: bool = False

    def kustomize(self, path: str) -> Object:
        """The entry of a kustomization's `patches` for the operations in the file `path`."""
        target = {"group": self.group, "version": self.version, "kind": self.kind, "name": self.name}
        entry: Object = {"path": path, "target": {key: value for key, value in target.items() if value}}
        options = {"allowNameChange": self.renames, "allowKindChange": self.rekinds}
        if any(options.values()):
            entry["options"] = {key: True for key, value in options.items() if value}
        return entry


def patches(before: tuple[Object, ...], after: tuple[Object, ...]) -> tuple[Patch, ...]:
    """One patch for each object that differs; the two are in the same order."""
    found = []
    for old, new in zip(before, after, strict=True):
        operations = tuple(_difference(old, new, ()))
        if operations:
            found.append(
                Patch(
                    group=group_of(old),
                    version=version_of(old),
                    kind=old["kind"],
                    name=old["metadata"]["name"],
                    operations=operations,
                    renames=old["metadata"]["name"] != new["metadata"]["name"],
                    rekinds=(old["kind"], old["apiVersion"]) != (new["kind"], new["apiVersion"]),
                )
            )
    return tuple(found)


def _difference(old: Any, new: Any, path: FieldPath) -> Iterator[Object]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old:
            if key not in new:
                yield {"op": "remove", "path": pointer((*path, key))}
            else:
                yield from _difference(old[key], new[key], (*path, key))
        for key in new:
            if key not in old:
                yield {"op": "add", "path": pointer((*path, key)), "value": new[key]}
    elif isinstance(old, list) and isinstance(new, list) and len(old) <= len(new) and old:
        for index, value in enumerate(old):
            yield from _difference(value, new[index], (*path, index))
        for value in new[len(old) :]:
            yield {"op": "add", "path": pointer((*path, "-")), "value": value}
    elif type(old) is not type(new) or old != new:
        yield {"op": "replace", "path": pointer(path), "value": new}


def pointer(path: FieldPath) -> str:
    """A path as a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
