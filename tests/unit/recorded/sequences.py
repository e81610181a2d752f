"""Series of writes by several managers, made by a seeded generator: the same on every machine and Python."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

Object = dict[str, Any]

_TRAINER = "/apis/trainer.kubeflow.org/v1alpha1"
_SERIES = 12


@dataclass(frozen=True)
class Step:
    """One write: create, update, patch (merge) or apply."""

    verb: str
    manager: str
    body: Object
    force: bool = False


class _Dice(random.Random):
    """Only `random()` and `randrange` are the same in every Python version; all else is made of them."""

    def chance(self, part: float) -> bool:
        return self.random() < part

    def pick(self, items: Any) -> Any:
        return items[self.randrange(len(items))]

    def some(self, items: Any) -> list[Any]:
        """A part of the items, in an order of its own."""
        left, out = list(items), []
        for _ in range(self.randrange(len(left) + 1)):
            out.append(left.pop(self.randrange(len(left))))
        return out


def sequences() -> Iterator[tuple[str, str, list[Step]]]:
    """(path of the collection, name, steps) of each series."""
    for number in range(_SERIES):
        for path, make in _KINDS:
            dice = _Dice(f"{number} {path}")
            name = f"series-{number}"
            yield path, name, list(_steps(dice, partial(make, dice, name)))


def _steps(dice: _Dice, make: Callable[[], Object]) -> Iterator[Step]:
    exists = False
    for _ in range(2 + dice.randrange(5)):
        manager, force = dice.pick("abc"), dice.chance(0.4)
        body = make()
        # A cluster adds addresses to a Service, which nobody would own any more.
        others = ["update", "patch", *(["forget"] if body["kind"] != "Service" else [])] if exists else ["create"]
        verb = dice.pick(["apply", "apply", "apply", *others])
        if verb == "patch":
            body = {key: value for key, value in body.items() if key not in ("apiVersion", "kind")}
        elif verb == "forget":
            verb, body = "patch", {"metadata": {"managedFields": [{}] if dice.chance(0.5) else []}}
        yield Step(verb, manager, body, force)
        exists = True


def _labels(dice: _Dice, letters: str) -> Object:
    return {letter: dice.pick("12") for letter in dice.some(letters)}


def _config_map(dice: _Dice, name: str) -> Object:
    metadata: Object = {"name": name}
    out: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    if dice.chance(0.8):
        out["data"] = _labels(dice, "abc")
    if dice.chance(0.5):
        metadata["labels"] = _labels(dice, "xyz")
    if dice.chance(0.3):
        metadata["annotations"] = _labels(dice, "pq")
    if dice.chance(0.3):
        metadata["finalizers"] = [f"a.b/{letter}" for letter in dice.some("mno")]
    return out


def _train_job(dice: _Dice, name: str) -> Object:
    spec: Object = {"runtimeRef": {"name": "r"}}
    if dice.chance(0.7):
        trainer: Object = {}
        if dice.chance(0.5):
            trainer["numNodes"] = dice.pick([1, 2])
        if dice.chance(0.5):
            trainer["command"] = dice.some("ab")
        if dice.chance(0.7):
            trainer["env"] = [{"name": letter, "value": dice.pick("12")} for letter in dice.some("ABC")]
        if dice.chance(0.4):
            trainer["resourcesPerNode"] = {"limits": _labels(dice, ("cpu", "memory"))}  # type: ignore[arg-type]
        spec["trainer"] = trainer
    if dice.chance(0.4):
        spec["suspend"] = dice.chance(0.5)
    if dice.chance(0.4):
        spec["labels"] = _labels(dice, "xyz")
    metadata: Object = {"name": name}
    if dice.chance(0.4):
        metadata["labels"] = _labels(dice, "xyz")
    version = "trainer.kubeflow.org/v1alpha1"
    return {"apiVersion": version, "kind": "TrainJob", "metadata": metadata, "spec": spec}


def _runtime(dice: _Dice, name: str) -> Object:
    jobs = []
    for job in dice.some(("node", "init", "x")) or ["node"]:
        containers = []
        for letter in dice.some("mn") or ["m"]:
            container: Object = {"name": letter, "image": dice.pick("xy")}
            if dice.chance(0.5):
                container["ports"] = [{"containerPort": port} for port in dice.some((1, 2, 3))]
            if dice.chance(0.5):
                container["env"] = [{"name": letter, "value": dice.pick("12")} for letter in dice.some("AB")]
            containers.append(container)
        template = {"spec": {"template": {"spec": {"containers": containers}}}}
        jobs.append({"name": job, "template": template})
    spec: Object = {"template": {"spec": {"replicatedJobs": jobs}}}
    if dice.chance(0.5):
        spec["mlPolicy"] = {"numNodes": dice.pick([1, 2])}
    version = "trainer.kubeflow.org/v1alpha1"
    return {"apiVersion": version, "kind": "ClusterTrainingRuntime", "metadata": {"name": name}, "spec": spec}


def _service(dice: _Dice, name: str) -> Object:
    """A headless Service: a core kind with a keyed list, a default key and an atomic map."""
    ports = []
    for number in dice.some((80, 81, 82)) or [80]:
        port: Object = {"port": number, "name": f"p{number}"}
        if dice.chance(0.5):
            port["targetPort"] = dice.pick([1, "x"])
        if dice.chance(0.5):
            port["protocol"] = dice.pick(["TCP", "UDP"])
        ports.append(port)
    spec: Object = {"clusterIP": "None", "ports": ports, "selector": {"a": dice.pick("12")}}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


_KINDS: tuple[tuple[str, Callable[[_Dice, str], Object]], ...] = (
    ("/api/v1/namespaces/default/configmaps", _config_map),
    ("/api/v1/namespaces/default/services", _service),
    (f"{_TRAINER}/namespaces/default/trainjobs", _train_job),
    (f"{_TRAINER}/clustertrainingruntimes", _runtime),
)
