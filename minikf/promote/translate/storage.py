"""Storage classes and access modes of claims, wherever a claim is described."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minikf.promote.fields import get, items
from minikf.promote.model import FieldPath, Object
from minikf.promote.references import dotted
from minikf.promote.targets.profile import StorageClass
from minikf.promote.translate.choices import file_of, mapped
from minikf.promote.translate.model import Edit, Said, World, error, warning

_CLASS = "storageClassName"
_MANY = "ReadWriteMany"


def classes(obj: Object, world: World) -> Said:
    """The class that the user chose for a claim, its own where the target has it, else the target's default."""
    profile, spec = world.profile, world.spec
    if profile.unknown("storage"):
        return
    names = {one.name for one in profile.storage}
    fallback = default(world)
    for path, claim in _claims(obj):
        where = dotted((*path, _CLASS))
        now = claim.get(_CLASS) or ""
        wanted = mapped(spec.storage_classes, now)
        if wanted != now:
            said = f"target {spec.name} maps '{now or 'the default class'}' to '{wanted or 'its default class'}'"
            yield Edit((*path, _CLASS), wanted or None, said)
        shared = _shared(claim, wanted, world)
        if wanted in names:
            continue
        if wanted == "" and shared is not None:
            yield Edit((*path, _CLASS), shared.name, f"it is the one class of {spec.name} known to be {_MANY}")
        elif wanted == "" and fallback is not None:
            continue
        elif now and wanted == now and (chosen := shared or substitute(now, world)) is not None:
            what = f"the one class there known to be {_MANY}" if shared else "the default class there"
            yield Edit((*path, _CLASS), chosen.name, f"{spec.name} has no class '{now}'; '{chosen.name}' is {what}")
        else:
            lacks = f"has no storage class '{wanted}'" if wanted else "has no default storage class"
            yield error(
                where,
                f"target {spec.name} {lacks}",
                f"it has {', '.join(sorted(names)) or 'none at all'}",
                f"storage_classes: {{'{now}': NAME}} in {file_of(spec)}",
            )


def modes(obj: Object, world: World) -> Said:
    """Access modes that the class is not known to have."""
    if world.profile.unknown("storage"):
        return
    by_name = {one.name: one for one in world.profile.storage}
    for path, claim in _claims(obj):
        name = claim.get(_CLASS) or ""
        found = by_name.get(name) if name else default(world)
        if found is None:
            continue  # the rule of classes says so
        for mode in _asked(claim):
            where = dotted((*path, "accessModes"))
            if not found.modes and mode != "ReadWriteOnce":
                yield warning(
                    where,
                    f"nobody knows whether storage class '{found.name}' is {mode}",
                    f"neither its provisioner {found.provisioner} nor a bound claim tells",
                    f"minikf target probe {world.spec.name}, after a claim of it was bound {mode} there",
                )
            elif found.modes and mode not in found.modes:
                able = sorted(one.name for one in world.profile.storage if mode in one.modes)
                open_ones = sorted(one.name for one in world.profile.storage if not one.modes)
                maybe = f", not known of {', '.join(open_ones)}" if open_ones else ""
                yield error(
                    where,
                    f"storage class '{found.name}' is not {mode}",
                    f"it is {', '.join(found.modes)}; {mode} there: {', '.join(able) or 'no class'}{maybe}",
                    f"name another storageClassName in the claim, or map its class in {file_of(world.spec)}",
                )


def default(world: World) -> StorageClass | None:
    return next((one for one in world.profile.storage if one.default), None)


def substitute(absent: str, world: World) -> StorageClass | None:
    """The default class in the place of one that the target lacks; none where the user's mapping has a say in it."""
    found, chosen = default(world), world.spec.storage_classes
    if found is None or absent in chosen.values() or mapped(chosen, found.name) != found.name:
        return None
    return found


def _shared(claim: Object, wanted: str, world: World) -> StorageClass | None:
    """For a claim of many writers whose class is left to us: the one class that can, where the default cannot."""
    fallback = default(world)
    chosen = world.spec.storage_classes
    able = [one for one in world.profile.storage if _MANY in one.modes and mapped(chosen, one.name) == one.name]
    if wanted and wanted in chosen.values():
        return None
    if wanted in {one.name for one in world.profile.storage} or _MANY not in _asked(claim) or len(able) != 1:
        return None
    return None if fallback is not None and _MANY in fallback.modes else able[0]


def _asked(claim: Object) -> list[str]:
    return [str(one) for one in items(claim, ("accessModes",))]


def _claims(obj: Object) -> Iterator[tuple[FieldPath, Object]]:
    """Descriptions of claims: the kind itself, templates in pods, and in a pipeline's second document."""
    if obj["kind"] == "PersistentVolumeClaim":
        yield ("spec",), get(obj, ("spec",)) or {}
    elif obj["kind"] not in ("ConfigMap", "Secret"):
        yield from _templates(obj, ())


def _templates(value: Any, path: FieldPath) -> Iterator[tuple[FieldPath, Object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "volumeClaimTemplate" and isinstance(get(inner, ("spec",)), dict):
                yield (*path, key, "spec"), inner["spec"]
            elif key == "pvcSpecPatch" and isinstance(inner, dict):
                yield (*path, key), inner
            elif key == "genericEphemeralVolume" and isinstance(inner, list):
                yield from (((*path, key, i), one) for i, one in enumerate(inner) if isinstance(one, dict))
            else:
                yield from _templates(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _templates(inner, (*path, index))
