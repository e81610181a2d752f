"""When what was put into a cluster goes."""

from __future__ import annotations

from typing import Any

import pytest

from minikf.kube.ready import State, goes_on, started

TRAIN, KF, KATIB = "trainer.kubeflow.org/v1alpha1", "kubeflow.org/v1", "kubeflow.org/v1beta1"
SERVE, PIPE = "serving.kserve.io/v1beta1", "pipelines.kubeflow.org/v2beta1"


def body(version: str, kind: str, status: dict[str, Any], **meta: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"generation": 2, **meta}, "status": status}


def true(kind: str, status: str = "True", message: str = "") -> dict[str, Any]:
    return {"conditions": [{"type": kind, "status": status, "reason": "Why", "message": message}]}


@pytest.mark.parametrize(
    ("version", "kind", "status", "state"),
    [
        (TRAIN, "TrainJob", {}, State.PROGRESSING),
        (TRAIN, "TrainJob", {"jobsStatus": [{"name": "node", "active": 1, "ready": 0}]}, State.PROGRESSING),
        (TRAIN, "TrainJob", {"jobsStatus": [{"name": "node", "active": 1, "ready": 1}]}, State.READY),
        (TRAIN, "TrainJob", true("Complete"), State.READY),
        (TRAIN, "TrainJob", true("Suspended"), State.PROGRESSING),
        (TRAIN, "TrainJob", true("Failed"), State.FAILED),
        (KATIB, "Experiment", true("Created"), State.PROGRESSING),
        (KATIB, "Experiment", true("Running"), State.READY),
        (KATIB, "Experiment", true("Failed"), State.FAILED),
        (KF, "PyTorchJob", true("Running"), State.READY),
        (KF, "Notebook", {"readyReplicas": 1}, State.READY),
        (KF, "Notebook", {"containerState": {"waiting": {"reason": "ImagePullBackOff"}}}, State.PROGRESSING),
        (SERVE, "InferenceService", {**true("Ready"), "observedGeneration": 1}, State.PROGRESSING),
        (SERVE, "InferenceService", {**true("Ready"), "observedGeneration": 2}, State.READY),
        (SERVE, "InferenceService", {"modelStatus": {"transitionStatus": "InvalidSpec"}}, State.FAILED),
        (
            SERVE,
            "InferenceService",
            {**true("Ready"), "modelStatus": {"transitionStatus": "BlockedByFailedLoad"}},
            State.PROGRESSING,
        ),
        (PIPE, "Pipeline", {}, State.READY),
        (PIPE, "PipelineVersion", true("Synced", "False", "no such task"), State.FAILED),
        ("batch/v1", "Job", {"active": 1, "ready": 0}, State.PROGRESSING),
        ("batch/v1", "Job", {"active": 1, "ready": 1}, State.READY),
        ("v1", "ConfigMap", {}, State.READY),
    ],
)
def test_kinds(version: str, kind: str, status: dict[str, Any], state: State) -> None:
    assert started(body(version, kind, status)).state == state


def test_the_models_own_failure_is_the_cause() -> None:
    failure = {"reason": "ModelLoadFailed", "message": "no such file"}
    status = {
        **true("Ready", "False"),
        "modelStatus": {"transitionStatus": "BlockedByFailedLoad", "lastFailureInfo": failure},
    }
    assert started(body(SERVE, "InferenceService", status)).cause == "ModelLoadFailed: no such file"


def test_a_notebook_that_was_promoted_stopped_is_as_it_should_be() -> None:
    stopped = {"annotations": {"kubeflow-resource-stopped": "2026-01-01T00:00:00Z"}}
    assert started(body(KF, "Notebook", {}, **stopped)).ready


def test_what_is_waited_for() -> None:
    assert goes_on("serving.kserve.io", "InferenceService") and goes_on("apps", "Deployment")
    assert not goes_on("", "PersistentVolumeClaim") and not goes_on("", "ConfigMap")
