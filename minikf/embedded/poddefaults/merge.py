"""A pod with PodDefaults merged into it, or why they cannot be; pure.

What both say must be equal, else all conflicts are told and nothing is merged. Environment, mounts, command and
arguments go to the pod's own containers, not to init containers and not to those that PodDefaults add.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from minikf.embedded.status import Object

PREFIX = "poddefault.admission.kubeflow.org"
_ISTIO = "istio-proxy"
# Go leaves these booleans out where they are false: they are no pointers in k8s.io/api core/v1.
_PLAIN_FLAGS = frozenset(("readOnly", "stdin", "stdinOnce", "tty"))
# The lists of a pod that PodDefaults add to: field of the PodDefault, field of the pod, what names an item, its word.
_OF_PODS = (
    ("volumes", "volumes", "name", "volume"),
    ("tolerations", "tolerations", "key", "toleration"),
    ("imagePullSecrets", "imagePullSecrets", "name", "imagePullSecret"),
    ("initContainers", "initContainers", "name", "init container"),
    ("sidecars", "containers", "name", "container"),
)


class Conflicts(Exception):
    """What the pod and its PodDefaults say differently: one sentence each."""

    def __init__(self, found: list[str]) -> None:
        super().__init__("; ".join(found))
        self.found = found


def merged(pod: Object, defaults: Sequence[Object]) -> Object:
    """A pod of its own with `defaults`, PodDefault objects in their order, merged in. Raises Conflicts."""
    found: list[str] = []
    out: Object = copy.deepcopy(pod)
    spec, meta = out["spec"], out["metadata"]
    own = [_container(one, defaults, found) for one in spec["containers"]]
    for field, target, key, word in _OF_PODS:
        items = _added(spec.get(target) or [], defaults, field, key, f"the {word} '{{}}'", found)
        if target == "containers":
            items = [*own, *items[len(own) :]]
        if items:
            spec[target] = items
    for field in ("annotations", "labels"):
        meta[field] = _texts(meta.get(field) or {}, defaults, field, found)
    if found:
        raise Conflicts(found)
    for one in defaults:
        wanted = _spec(one)
        if wanted.get("automountServiceAccountToken") is not None:
            spec["automountServiceAccountToken"] = wanted["automountServiceAccountToken"]
        if wanted.get("serviceAccountName"):
            spec["serviceAccountName"] = wanted["serviceAccountName"]
        meta["annotations"][f"{PREFIX}/poddefault-{_name(one)}"] = one["metadata"]["resourceVersion"]
    return out


def _container(container: Object, defaults: Sequence[Object], found: list[str]) -> Object:
    out, name = dict(container), container["name"]
    env = _added(out.get("env") or [], defaults, "env", "name", f"the variable '{{}}' of container '{name}'", found)
    mounts = _mounts(name, out.get("volumeMounts") or [], defaults, found)
    sources = [*(out.get("envFrom") or []), *(item for one in defaults for item in _spec(one).get("envFrom") or [])]
    out |= {key: items for key, items in (("env", env), ("volumeMounts", mounts), ("envFrom", sources)) if items}
    if name != _ISTIO:
        for one in defaults:
            for field in ("command", "args"):
                if not out.get(field) and _spec(one).get(field):
                    out[field] = list(_spec(one)[field])
    return out


def _mounts(container: str, mounts: list[Object], defaults: Sequence[Object], found: list[str]) -> list[Object]:
    """Mounts are told apart by their volume, and no two may be at one path."""
    what = f"the mount of volume '{{}}' in container '{container}'"
    out = _added(mounts, defaults, "volumeMounts", "name", what, found)
    _added(mounts, defaults, "volumeMounts", "mountPath", f"the mount at {{}} in container '{container}'", found)
    return out


def _added(
    items: list[Object], defaults: Sequence[Object], field: str, key: str, what: str, found: list[str]
) -> list[Object]:
    """The items and those of `field` that are new by their `key`; those that differ go to `found`."""
    has = {str(item.get(key, "")): item for item in items}
    out = list(items)
    for one in defaults:
        for item in _spec(one).get(field) or []:
            name = str(item.get(key, ""))
            if name not in has:
                has[name] = copy.deepcopy(item)
                out.append(has[name])
            elif _as_go(has[name]) != _as_go(item):
                found.append(f"PodDefault '{_name(one)}' wants {what.format(name)} to be another one")
    return out


def _texts(has: dict[str, str], defaults: Sequence[Object], field: str, found: list[str]) -> dict[str, str]:
    out = dict(has)
    for one in defaults:
        for key, value in (_spec(one).get(field) or {}).items():
            if out.setdefault(key, value) != value:
                found.append(f"PodDefault '{_name(one)}' wants the {field[:-1]} '{key}' to be another one")
    return out


def _as_go(value: Any) -> Any:
    """A value without what Go's types do not tell from nothing: "", and false of a flag that is no pointer."""
    if isinstance(value, dict):
        return {
            key: _as_go(item)
            for key, item in value.items()
            if item not in (None, "") and not (item is False and key in _PLAIN_FLAGS)
        }
    return [_as_go(item) for item in value] if isinstance(value, list) else value


def _spec(default: Object) -> Object:
    found: Object = default.get("spec") or {}
    return found


def _name(default: Object) -> str:
    return str(default["metadata"]["name"])
