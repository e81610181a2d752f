"""Katib: an Experiment with two trials, each a Job, whose metrics are collected from what they print."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from minikf.kube.cluster.pods import condition
from minikf.smoke.model import Smoke
from minikf.smoke.place import Place
from minikf.spec import Event

_GROUP = "/apis/kubeflow.org/v1beta1"
_SELECTOR = "katib.kubeflow.org/component=controller"
_TRIALS = 2
_X = "${trialParameters.x}"
_PROGRAM = f"x = float('{_X}')\nprint(f'score={{1 - (x - 0.5) ** 2:.6f}}')"

Object = dict[str, Any]


def _objects(place: Place) -> list[Object]:
    container = {"name": "trial", "image": place.image, "command": ["python", "-c", _PROGRAM]}
    pod = {
        "metadata": {"annotations": {"sidecar.istio.io/inject": "false"}},
        "spec": {"restartPolicy": "Never", "containers": [container]},
    }
    job = {"apiVersion": "batch/v1", "kind": "Job", "spec": {"backoffLimit": 0, "template": pod}}
    space = {"min": "0", "max": "1"}
    return [
        {
            "apiVersion": "kubeflow.org/v1beta1",
            "kind": "Experiment",
            "metadata": {"name": place.name},
            "spec": {
                "objective": {"type": "maximize", "objectiveMetricName": "score"},
                "algorithm": {"algorithmName": "random"},
                "maxTrialCount": _TRIALS,
                "parallelTrialCount": _TRIALS,
                "maxFailedTrialCount": 0,
                "parameters": [{"name": "x", "parameterType": "double", "feasibleSpace": space}],
                "trialTemplate": {
                    "primaryContainerName": "trial",
                    "trialParameters": [{"name": "x", "reference": "x"}],
                    "trialSpec": job,
                },
            },
        }
    ]


def _check(place: Place) -> Generator[Event, None, str]:
    path = f"{_GROUP}/namespaces/{place.namespace}/experiments/{place.name}"
    found = yield from place.until("Experiment", place.object(path, lambda one: _judged(place, one)))
    status = found["status"]
    metrics = ((status.get("currentOptimalTrial") or {}).get("observation") or {}).get("metrics") or []
    if status.get("trialsSucceeded") != _TRIALS or not metrics:
        raise place.failed("the Experiment ended without what it had to find", f"{status}"[:400])
    return f"Experiment of {_TRIALS} trials: best score {metrics[0].get('max') or metrics[0].get('latest')}"


def _judged(place: Place, experiment: Object) -> tuple[bool, str]:
    status = experiment.get("status") or {}
    failure = condition(status, "Failed")
    if failure.get("status") == "True":
        raise place.failed("the Experiment failed", str(failure.get("message") or ""))
    counts = (
        f"{status.get(key, 0)} {word}" for key, word in (("trialsSucceeded", "done"), ("trialsRunning", "running"))
    )
    return condition(status, "Succeeded").get("status") == "True", f"trials: {', '.join(counts)}"


SMOKE = Smoke("katib", "an Experiment with two trials", (f"{_GROUP}/experiments?limit=1",), _SELECTOR, _objects, _check)
