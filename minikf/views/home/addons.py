"""The components that a platform has, and those that it could have with what each would cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from minikf.bundle import shelf
from minikf.bundle.lock import Lock, locked
from minikf.bundle.model import NOTHING, Bundle, Component, Selection
from minikf.bundle.selection import ordered
from minikf.engine.choose import engine_of
from minikf.errors import MinikfError
from minikf.install.choice import read, selected
from minikf.install.demand import asked
from minikf.install.fit import Demand, Lack, Room, cores, lacks, size
from minikf.install.room import room
from minikf.paths import PlatformPaths
from minikf.plan import EMBEDDED
from minikf.status import access


@dataclass(frozen=True)
class Cost:
    """What enabling it asks for, with all that comes with it: what pods and claims request, and what is pulled.

    `brings` are the components that come with it, `unknown` those of which nobody knows what they ask for.
    """

    cpu_milli: int = 0
    memory_bytes: int = 0
    storage_bytes: int = 0
    images: int = 0
    image_bytes: int = 0
    images_unsized: int = 0
    brings: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    lacks: tuple[Lack, ...] = ()

    @property
    def pull(self) -> str:
        """What is pulled, in words."""
        if not self.images:
            return ""
        known = size(self.image_bytes) if self.image_bytes else ""
        unknown = f"{self.images_unsized} of unknown size" if self.images_unsized else ""
        return f"{self.images} image{'s' * (self.images > 1)}: {', '.join(part for part in (known, unknown) if part)}"

    def __str__(self) -> str:
        parts = [
            f"{cores(self.cpu_milli)} processors" if self.cpu_milli else "",
            f"{size(self.memory_bytes)} of memory" if self.memory_bytes else "",
            f"{size(self.storage_bytes)} of disk" if self.storage_bytes else "",
            self.pull,
        ]
        asked_for = ", ".join(part for part in parts if part) or "nothing that its pods say"
        return f"{asked_for}, and what {', '.join(self.unknown)} may want" if self.unknown else asked_for


@dataclass(frozen=True)
class Addon:
    """One component. `why_not` says why it cannot be had here; `needed_by` are those that keep it from going alone."""

    id: str
    title: str
    group: str
    does: str
    licence: str
    free: bool
    enabled: bool
    needed_by: tuple[str, ...] = ()
    cost: Cost | None = None
    why_not: str = ""


@dataclass(frozen=True)
class Addons:
    """`why_not` says why the platform takes none; `room` is what its nodes have left, None where that is not known."""

    bundle: str
    profile: str = ""
    why_not: str = ""
    advice: str = ""
    addons: tuple[Addon, ...] = field(default=())
    room: Room | None = None


def addons(platform: str) -> Addons:
    """Raises UsageError on a bad name and Refused for a damaged record or a bundle that cannot be read."""
    paths, engine = PlatformPaths.of(platform), engine_of(platform)
    choice = read(paths)
    there = selected(choice) if choice is not None else None
    bundle = there.bundle if there is not None else shelf.bundle()
    variant = there.variant if there is not None else NOTHING.variant
    enabled = tuple(there.components) if there is not None else ()
    name = f"{bundle.name} {bundle.version}"
    why_not, advice, left = "", "", None
    if engine.name == EMBEDDED:
        why_not = "the engine embedded serves Kubeflow's kinds itself; components are for clusters"
        advice = "minikf up --engine k3d --platform another-name"
    else:
        try:
            left = room(access(platform))
        except MinikfError as error:
            why_not, advice = error.cause or error.message, error.advice
    lock = locked(bundle)
    found = tuple(_addon(bundle, lock, one, variant, enabled, left) for one in bundle.components.values())
    return Addons(name, choice.profile if choice is not None else "", why_not, advice, found, left)


def _addon(
    bundle: Bundle, lock: Lock, one: Component, variant: str, enabled: tuple[Component, ...], left: Room | None
) -> Addon:
    ids = {each.id for each in enabled}
    needed_by = tuple(each.id for each in enabled if one.id in each.needs_of(variant))
    facts = (one.id, one.title, one.group, one.does, one.licence.spdx, one.licence.free)
    if one.id in ids:
        return Addon(*facts, enabled=True, needed_by=needed_by)
    if not one.has(variant):
        return Addon(*facts, enabled=False, why_not=one.why_not or f"it has no shape for the variant {variant}")
    try:
        new = tuple(each for each in ordered(bundle, [one.id], variant) if each.id not in ids)
        cost = _cost(lock, Selection(bundle, variant, new), one.id, left)
    except MinikfError as error:
        return Addon(*facts, enabled=False, why_not=error.cause or error.message)
    return Addon(*facts, enabled=False, cost=cost)


def _cost(lock: Lock, selection: Selection, id: str, left: Room | None) -> Cost:
    found = asked(lock, selection, left.architecture if left is not None else "")
    demand: Demand = found.demand
    return Cost(
        demand.cpu_milli,
        demand.memory_bytes,
        demand.storage_bytes,
        len(demand.images),
        demand.image_bytes,
        demand.unknown,
        tuple(one.id for one in selection.components if one.id != id),
        found.unknown,
        lacks(demand, left) if left is not None else (),
    )


def as_dict(one: Addon) -> dict[str, Any]:
    """What `minikf addon list --json` has of a component."""
    cost = one.cost
    return {
        "id": one.id,
        "group": one.group,
        "does": one.does,
        "enabled": one.enabled,
        "licence": one.licence,
        "neededBy": list(one.needed_by),
        "whyNot": one.why_not,
        "cost": None
        if cost is None
        else {
            "cpuMilli": cost.cpu_milli,
            "memoryBytes": cost.memory_bytes,
            "storageBytes": cost.storage_bytes,
            "images": cost.images,
            "imageBytes": cost.image_bytes,
            "imagesUnsized": cost.images_unsized,
            "brings": list(cost.brings),
            "notCounted": list(cost.unknown),
            "lacks": [str(lack) for lack in cost.lacks],
        },
    }
