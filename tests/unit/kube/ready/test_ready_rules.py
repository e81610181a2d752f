"""When an object does what it is for."""

from __future__ import annotations

from typing import Any

import pytest

from minikf.kube.ready import State, verdict


def _body(
    kind: str, status: dict[str, Any], spec: dict[str, Any] | None = None, version: str = "apps/v1", **meta: Any
) -> dict[str, Any]:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"generation": 2, **meta},
        "spec": spec or {},
        "status": status,
    }


def _condition(kind: str, status: str, reason: str = "", message: str = "") -> dict[str, Any]:
    return {"conditions": [{"type": kind, "status": status, "reason": reason, "message": message}]}


SEEN = {"observedGeneration": 2}


@pytest.mark.parametrize(
    ("kind", "status", "spec", "state"),
    [
        ("Deployment", {}, {}, State.PROGRESSING),
        ("Deployment", {"observedGeneration": 1, "availableReplicas": 1, "updatedReplicas": 1}, {}, State.PROGRESSING),
        ("Deployment", {**SEEN, "availableReplicas": 1, "updatedReplicas": 1}, {}, State.READY),
        ("Deployment", {**SEEN, "availableReplicas": 1, "updatedReplicas": 0}, {}, State.PROGRESSING),
        ("Deployment", {**SEEN, "availableReplicas": 1, "updatedReplicas": 2}, {"replicas": 2}, State.PROGRESSING),
        ("Deployment", SEEN, {"replicas": 0}, State.READY),
        ("StatefulSet", {**SEEN, "readyReplicas": 1, "updatedReplicas": 1}, {}, State.READY),
        ("StatefulSet", {**SEEN, "readyReplicas": 0, "updatedReplicas": 1}, {}, State.PROGRESSING),
        (
            "StatefulSet",
            {**SEEN, "readyReplicas": 1, "replicas": 1},
            {"updateStrategy": {"type": "OnDelete"}},
            State.READY,
        ),
        (
            "DaemonSet",
            {**SEEN, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 1},
            {},
            State.PROGRESSING,
        ),
        ("DaemonSet", {**SEEN, "desiredNumberScheduled": 0}, {}, State.READY),
    ],
)
def test_workloads(kind: str, status: dict[str, Any], spec: dict[str, Any], state: State) -> None:
    assert verdict(_body(kind, status, spec)).state == state


def test_a_deployment_says_why_it_has_no_pods() -> None:
    status = SEEN | _condition("ReplicaFailure", "True", "FailedCreate", "exceeded quota: none")
    assert verdict(_body("Deployment", status)).cause == "FailedCreate: exceeded quota: none"


@pytest.mark.parametrize(
    ("version", "kind", "status", "state"),
    [
        ("batch/v1", "Job", _condition("Complete", "True"), State.READY),
        ("batch/v1", "Job", _condition("Failed", "True", "BackoffLimitExceeded"), State.FAILED),
        ("batch/v1", "Job", {}, State.PROGRESSING),
        ("v1", "PersistentVolumeClaim", {"phase": "Bound"}, State.READY),
        ("v1", "PersistentVolumeClaim", {"phase": "Pending"}, State.PROGRESSING),
        ("v1", "PersistentVolumeClaim", {"phase": "Lost"}, State.FAILED),
        ("v1", "ConfigMap", {}, State.READY),
        ("v1", "Pod", {"phase": "Running", **_condition("Ready", "False")}, State.PROGRESSING),
        ("v1", "Pod", {"phase": "Succeeded"}, State.READY),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", _condition("Established", "True"), State.READY),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", _condition("NamesAccepted", "False"), State.FAILED),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {"conditions": None}, State.PROGRESSING),
        ("apiregistration.k8s.io/v1", "APIService", _condition("Available", "False"), State.PROGRESSING),
        ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", {}, State.READY),
        ("cert-manager.io/v1", "Certificate", _condition("Ready", "True"), State.READY),
        ("cert-manager.io/v1", "Certificate", {}, State.UNKNOWN),
        ("serving.knative.dev/v1", "Service", _condition("Ready", "Unknown"), State.PROGRESSING),
        ("trainer.kubeflow.org/v1alpha1", "TrainJob", _condition("Failed", "True"), State.FAILED),
        ("trainer.kubeflow.org/v1alpha1", "TrainJob", _condition("Complete", "True"), State.READY),
        ("networking.istio.io/v1", "Gateway", {}, State.UNKNOWN),
        ("a.b/v1", "Thing", {}, State.UNKNOWN),
        ("a.b/v1", "Thing", _condition("Ready", "True"), State.READY),
        ("a.b/v1", "Thing", _condition("Degraded", "True"), State.FAILED),
        ("a.b/v1", "Thing", _condition("Other", "True"), State.UNKNOWN),
    ],
)
def test_other_kinds(version: str, kind: str, status: dict[str, Any], state: State) -> None:
    assert verdict(_body(kind, status, version=version)).state == state


