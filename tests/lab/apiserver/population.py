"""Objects of every kind on a platform whose controllers are on, and what those make of them: pods, status, events."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .server import Server
from .specimens import SPECIMENS, Object, Specimen

NAMESPACE = "default"
_SECONDS = 240  # for all objects together; a quiet machine needs a tenth of it
_DONE = ("Succeeded", "Failed")
_SCORE = "print('score=' + '${trialParameters.x}')"
_RUN = ["python", "-c", "print(1)"]
# The field of their spec and the container's name, by kind of the Training Operator.
_TRAINING = {
    "PyTorchJob": ("pytorchReplicaSpecs", "pytorch", "Master"),
    "TFJob": ("tfReplicaSpecs", "tensorflow", "Worker"),
    "XGBoostJob": ("xgbReplicaSpecs", "xgboost", "Master"),
    "PaddleJob": ("paddleReplicaSpecs", "paddle", "Worker"),
    "JAXJob": ("jaxReplicaSpecs", "jax", "Worker"),
    "MPIJob": ("mpiReplicaSpecs", "mpi", "Launcher"),
}


@dataclass(frozen=True)
class Inhabitant:
    """An object that a client makes, and how it is seen that the controllers are through with it."""

    specimen: Specimen
    body: Object
    is_done: Callable[[Object], bool] = bool


def populate(server: Server) -> None:
    """Makes one object of every kind and waits for what controllers make of it. Raises RuntimeError for a failure."""
    inhabitants = _inhabitants()
    for one in list(inhabitants):
        code, told = server.request("POST", f"{_path(one)}?fieldValidation=Strict", one.body)
        if code == 403 and "there is no mpirun" in told["message"]:
            inhabitants.remove(one)  # refused where Open MPI is not installed, so there is no such object
        elif code != 201:
            raise RuntimeError(f"{one.specimen.kind}: {code} {told.get('message')}")
    _run_a_pipeline(server)
    end = time.monotonic() + _SECONDS
    for one in inhabitants:
        while not one.is_done(found := _found(server, one)):
            if time.monotonic() > end:
                raise RuntimeError(f"{one.specimen.kind} did not come to its end: {found.get('status')}")
            time.sleep(0.2)


def _inhabitants() -> list[Inhabitant]:
    richer = {"Job": _job(), "Experiment": _experiment(), "PipelineVersion": _version()}
    made = []
    for specimen in SPECIMENS:
        # A bare Trial or Suggestion belongs to no Experiment: Katib's controllers make theirs.
        if specimen.kind in ("Namespace", "Suggestion", "Trial") or specimen.view:
            continue
        body = _body(specimen)
        if specimen.kind in _TRAINING:
            body["spec"] = _training(specimen.kind)
        elif specimen.kind in richer:
            body["spec"] = richer[specimen.kind]
        made.append(Inhabitant(specimen, body, _waits(specimen.kind)))
    return made


def _body(specimen: Specimen) -> Object:
    meta = {"name": f"lab-{specimen.id}", "labels": {"made-by": "lab", "a": "b"}}
    rest = {"Pod": _pod(), "ResourceQuota": {"spec": {"hard": {"pods": "99"}}}}.get(specimen.kind, specimen.rest)
    body = {"apiVersion": specimen.api_version, "kind": specimen.kind, "metadata": meta, **rest}
    if specimen.kind == "Event":
        body = body | {"involvedObject": {**specimen.rest["involvedObject"], "namespace": NAMESPACE}}
    if specimen.kind == "TrainJob":
        body["spec"] = {"runtimeRef": {"name": "plain-python"}, "trainer": {"command": _RUN}}
    return body


def _waits(kind: str) -> Callable[[Object], bool]:
    """How it is seen that an object of the kind has come to its end, or to rest."""
    if kind in _TRAINING or kind == "Experiment":
        return lambda obj: _true(obj, *_DONE)
    if kind in ("TrainJob", "Job"):
        return lambda obj: _true(obj, "Complete", "Failed")
    return {
        "Pod": lambda obj: (obj.get("status") or {}).get("phase") in _DONE,
        "PersistentVolumeClaim": lambda obj: obj["status"]["phase"] == "Bound",
        "ResourceQuota": lambda obj: bool(obj["status"].get("used")),
        "Notebook": lambda obj: bool((obj.get("status") or {}).get("containerState")),
    }.get(kind, bool)


def _true(obj: Object, *types: str) -> bool:
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return any(one["type"] in types and one["status"] == "True" for one in conditions)


def _path(one: Inhabitant, name: str = "") -> str:
    return one.specimen.path.replace("$ns", NAMESPACE) + (f"/{name}" if name else "")


def _found(server: Server, one: Inhabitant) -> Object:
    code, told = server.request("GET", _path(one, one.body["metadata"]["name"]))
    if code != 200:
        raise RuntimeError(f"{one.specimen.kind}: {code} {told.get('message')}")
    found: Object = told
    return found


def _container(name: str, command: list[str]) -> Object:
    return {"name": name, "image": "python:3.11", "command": command}


def _pod(name: str = "main", command: list[str] | None = None) -> Object:
    """A pod that a PodDefault changes, too: it has the label which the specimen's selects."""
    return {"spec": {"restartPolicy": "Never", "containers": [_container(name, command or _RUN)]}}


