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
