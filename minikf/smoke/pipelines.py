"""Kubeflow Pipelines: a run of one step, by the v2beta1 API behind the API server's proxy of services."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any
from urllib.parse import quote

from minikf.kube.serving import service_path
from minikf.smoke.model import Smoke
from minikf.smoke.place import Place
from minikf.spec import Event

# Its service as the distribution installs it; `kfp.Client` takes this way too.
_API = service_path("kubeflow", "ml-pipeline", 8888, "/apis/v2beta1")
_OVER = ("SUCCEEDED", "FAILED", "CANCELED", "SKIPPED")

Object = dict[str, Any]


def _objects(_: Place) -> list[Object]:
    return []  # a run is none of Kubernetes' objects


def _spec(place: Place) -> Object:
    """A pipeline of one container, as the SDK would compile it."""
    container = {"image": place.image, "command": ["python", "-c", "print('a step ran')"]}
    return {
        "pipelineInfo": {"name": place.namespace},
        "schemaVersion": "2.1.0",
        "sdkVersion": "minikf",
        "root": {
            "dag": {
                "tasks": {
                    "step": {
                        "taskInfo": {"name": "step"},
                        "componentRef": {"name": "comp-step"},
                        "cachingOptions": {},
                    }
                }
            }
        },
        "components": {"comp-step": {"executorLabel": "exec-step"}},
        "deploymentSpec": {"executors": {"exec-step": {"container": container}}},
    }


def _check(place: Place) -> Generator[Event, None, str]:
    made = place.client.call("POST", f"{_API}/runs", {"display_name": place.namespace, "pipeline_spec": _spec(place)})
    path = f"{_API}/runs/{quote(str(made['run_id']), safe='')}"
    try:
        run = yield from place.until("run", place.object(path, _judged))
    finally:
        place.client.request("DELETE", path)
    if run["state"] != "SUCCEEDED":
        raise place.failed(f"the run ended as {run['state']}", _why(run))
    return "run of one step: SUCCEEDED"


def _judged(run: Object) -> tuple[bool, str]:
    tasks = ((run.get("run_details") or {}).get("task_details")) or []
    told = ", ".join(f"{one.get('display_name')} {one.get('state')}" for one in tasks)
    return run.get("state") in _OVER, f"{run.get('state') or 'PENDING'} {told}".strip()


def _why(run: Object) -> str:
    tasks = ((run.get("run_details") or {}).get("task_details")) or []
    told = [str((one.get("error") or {}).get("message") or "") for one in (*tasks, run)]
    return "; ".join(dict.fromkeys(one for one in told if one)) or "the API does not say why"


SMOKE = Smoke("pipelines", "a run of a pipeline succeeds", (f"{_API}/healthz",), "app=ml-pipeline", _objects, _check)
