"""A control plane with tuning, whose pods the tests run themselves: a pod's log is what the test says it printed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from minikf.embedded.kinds import EXPERIMENT, POD, SUGGESTION, TRIAL
from minikf.embedded.pods.layout import PodFolder
from minikf.embedded.tuning.states import TRIAL_LABEL
from tests.unit.controllers.conftest import Object, Plane, plane

__all__ = ["plane"]

Says = Callable[[dict[str, str]], str]


def upstream_experiments() -> list[Path]:
    """Katib's own examples; none where the mirror is missing."""
    checkout = Path(__file__).resolve().parents[3]
    mirror = Path(os.environ.get("MINIKF_UPSTREAM") or checkout.parent / "shared" / "upstream")
    return sorted((mirror / "kubeflow" / "katib").glob("*/examples/**/*.yaml"))


def job(command: list[str] | None = None, **spec: Any) -> Object:
    default = ["python3", "-c", "print('loss=' + '${trialParameters.rate}')"]
    container = {"name": "main", "image": "some/image", "command": command or default}
    pod = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    return {"apiVersion": "batch/v1", "kind": "Job", "spec": {"backoffLimit": 0, "template": pod, **spec}}


def experiment(name: str = "try", *, template: Object | None = None, **spec: Any) -> Object:
    """One that is right: a random search for the smallest `loss`."""
    default = {
        "primaryContainerName": "main",
        "trialParameters": [{"name": "rate", "reference": "lr"}],
        "trialSpec": job(),
    }
    made: Object = {
        "objective": {"type": "minimize", "objectiveMetricName": "loss"},
        "algorithm": {"algorithmName": "random"},
        "parallelTrialCount": 2,
        "maxTrialCount": 4,
        "parameters": [{"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.1", "max": "0.9"}}],
        "trialTemplate": {**default, **(template or {})},
        **spec,
    }
    kept = {key: value for key, value in made.items() if value is not None}
    return {"metadata": {"name": name}, "spec": kept}


def conditions(obj: Object) -> dict[str, tuple[str, str]]:
    """(status, reason) by type, in the order in which they stand."""
    return {one["type"]: (one["status"], one["reason"]) for one in (obj.get("status") or {}).get("conditions", [])}


def trials(plane: Plane) -> list[Object]:
    return [entry.obj for entry in plane.objects.list(TRIAL, "default")]


def waiting(plane: Plane) -> list[Object]:
    """Pods of trials that have not ended."""
    own = (entry.obj for entry in plane.objects.list(POD, "default") if TRIAL_LABEL in entry.labels)
    return [pod for pod in own if pod["status"]["phase"] not in ("Succeeded", "Failed")]


def log_of(plane: Plane, pod: Object) -> Path:
    """The log of its main container; it is there when this returns."""
    folder = PodFolder.of(plane.paths.pods, pod).container(pod["spec"]["containers"][0]["name"])
    folder.ensure()
    (folder.path / "0.run.json").write_text("{}")
    return folder.attempt(0).log


def values_of(plane: Plane, pod: Object) -> dict[str, str]:
    trial = plane.the(TRIAL, pod["metadata"]["labels"][TRIAL_LABEL])
    return {one["name"]: one["value"] for one in trial["spec"]["parameterAssignments"]}


def honest(values: dict[str, str]) -> str:
    return f"loss={values['lr']}\n"


async def end_pod(plane: Plane, pod: Object, says: Says = honest, phase: str = "Succeeded") -> None:
    log_of(plane, pod).write_text(says(values_of(plane, pod)))
    await plane.set_phase(pod, phase)


async def run_all(plane: Plane, says: Says = honest, phase: str = "Succeeded", most: int = 100) -> int:
    """Ends every pod that comes, one after the other; how many came."""
    count = 0
    while count < most and (pods := waiting(plane)):
        await end_pod(plane, pods[0], says, phase)
        count += 1
    return count


def the_experiment(plane: Plane, name: str = "try") -> Object:
    return plane.the(EXPERIMENT, name)


def the_suggestion(plane: Plane, name: str = "try") -> Object:
    return plane.the(SUGGESTION, name)
