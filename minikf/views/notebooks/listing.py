"""Notebooks as lists show them, of their objects alone; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from minikf.kube.shapes import Object, mapping, mappings
from minikf.quantity import canonical, parse
from minikf.verbs import notebook as verb
from minikf.views.items import Rank
from minikf.views.text import age, plain

_TYPE = "notebooks.kubeflow.org/server-type"
# What jupyter-web-app annotates for each of its groups (apps/common/form.py); other words stand as they are.
_TYPES = {"group-one": "code-server", "group-two": "rstudio"}
_RANKS = {
    "Waiting": Rank.WAITING,
    "Starting": Rank.WAITING,
    "Stopping": Rank.WAITING,
    "Ended": Rank.BROKEN,
    "Ready": Rank.RUNNING,
    "Stopped": Rank.DONE,
}


@dataclass(frozen=True)
class Notebook:
    """`idle` is how long nobody worked in it, in short, "" where that is not known: only the culler writes it down.

    `gpu` says how many of which; `cpu` and `memory` are what is asked for, else the limit. `claims` are what it mounts.
    """

    namespace: str
    name: str
    rank: Rank
    state: str
    why: str
    idle: str
    last_activity: str
    cpu: str
    memory: str
    gpu: str
    image: str
    type: str
    claims: tuple[str, ...]
    created: str

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"rank": self.rank.name.lower()}


def notebooks(objects: Iterable[Object], now: datetime) -> tuple[Notebook, ...]:
    """Worst first, then by name."""
    found = [notebook(one, now) for one in objects]
    return tuple(sorted(found, key=lambda one: (one.rank, one.namespace, one.name)))


def notebook(obj: Object, now: datetime) -> Notebook:
    """One of them; what has a form that nobody knows is left empty."""
    metadata = mapping(obj.get("metadata"))
    marks = mapping(metadata.get("annotations"))
    state, why = verb.state({**obj, "metadata": metadata})
    stuck = verb.what_keeps_it({**obj, "metadata": metadata})
    pod = mapping(mapping(mapping(obj.get("spec")).get("template")).get("spec"))
    containers = mappings(pod.get("containers"))
    last = plain(str(marks.get(verb.LAST_ACTIVITY) or ""))
    image = plain(str(containers[0].get("image") or "")) if containers else ""
    return Notebook(
        plain(str(metadata.get("namespace", ""))),
        plain(str(metadata.get("name", ""))),
        Rank.BROKEN if stuck else _RANKS.get(state, Rank.WAITING),
        state,
        plain(why),
        age(last, now) if state == "Ready" else "",
        last,
        asked(containers, "cpu"),
        asked(containers, "memory"),
        gpus(containers),
        image,
        _type(marks, image),
        tuple(
            plain(str(mapping(one.get("persistentVolumeClaim")).get("claimName")))
            for one in mappings(pod.get("volumes"))
            if one.get("persistentVolumeClaim")
        ),
        plain(str(metadata.get("creationTimestamp") or "")),
    )


def asked(containers: Iterable[Object], resource: str) -> str:
    """What containers ask for of a resource together, as a quantity; "" for nothing. A limit alone is a request."""
    found = []
    for one in containers:
        resources = mapping(one.get("resources"))
        value = mapping(resources.get("requests")).get(resource) or mapping(resources.get("limits")).get(resource)
        if value is not None:
            found.append(str(value))
    try:
        if len(found) == 1:
            return canonical(found[0])
        return canonical(format(sum(parse(one) for one in found), "f")) if found else ""
    except ValueError:  # not a quantity: shown as it stands
        return plain(" + ".join(found))


def gpus(containers: Iterable[Object]) -> str:
    """The GPUs that containers ask for, such as `2 nvidia.com/gpu`; "" for none."""
    every = list(containers)
    names = {
        str(name)
        for one in every
        for part in ("requests", "limits")
        for name in mapping(mapping(one.get("resources")).get(part))
        if is_gpu(str(name))
    }
    return ", ".join(
        f"{asked(every, name)} {plain(name)}" for name in sorted(names) if asked(every, name) not in ("", "0")
    )


def is_gpu(resource: str) -> bool:
    """Whether an extended resource is a GPU or a part of one: nvidia.com/gpu, amd.com/gpu, gpu.intel.com/i915,
    nvidia.com/mig-1g.5gb."""
    vendor, slash, kind = resource.partition("/")
    return bool(slash) and ("gpu" in vendor or "gpu" in kind or kind.startswith("mig-"))


def _type(marks: Mapping[str, Any], image: str) -> str:
    """The kind of server: as the web app annotated it, else by the image's name."""
    noted = str(marks.get(_TYPE) or "")
    if noted:
        return plain(_TYPES.get(noted, noted))
    name = image.rpartition("/")[2]
    return next((word for word in ("jupyter", "code-server", "codeserver", "rstudio") if word in name), "")