def test_what_is_being_deleted_is_not_ready() -> None:
    body = _body("ConfigMap", {}, version="v1", deletionTimestamp="2026-01-01T00:00:00Z")
    assert verdict(body).state == State.PROGRESSING


@pytest.mark.parametrize("kind", ["PyTorchJob", "TFJob", "XGBoostJob", "PaddleJob", "JAXJob", "MPIJob"])
@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({}, State.UNKNOWN),
        (_condition("Running", "True"), State.UNKNOWN),
        (_condition("Succeeded", "True"), State.READY),
        (_condition("Failed", "True", "PodFailed", "exit 1"), State.FAILED),
    ],
)
def test_jobs_of_the_training_operator(kind: str, status: dict[str, Any], state: State) -> None:
    assert verdict(_body(kind, status, version="kubeflow.org/v1")).state == state


def test_a_model_that_cannot_be_loaded_has_failed_although_the_one_before_serves() -> None:
    told = {"transitionStatus": "BlockedByFailedLoad", "lastFailureInfo": {"reason": "ModelLoadFailed", "message": "x"}}
    status = {**_condition("Ready", "True"), "modelStatus": told}
    found = verdict(_body("InferenceService", status, version="serving.kserve.io/v1beta1"))
    assert (found.state, found.cause) == (State.FAILED, "ModelLoadFailed: x")


def test_a_notebook_that_is_stopped_is_as_it_should_be() -> None:
    stopped = {"kubeflow-resource-stopped": "2026-01-01T00:00:00Z"}
    body = _body("Notebook", {"conditions": []}, version="kubeflow.org/v1", annotations=stopped)
    assert verdict(body).ready
    assert verdict(_body("Notebook", {"conditions": []}, version="kubeflow.org/v1")).state == State.UNKNOWN


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("pipelines.kubeflow.org/v2beta1", "Pipeline"),
        ("pipelines.kubeflow.org/v2beta1", "PipelineVersion"),
        ("trainer.kubeflow.org/v1alpha1", "TrainingRuntime"),
        ("serving.kserve.io/v1alpha1", "ServingRuntime"),
        ("kubeflow.org/v1alpha1", "PodDefault"),
    ],
)
def test_kinds_that_say_nothing_are_there_once_taken(version: str, kind: str) -> None:
    assert verdict({"apiVersion": version, "kind": kind, "metadata": {"name": "x"}}).ready


@pytest.mark.parametrize(
    "status",
    [
        "Ready",
        ["Ready"],
        {"conditions": "Ready"},
        {"conditions": {"type": "Ready", "status": "True"}},
        {"conditions": ["Ready", None, 3]},
        {"conditions": [{"type": "Ready", "status": True}]},
        {"observedGeneration": "one", "conditions": []},
    ],
)
def test_a_status_of_strange_types_is_nothing_to_go_by(status: Any) -> None:
    found = verdict({**_body("InferenceService", {}, version="serving.kserve.io/v1beta1"), "status": status})
    assert found.state in (State.UNKNOWN, State.PROGRESSING)
