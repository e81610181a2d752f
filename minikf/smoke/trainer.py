"""Kubeflow Trainer: a TrainJob that learns something and completes, by a runtime of the test's own."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from minikf.kube.cluster.pods import condition
from minikf.smoke.model import Smoke
from minikf.smoke.place import Place
from minikf.spec import Event

_GROUP = "/apis/trainer.kubeflow.org/v1alpha1"
_SELECTOR = "app.kubernetes.io/name=trainer,app.kubernetes.io/component=manager"
# A straight line, fitted by its closed form: the standard library alone, and an answer that is known.
_PROGRAM = """
points = [(x, 3 * x + 1) for x in range(100)]
mean_x, mean_y = (sum(values) / len(points) for values in zip(*points))
slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
print(f"trained slope={slope:.3f}")
"""
_WANTED = "trained slope=3.000"

Object = dict[str, Any]


def _objects(place: Place) -> list[Object]:
    container = {"name": "node", "image": place.image}
    job = {
        "backoffLimit": 0,
        "template": {"spec": {"restartPolicy": "Never", "containers": [container]}},
    }
    labels = {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}
    template = {"metadata": {"labels": labels}, "spec": job}
    runtime = {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainingRuntime",
        "metadata": {"name": place.name, "labels": {"trainer.kubeflow.org/framework": "python"}},
        "spec": {
            "mlPolicy": {"numNodes": 1},
            "template": {"spec": {"replicatedJobs": [{"name": "node", "template": template}]}},
        },
    }
    train_job = {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": place.name},
        "spec": {
            "runtimeRef": {"kind": "TrainingRuntime", "name": place.name},
            "trainer": {"command": ["python", "-c", _PROGRAM]},
        },
    }
    return [runtime, train_job]


def _check(place: Place) -> Generator[Event, None, str]:
    job = f"{_GROUP}/namespaces/{place.namespace}/trainjobs/{place.name}"
    yield from place.until("TrainJob", place.object(job, lambda found: _judged(place, found)))
    pods = place.pods()
    said = [line for pod in pods for line in place.log(pod["metadata"]["name"]).splitlines()]
    if _WANTED not in said:
        raise place.failed(
            "the TrainJob is complete, but did not print what it had to", "; ".join(said[-5:]) or "nothing"
        )
    return f"TrainJob of {len(pods)} node: {_WANTED}"


def _judged(place: Place, job: Object) -> tuple[bool, str]:
    status = job.get("status") or {}
    failure = condition(status, "Failed")
    if failure.get("status") == "True":
        said = [place.log(pod["metadata"]["name"])[-300:] for pod in place.pods()]
        raise place.failed("the TrainJob failed", " ".join([str(failure.get("message") or ""), *said]).strip())
    told = [str(one["type"]) for one in status.get("conditions") or () if one.get("status") == "True"]
    return condition(status, "Complete").get("status") == "True", ", ".join(told) or "created"


SMOKE = Smoke(
    "trainer", "a TrainJob trains and completes", (f"{_GROUP}/trainjobs?limit=1",), _SELECTOR, _objects, _check
)