def _job(command: list[str] | None = None) -> Object:
    return {"backoffLimit": 0, "template": _pod(command=command)}


def _training(kind: str) -> Object:
    field, container, role = _TRAINING[kind]
    return {field: {role: {"replicas": 1, "restartPolicy": "Never", "template": _pod(container)}}}


def _experiment() -> Object:
    job = {"apiVersion": "batch/v1", "kind": "Job", "spec": _job(["python", "-c", _SCORE])}
    space = {"feasibleSpace": {"min": "0", "max": "1"}, "name": "x", "parameterType": "double"}
    return {
        "objective": {"type": "maximize", "objectiveMetricName": "score"},
        "algorithm": {"algorithmName": "random"},
        **{"maxTrialCount": 2, "parallelTrialCount": 2, "maxFailedTrialCount": 1},
        "parameters": [space],
        "trialTemplate": {
            "primaryContainerName": "main",
            "trialParameters": [{"name": "x", "reference": "x"}],
            "trialSpec": job,
        },
    }


def _pipeline() -> Object:
    """The compiled form of a pipeline of one step."""
    step = {"taskInfo": {"name": "say"}, "componentRef": {"name": "comp-say"}}
    return {
        "pipelineInfo": {"name": "lab-pipeline"},
        "root": {"dag": {"tasks": {"say": step}}},
        "components": {"comp-say": {"executorLabel": "exec-say"}},
        "deploymentSpec": {"executors": {"exec-say": {"container": {"image": "python:3.11", "command": _RUN}}}},
        **{"schemaVersion": "2.1.0", "sdkVersion": "kfp-2.17.0"},
    }


def _version() -> Object:
    return {"pipelineName": "lab-pipeline", "pipelineSpec": _pipeline()}


def _run_a_pipeline(server: Server) -> None:
    """Through the REST API, and to its end."""
    runs = "/apis/v2beta1/runs"
    code, run = server.request("POST", runs, {"display_name": "lab", "pipeline_spec": _pipeline()})
    if code != 200:
        raise RuntimeError(f"a run of a pipeline: {code} {run}")
    end = time.monotonic() + _SECONDS
    state: Any = ""
    while state != "SUCCEEDED":
        if state in ("FAILED", "CANCELED") or time.monotonic() > end:
            raise RuntimeError(f"a run of a pipeline ended as {state}")
        time.sleep(0.2)
        state = server.request("GET", f"{runs}/{run['run_id']}")[1].get("state")
