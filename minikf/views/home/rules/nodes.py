"""Nodes: not ready, under pressure, cordoned, or full."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from minikf.kube.cluster.pods import condition
from minikf.kube.shapes import mapping, mappings
from minikf.quantity import parse
from minikf.views.home.blocked import Blocked, Cause
from minikf.views.home.chain import Call, Fix, Link, link, sentence
from minikf.views.home.scene import Object, Scene, name

_PRESSURES = {"DiskPressure": "its disk is full", "MemoryPressure": "its memory is full", "PIDPressure": "no pids left"}
_LACKS = re.compile(r"Insufficient ([\w./-]*\w)")


def node(scene: Scene, obj: Object) -> Blocked | None:
    status = mapping(obj.get("status"))
    ready = condition(status, "Ready")
    if ready.get("status") != "True":
        why = f"{ready.get('reason', '')}: {ready.get('message', '')}" if ready else "its kubelet has said nothing yet"
        return Blocked(link("Node", obj, "not ready", why))
    for kind, words in _PRESSURES.items():
        found = condition(status, kind)
        if found.get("status") == "True":
            return Blocked(link("Node", obj, words, f"{kind}: {found.get('message', '')}"))
    if mapping(obj.get("spec")).get("unschedulable"):
        return Blocked(link("Node", obj, "cordoned", "it takes no new pods"), fix=_uncordoned(scene, obj))
    return None


def _uncordoned(scene: Scene, obj: Object) -> Fix:
    body = json.dumps({"spec": {"unschedulable": None}})
    return Fix(
        f"Let {name(obj)} take pods again",
        f"{scene.kubectl} uncordon {name(obj)}",
        Call("PATCH", f"/api/v1/nodes/{name(obj)}", body, "application/merge-patch+json"),
    )


def unscheduled(scene: Scene, pod: Object, told: str) -> list[Cause]:
    """Why no node takes a pod, by the scheduler's words: a node's own trouble, or too little of something."""
    causes: list[Cause] = [one for one in scene.of("Node") if node(scene, one) is not None]
    for resource in dict.fromkeys(_LACKS.findall(told)):
        causes.insert(0, _lack(scene, pod, resource))
    if "didn't match Pod's node affinity/selector" in told:
        selector = mapping(mapping(pod.get("spec")).get("nodeSelector"))
        wanted = ", ".join(f"{key}={value}" for key, value in selector.items())
        causes.append(Blocked(Link("Nodes", "", "", f"no node has {wanted or 'what it asks for'}", sentence(told))))
    if not causes and "untolerated taint" in told:
        causes.append(Blocked(Link("Nodes", "", "", "all nodes are tainted", sentence(told))))
    return causes


def _lack(scene: Scene, pod: Object, resource: str) -> Blocked:
    """In numbers: what the pod asks for and what is left on the node that has most."""
    nodes = scene.of("Node")
    there = [_amount(mapping(mapping(one.get("status")).get("allocatable")).get(resource)) for one in nodes]
    wanted = asked(pod, resource)
    if not any(there) and resource.endswith("/gpu"):
        return Blocked(Link("Nodes", "", "", f"no node has {resource}", "the cluster has no GPU that pods may ask for"))
    taken = {
        name(one): sum(asked(each, resource) for each in scene.of("Pod") if _runs_on(each, name(one))) for one in nodes
    }
    left = max((have - taken[name(one)] for have, one in zip(there, nodes, strict=True)), default=0)
    why = f"it asks for {_spelled(resource, wanted)}; the node with most has {_spelled(resource, max(0, left))} left"
    return Blocked(Link("Nodes", "", "", f"no node has enough {resource}", why))


def _runs_on(pod: Object, node_name: str) -> bool:
    phase = mapping(pod.get("status")).get("phase")
    return mapping(pod.get("spec")).get("nodeName") == node_name and phase not in ("Succeeded", "Failed")


def asked(pod: Object, resource: str) -> float:
    """What all containers of a pod request of a resource; a limit counts where no request is said."""
    return sum(_request(each, resource) for each in mappings(mapping(pod.get("spec")).get("containers")))


def _request(container: Object, resource: str) -> float:
    said = mapping(container.get("resources"))
    return _amount(mapping(said.get("requests")).get(resource) or mapping(said.get("limits")).get(resource))


def _amount(quantity: object) -> float:
    try:
        return float(parse(str(quantity))) if quantity not in (None, "") else 0.0
    except ValueError:
        return 0.0


def _spelled(resource: str, amount: float) -> str:
    if resource in ("memory", "ephemeral-storage"):
        return f"{amount / 1024**3:.1f} GiB"
    return f"{amount:.3g} {resource}"


def named(nodes: Iterable[Object]) -> str:
    return ", ".join(name(one) for one in nodes)
