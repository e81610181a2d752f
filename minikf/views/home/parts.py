"""The platform's parts in groups by what they do, each with what blocks it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from minikf.spec import ComponentStatus
from minikf.views.home.blocked import Blocked
from minikf.views.home.chain import Chain, Link, sentence
from minikf.views.home.rules.claims import no_default
from minikf.views.home.rules.owners import missing
from minikf.views.home.scene import Object, Scene
from minikf.views.home.walk import chain, distinct

CLUSTER, WAY_IN, OTHERS = "Cluster", "Way in", "Other parts"

# The parts of the embedded engine by the beginning of their names, and what each does.
_EMBEDDED = (
    ("api", "Platform", "serves the API, the registry of models and pipelines, and runs all controllers"),
    ("launcher", "Pods", "starts the process of each container"),
    ("warm-", "Pods", "has the large libraries loaded, so that pods start in milliseconds"),
    ("katib-db-manager", "Tuning", "takes the metrics of trials while experiments run"),
)


@dataclass(frozen=True)
class Known:
    """What the catalogue says of a component, and which objects of the cluster are its own workloads.

    `workloads` are kind, namespace and name.
    """

    group: str
    does: str
    needs: tuple[str, ...] = ()
    workloads: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Part:
    """One part. `chains` are empty where it is healthy; else at least one, the most telling first."""

    name: str
    healthy: bool
    state: str
    does: str = ""
    address: str = ""
    memory_bytes: int = 0
    chains: tuple[Chain, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "healthy": self.healthy,
            "state": self.state,
            "does": self.does,
            "chains": [one.as_dict() for one in self.chains],
        }


@dataclass(frozen=True)
class Group:
    """Parts that do the same kind of work, those in trouble first."""

    title: str
    parts: tuple[Part, ...] = field(default=())

    @property
    def ill(self) -> int:
        return sum(not part.healthy for part in self.parts)

    def as_dict(self) -> dict[str, Any]:
        return {"title": self.title, "parts": [part.as_dict() for part in self.parts]}


def groups(
    components: tuple[ComponentStatus, ...], scene: Scene | None, catalogue: Mapping[str, Known]
) -> tuple[Group, ...]:
    """In the catalogue's order, the cluster's own parts first; groups with trouble before all others."""
    parts: dict[str, list[Part]] = {}
    for component in components:
        title, part = _placed(component, scene, catalogue)
        parts.setdefault(title, []).append(part)
    waiting = {part.name: part for some in parts.values() for part in some if not part.healthy}
    found = [
        Group(title, tuple(sorted((_waits(one, waiting, catalogue) for one in some), key=lambda one: one.healthy)))
        for title, some in parts.items()
    ]
    order = list(dict.fromkeys([CLUSTER, *(one.group for one in catalogue.values()), *parts]))
    return tuple(sorted(found, key=lambda group: (not group.ill, order.index(group.title))))


def _placed(component: ComponentStatus, scene: Scene | None, catalogue: Mapping[str, Known]) -> tuple[str, Part]:
    known = catalogue.get(component.name)
    title, does = (known.group, known.does) if known is not None else _place(component.name, scene)
    part = Part(component.name, component.healthy, component.state, does, component.address, component.memory_bytes)
    if component.healthy:
        return title, part
    return title, replace(part, chains=_chains(component, scene, known))


def _place(name: str, scene: Scene | None) -> tuple[str, str]:
    if name == "port-forward":
        return WAY_IN, "carries pages and APIs of the cluster to this machine"
    if scene is None or scene.embedded:
        found = next(((title, does) for begin, title, does in _EMBEDDED if name.startswith(begin)), None)
        if found is not None:
            return found
    of_cluster = name in ("kubernetes", "nodes", "storage", "pods", "dns") or name.startswith(("node ", "dns ", "pod "))
    return (CLUSTER, "") if of_cluster else (OTHERS, "")


def _chains(component: ComponentStatus, scene: Scene | None, known: Known | None) -> tuple[Chain, ...]:
    """From the objects of the part; its own words where they tell nothing."""
    found = []
    if scene is not None:
        if known is not None:
            found = _of_workloads(scene, known)
        elif (cause := _object(component.name, scene)) is not None and (one := chain(scene, cause)) is not None:
            found = [one]
    head = Link("Component", "", component.name, component.state, sentence(component.cause))
    if not found:
        return (Chain((head,)),)
    if known is None:
        return tuple(found)
    # Why an image is not there is known at once; what it hides is looked for first.
    found.sort(key=lambda one: (not one.trouble, one.root.kind in ("Image", "Container"), -len(one.links)))
    return tuple(Chain((replace(head, why=""), *one.links), one.fix) for one in found)


def _of_workloads(scene: Scene, known: Known) -> list[Chain]:
    found = []
    for kind, namespace, name in known.workloads:
        obj = scene.find(kind, namespace, name)
        if obj is None and kind not in scene.objects:
            continue  # nobody could read them
        one = chain(scene, obj if obj is not None else missing(kind, namespace, name))
        if one is not None:
            found.append(one)
    return distinct(found)


def _object(name: str, scene: Scene) -> Object | Blocked | None:
    """The object that a part of the cluster's report is about."""
    kind, _, rest = name.partition(" ")
    if kind == "storage":
        return no_default(scene)
    if kind == "node":
        return scene.find("Node", "", rest)
    if kind == "dns":
        return scene.find("Deployment", "kube-system", rest)
    if kind == "pod":
        namespace, _, pod = rest.partition("/")
        return scene.find("Pod", namespace, pod)
    return None


def _waits(part: Part, waiting: Mapping[str, Part], catalogue: Mapping[str, Known]) -> Part:
    """A part of whose own objects nothing is known to be wrong, but that needs one that is ill, waits for that."""
    known = catalogue.get(part.name)
    if part.healthy or known is None or any(one.trouble and len(one.links) > 1 for one in part.chains):
        return part
    behind = [waiting[need].chains[0] for need in known.needs if need in waiting and waiting[need].chains[0].trouble]
    head = replace(part.chains[0].head, why="")
    return replace(part, chains=(*(Chain((head, *one.links), one.fix) for one in behind), *part.chains))
