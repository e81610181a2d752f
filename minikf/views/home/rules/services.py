"""Services: they answer as long as one pod behind them is ready. Who names one in its command waits for it."""

from __future__ import annotations

import json
import re

from minikf.kube.cluster.pods import well
from minikf.kube.shapes import mapping, mappings
from minikf.views.home.blocked import Blocked, Cause
from minikf.views.home.chain import link
from minikf.views.home.scene import Object, Scene, name, namespace, uid


def service(scene: Scene, obj: Object) -> Blocked | None:
    """None where somebody answers, and for one whose pods nobody can know."""
    if not mapping(mapping(obj.get("spec")).get("selector")):
        return None
    pods = scene.behind(obj)
    if any(well(pod) and mapping(pod.get("status")).get("phase") == "Running" for pod in pods):
        return None
    if not pods:
        return Blocked(link("Service", obj, "has no pod", "nothing that it selects runs"), tuple(_makers(scene, obj)))
    return Blocked(link("Service", obj, "does not answer", "none of its pods is ready", trouble=False), tuple(pods))


def _makers(scene: Scene, obj: Object) -> list[Cause]:
    """The workloads whose pods it would select."""
    chosen = mapping(mapping(obj.get("spec")).get("selector"))
    found: list[Cause] = []
    for kind in ("Deployment", "StatefulSet", "DaemonSet"):
        for one in scene.of(kind):
            template = mapping(mapping(mapping(one.get("spec")).get("template")).get("metadata"))
            labels = mapping(template.get("labels"))
            if namespace(one) == namespace(obj) and all(labels.get(key) == value for key, value in chosen.items()):
                found.append(one)
    return found


def waited_for(scene: Scene, pod: Object, said: str) -> list[Object]:
    """The Services without an answer that a pod names: in its last words, its command or its environment.

    A name counts where it stands as an address does, so that a Service `api` is not found in `api=1`.
    """
    text = f"{said}\n{_spoken(pod)}"
    found = []
    for one in scene.of("Service"):
        mine = any(uid(each) == uid(pod) for each in scene.behind(one))
        if not mine and names(text, said, one, namespace(pod)) and service(scene, one) is not None:
            found.append(one)
    return found


def names(text: str, said: str, one: Object, from_namespace: str) -> bool:
    """Whether a text has a Service's name as an address, or its last words have the address of its own."""
    address = str(mapping(one.get("spec")).get("clusterIP") or "")
    if address not in ("", "None") and re.search(rf"(?<![\d.]){re.escape(address)}(?![\d.])", said):
        return True
    plain, space = re.escape(name(one)), re.escape(namespace(one))
    full = rf"{plain}\.{space}(?:\.svc[\w.]*)?"
    if namespace(one) != from_namespace:
        return re.search(rf"(?<![\w.-]){full}(?![\w-])", text) is not None
    short = rf"(?:(?:lookup |//|@)(?:{full}|{plain})(?![\w-])|(?:{full}|{plain}):\d+|\"(?:{full}|{plain})\")"
    return re.search(rf"(?<![\w.-]){short}", text) is not None or re.search(rf"(?<![\w.-]){full}", text) is not None


def _spoken(pod: Object) -> str:
    """Commands and environment of all containers; each value in quotes of its own."""
    spec = mapping(pod.get("spec"))
    parts = []
    for container in [*mappings(spec.get("initContainers")), *mappings(spec.get("containers"))]:
        parts += [container.get("command") or [], container.get("args") or []]
        parts.append([str(each.get("value") or "") for each in mappings(container.get("env"))])
    return json.dumps(parts)
