"""Jobs of the Training Operator for tests, and what is asked of them; the pods are played."""

from __future__ import annotations

from typing import Any

from minikf.embedded.controllers.training.frameworks import FRAMEWORKS
from minikf.embedded.kinds import POD, Kind
from tests.unit.controllers.conftest import Plane

Object = dict[str, Any]
MOUNT = {"name": "x", "mountPath": "/x"}
PREFIX = "training.kubeflow.org/"


def job(kind: Kind, name: str = "train", *, run: Object | None = None, **types: Any) -> Object:
    """A job with the given replicas: a number, or (number, restart policy), or a whole ReplicaSpec by type."""
    framework = FRAMEWORKS[kind]
    special = {key: types.pop(key) for key in list(types) if key[0].islower()}
    specs = {}
    for type_, given in types.items():
        number, policy = given if isinstance(given, tuple) else (given, None)
        container = {"name": framework.container, "image": "some/image", "command": ["python", "-c", "pass"]}
        specs[type_] = {"replicas": number, "template": {"spec": {"containers": [container]}}}
        if policy:
            specs[type_]["restartPolicy"] = policy
    spec = {framework.specs: specs, **special, **({"runPolicy": run} if run is not None else {})}
    return {"metadata": {"name": name}, "spec": spec}


def template(obj: Object, type_: str) -> Object:
    specs = next(value for key, value in obj["spec"].items() if key.endswith("ReplicaSpecs"))
    found: Object = specs[type_]["template"]
    return found


def environment(pod: Object) -> dict[str, str]:
    return {one["name"]: one.get("value", "") for one in pod["spec"]["containers"][0].get("env") or []}


def conditions(obj: Object) -> list[tuple[str, str, str]]:
    return [(one["type"], one["status"], one["reason"]) for one in obj["status"]["conditions"]]


def last(obj: Object) -> tuple[str, str]:
    """(reason, message) of the condition that tells the state."""
    found = obj["status"]["conditions"][-1]
    return found["reason"], found["message"]


def by_name(plane: Plane) -> dict[str, Object]:
    return {pod["metadata"]["name"]: pod for pod in plane.pods()}


async def ends(plane: Plane, name: str, code: int) -> None:
    """A pod whose program ends with `code`; of one that is replaced, its controller hears at once."""
    pod = by_name(plane)[name]
    now = plane.objects.now()
    state = {"terminated": {"exitCode": code, "finishedAt": now}}
    one = {"name": pod["spec"]["containers"][0]["name"], "image": "", "imageID": "", "ready": False, "restartCount": 0}
    status = {"phase": "Failed" if code else "Succeeded", "containerStatuses": [{**one, "state": state}]}
    await plane.objects.patch(POD, "default", name, lambda now: {**now, "status": status}, subresource="status")
    await plane.settle()


async def run(plane: Plane, *names: str) -> None:
    for name in names:
        await plane.set_phase(by_name(plane)[name], "Running")
