"""The frozen data that goes from step to step of a promotion."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Object = dict[str, Any]
FieldPath = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Ref:
    """An object by kind and name; `namespace` is "" for a cluster-scoped one and on the target."""

    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, order=True)
class Need:
    """Something that the target must have because it is named here and not written."""

    kind: str
    name: str
    reason: str


@dataclass(frozen=True)
class Closure:
    """The root, what it references, and what the target must have itself.

    `objects` are as read, each before what it references, so the root first.
    """

    objects: tuple[Object, ...]
    needs: tuple[Need, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Changed:
    """An object after a step, and what is worth saying about it."""

    obj: Object
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """Where an answer goes: a field of an object, or the piece number `index` of it when split at `delimiter`.

    `offset` is where that piece begins in the field: pieces of one field are set from the last to the first, so that
    no answer moves a piece that is still to be set.
    """

    group: str
    version: str
    kind: str
    name: str
    path: FieldPath
    delimiter: str = ""
    index: int = 0
    offset: int = 0


@dataclass(frozen=True)
class Placeholder:
    """`${name}` in the base, which the overlay's answers set.

    `default` is what stands in the answers until someone answers: `${name}` itself, with the text around it where
    only a longer piece of a field can be replaced. `sha256` and `bytes` are of the model it stands for, where known.
    """

    name: str
    default: str
    why: str
    targets: tuple[Target, ...]
    sha256: str = ""
    bytes: int = 0


@dataclass(frozen=True)
class Bundle:
    """All that is written: cleaned objects with placeholders in them, each before what it references."""

    root: Ref
    objects: tuple[Object, ...]
    placeholders: tuple[Placeholder, ...]
    needs: tuple[Need, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class PromoteReport:
    """What `minikf promote --out` did. `changed` is false where the folder already held exactly this."""

    root: Ref
    out: Path
    changed: bool
    files: tuple[str, ...]
    objects: tuple[Ref, ...]
    placeholders: tuple[Placeholder, ...]
    unanswered: tuple[str, ...]
    needs: tuple[Need, ...]
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """What `--json` prints."""
        return asdict(self) | {"out": str(self.out)}

    def lines(self) -> list[str]:
        """What people read."""
        done = "written to" if self.changed else "already stands in"
        lines = [f"{self.root} {done} {self.out}: {_count(self.objects, 'object')}, {_count(self.files, 'file')}"]
        lines += [f"  {ref}" for ref in self.objects]
        if self.unanswered:
            lines += ["", f"Fill in, in {self.out / 'overlays/default/answers.env'}:"]
            asked = {each.name: each for each in self.placeholders}
            lines += [f"  {name}, in place of {asked[name].why}" for name in self.unanswered]
        if self.needs:
            lines += ["", "The target must have:"]
            lines += [f"  {need.kind} {need.name} ({need.reason})" for need in self.needs]
        if self.warnings:
            lines += ["", "Worth knowing:", *(f"  {warning}" for warning in self.warnings)]
        return [*lines, "", f"Look at it: kubectl kustomize {self.out / 'overlays/default'}"]


def ref_of(obj: Object) -> Ref:
    metadata = obj["metadata"]
    return Ref(obj["kind"], metadata["name"], metadata.get("namespace", ""))


def group_of(obj: Object) -> str:
    """The API group of an object, "" for the core group."""
    return str(obj["apiVersion"]).rpartition("/")[0]


def version_of(obj: Object) -> str:
    return str(obj["apiVersion"]).rpartition("/")[2]


def _count(things: tuple[object, ...], noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"
