"""Training Operator (v1): a TFJob of two workers who know of each other.

No PyTorchJob: its workers wait in a container of an image of its own, which has nothing to do with the operator."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from minikf.kube.cluster.pods import condition
from minikf.smoke.model import Smoke
from minikf.smoke.place import Place
from minikf.spec import Event

_GROUP = "/apis/kubeflow.org/v1"
_SELECTOR = "control-plane=kubeflow-training-operator"
_PROGRAM = """
import json, os
config = json.loads(os.environ["TF_CONFIG"])
print(config["task"]["type"], config["task"]["index"], "of", len(config["cluster"]["worker"]))
"""
_WANTED = ["worker 0 of 2", "worker 1 of 2"]

Object = dict[str, Any]


def _objects(place: Place) -> list[Object]:
    container = {"name": "tensorflow", "image": place.image, "command": ["python", "-c", _PROGRAM]}
    template = {
        "metadata": {"annotations": {"sidecar.istio.io/inject": "false"}},
        "spec": {"containers": [container]},
    }
    workers = {"replicas": 2, "restartPolicy": "Never", "template": template}
    return [
        {
            "apiVersion": "kubeflow.org/v1",
            "kind": "TFJob",
            "metadata": {"name": place.name},
            "spec": {
                "runPolicy": {"cleanPodPolicy": "None"},
                "tfReplicaSpecs": {"Worker": workers},
            },
        }
    ]


def _check(place: Place) -> Generator[Event, None, str]:
    path = f"{_GROUP}/namespaces/{place.namespace}/tfjobs/{place.name}"
    yield from place.until("TFJob", place.object(path, lambda found: _judged(place, found)))
    # The job is done with its first worker; the other may still print.
    yield from place.until("second worker", lambda: _printed(place))
    return "TFJob of two workers: each knows its number and the other"


def _printed(place: Place) -> tuple[list[str] | None, str]:
    said = sorted(line for pod in place.pods() for line in place.log(pod["metadata"]["name"]).splitlines())
    return (said if said == _WANTED else None), "; ".join(said) or "nothing is printed"


def _judged(place: Place, job: Object) -> tuple[bool, str]:
    status = job.get("status") or {}
    failure = condition(status, "Failed")
    if failure.get("status") == "True":
        raise place.failed("the TFJob failed", str(failure.get("message") or ""))
    told = [str(one["type"]) for one in status.get("conditions") or () if one.get("status") == "True"]
    return condition(status, "Succeeded").get("status") == "True", ", ".join(told) or "created"


SMOKE = Smoke(
    "training-operator",
    "a TFJob of two workers succeeds",
    (f"{_GROUP}/tfjobs?limit=1",),
    _SELECTOR,
    _objects,
    _check,
)
