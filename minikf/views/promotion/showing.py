"""A promotion as two differences: the folder as it is against what would be written, and each object as it runs here
against what is written of it, with the reason of each thing that is left out or said otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from minikf.promote import Plan, plan
from minikf.promote.clean import clean
from minikf.promote.ir.files import package
from minikf.promote.model import Object, Placeholder, PromoteReport, ref_of
from minikf.promote.references import dotted
from minikf.promote.yamltext import dump
from minikf.views.diffs import unified

_SERVERS = "the API server's own"
# metadata of every object that only the API server writes (apimachinery, meta/v1 ObjectMeta, "Read-only").
_OF_SERVER = frozenset(
    {"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink", "deletionTimestamp",
     "deletionGracePeriodSeconds"}
)  # fmt: skip


@dataclass(frozen=True)
class File:
    """A file of the promotion. `state` is new, changed, same, gone (removed by writing) or yours (left as it is)."""

    path: str
    state: str
    text: str
    diff: tuple[str, ...] = ()


@dataclass(frozen=True)
class Left:
    """A field of an object that is not written as it is here: where it is, what becomes of it, and why."""

    path: str
    what: str
    why: str


@dataclass(frozen=True)
class Export:
    """An object here, what is written of it, and why they differ."""

    ref: str
    here: str
    written: str
    diff: tuple[str, ...]
    left: tuple[Left, ...]


@dataclass(frozen=True)
class Preview:
    """All that there is to see of a promotion before it is written."""

    report: PromoteReport
    files: tuple[File, ...]
    exports: tuple[Export, ...]

    @property
    def changes(self) -> bool:
        """Whether writing it changes anything in the folder."""
        return any(one.state not in ("same", "yours") for one in self.files)

    @property
    def diff(self) -> tuple[str, ...]:
        """The folder as it is against the folder as it would be."""
        return tuple(line for one in self.files for line in one.diff)

    def as_dict(self) -> dict[str, Any]:
        return {
            "report": self.report.as_dict(),
            "changes": self.changes,
            "files": [asdict(one) for one in self.files],
            "objects": [asdict(one) for one in self.exports],
        }


def preview(names: str | Sequence[str], out: Path, platform: str, namespace: str = "") -> Preview:
    """Reads only. Raises as `minikf.promote.export`."""
    return shown(plan(names, out, platform, namespace or None))


def shown(found: Plan) -> Preview:
    """Pure but for reading the folder."""
    before = found.standing
    files = tuple(
        _file(path, before.get(path), found.files.get(path), found.place.edited_overlay)
        for path in sorted({*before, *found.files})
    )
    return Preview(found.report, files, tuple(_exports(found)))


def _file(path: str, before: str | None, after: str | None, yours: str) -> File:
    if before is not None and before == after:
        return File(path, "yours" if yours and after == yours else "same", after)
    state = "new" if before is None else "gone" if after is None else "changed"
    old, new = (path if side is not None else "/dev/null" for side in (before, after))
    return File(path, state, after or before or "", unified(before or "", after or "", old, new))


def _exports(found: Plan) -> Iterator[Export]:
    for here, written in zip(found.objects, found.bundle.objects, strict=True):
        ref = str(ref_of(here))
        texts = dump(_readable(here)), dump(written)
        yield Export(
            ref, *texts, unified(*texts, f"{ref} as it runs here", f"{ref_of(written)} as it is written"),
            tuple(left_out(here, written, found.bundle.placeholders)),
        )  # fmt: skip
    for ir, goes in zip(found.pipelines, found.bundle.pipelines, strict=True):
        texts = package(ir), package(goes)
        left = left_out(ir.object, goes.object, found.bundle.placeholders)
        name = f"{ir.ref}, version {ir.version}" if ir.version else str(ir.ref)
        yield Export(name, *texts, unified(*texts, f"{name} as it is here", f"{name} as it is written"), tuple(left))


def _readable(obj: Object) -> Object:
    """Without managedFields, which kubectl does not show either unless it is asked to."""
    metadata = {key: value for key, value in obj["metadata"].items() if key != "managedFields"}
    return {key: metadata if key == "metadata" else value for key, value in obj.items()}


def left_out(here: Object, written: Object, placeholders: tuple[Placeholder, ...]) -> list[Left]:
    """What of an object is not written as it is, field by field, with the reason; whole branches as one."""
    asked = {
        dotted(target.path): one
        for one in placeholders
        for target in one.targets
        if (target.kind, target.name) == (written["kind"], written["metadata"]["name"])
    }
    kept = clean(here).obj
    return [_left(path, old, new, asked, kept) for path, old, new in _differences(here, written, ())]


def _left(path: tuple[Any, ...], old: Any, new: Any, asked: dict[str, Placeholder], kept: Object) -> Left:
    where = dotted(path)
    if new is None:
        return Left(where, "left out", _why_out(path, kept))
    placeholder = asked.get(where)
    if placeholder is not None:
        return Left(where, f"asked for as {placeholder.name}", placeholder.why)
    if old is None:
        return Left(where, "added", "the target needs it said")
    return Left(where, f"written as {new}", "a promotion changes nothing cluster-wide")


def _why_out(path: tuple[Any, ...], kept: Object) -> str:
    """Why a field is left out, by what `minikf.promote.clean` keeps."""
    if path[0] == "status":
        return "how it is here, not what is wanted"
    if path[0] == "metadata" and len(path) > 1:
        if path[1] in _OF_SERVER:
            return _SERVERS
        if path[1] == "namespace":
            return "the target chooses it"
        if path[1] in ("ownerReferences", "finalizers"):
            return "a controller's, which makes it again"
        if path[1] in ("labels", "annotations"):
            return "written by a tool or controller, not by you"
    if path == ("spec", "volumeName"):
        return "a volume of this platform"
    if path == ("spec", "storageClassName"):
        return "a class that the target has only by chance"
    return "set by the API server or a controller, not by you" if not _has(kept, path) else "it holds here only"


def _has(obj: Any, path: tuple[Any, ...]) -> bool:
    for part in path:
        if (isinstance(obj, dict) and part in obj) or (
            isinstance(obj, list) and isinstance(part, int) and part < len(obj)
        ):
            obj = obj[part]
        else:
            return False
    return True


def _differences(old: Any, new: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """(where, before, after) of each difference; None for what is not there. A branch that is gone is one of them."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(each for each in new if each not in old)]:
            if key not in new or key not in old:
                yield (*path, key), old.get(key), new.get(key)
            else:
                yield from _differences(old[key], new[key], (*path, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _differences(one, other, (*path, number))
    elif old != new:
        yield path, old, new
