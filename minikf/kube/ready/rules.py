"""The rule of each kind. Fields as in k8s.io/api, apiextensions.k8s.io and the conventions for conditions.

An object that says nothing about itself is `unknown` where its kind has somebody who should say it: a custom resource
without conditions may have no controller at all, and is never taken for healthy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Object = Mapping[str, Any]


class State(StrEnum):
    READY = "ready"
    PROGRESSING = "progressing"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdict:
    """`cause` says why it is not ready. `done` of `total` count what it is made of, pods in most cases."""

    state: State
    cause: str = ""
    done: int = 0
    total: int = 0

    @property
    def ready(self) -> bool:
        return self.state == State.READY


def verdict(body: Object) -> Verdict:
    """Of the object as the API has it now. A status of types that no schema allows says nothing."""
    body = _sound(body)
    group, kind = str(body.get("apiVersion", "")).rpartition("/")[0], str(body.get("kind", ""))
    if (body.get("metadata") or {}).get("deletionTimestamp"):
        return Verdict(State.PROGRESSING, "it is being deleted")
    if not observed(body):
        return Verdict(State.PROGRESSING, "its controller has not seen its latest change yet")
    rule = _RULES.get((group, kind))
    if rule is not None:
        return rule(body)
    if group in _PLAIN:
        return Verdict(State.READY)
    return _by_conditions(body)


def _sound(body: Object) -> Object:
    """The object with what its status says in the types that it should have, and without the rest."""
    status = body.get("status")
    status = dict(status) if isinstance(status, Mapping) else {}
    found, seen = status.get("conditions"), status.get("observedGeneration")
    if found is not None:
        listed = found if isinstance(found, list | tuple) else ()
        status["conditions"] = [one for one in listed if isinstance(one, Mapping)]
    if isinstance(seen, bool) or not isinstance(seen, int):
        status.pop("observedGeneration", None)
    return {**body, "status": status}


def condition(body: Object, kind: str) -> Object:
    """The condition of that type; {} where there is none."""
    found = (body.get("status") or {}).get("conditions") or ()
    return next((one for one in found if one.get("type") == kind), {})


def observed(body: Object) -> bool:
    """Whether its status is about its latest change, as far as it says so."""
    seen = (body.get("status") or {}).get("observedGeneration")
    return seen is None or int(seen) >= int((body.get("metadata") or {}).get("generation") or 0)


def _deployment(body: Object) -> Verdict:
    spec, status = body.get("spec") or {}, body.get("status") or {}
    if "observedGeneration" not in status:
        return Verdict(State.PROGRESSING, "its controller has not seen it yet")
    return _replicas(body, int(spec.get("replicas", 1)), int(status.get("updatedReplicas") or 0), "availableReplicas")


def _stateful_set(body: Object) -> Verdict:
    spec, status = body.get("spec") or {}, body.get("status") or {}
    if "observedGeneration" not in status:
        return Verdict(State.PROGRESSING, "its controller has not seen it yet")
    updated = int(status.get("updatedReplicas") or 0)
    if (spec.get("updateStrategy") or {}).get("type") == "OnDelete":
        updated = int(status.get("replicas") or 0)
    return _replicas(body, int(spec.get("replicas", 1)), updated, "readyReplicas")


def _daemon_set(body: Object) -> Verdict:
    status = body.get("status") or {}
    if "observedGeneration" not in status:
        return Verdict(State.PROGRESSING, "its controller has not seen it yet")
    wanted = int(status.get("desiredNumberScheduled") or 0)
    return _replicas(body, wanted, int(status.get("updatedNumberScheduled") or 0), "numberAvailable")


def _replicas(body: Object, wanted: int, updated: int, field: str) -> Verdict:
    there = min(int((body.get("status") or {}).get(field) or 0), updated)
    if there >= wanted:
        return Verdict(State.READY, "", wanted, wanted)
    failure, progress = condition(body, "ReplicaFailure"), condition(body, "Progressing")
    cause = ""
    if failure.get("status") == "True":  # no pod can be made: a quota, a webhook, a policy
        cause = said(failure)
    elif progress.get("status") == "False":
        cause = said(progress)
    return Verdict(State.PROGRESSING, cause or f"{there} of {wanted} pods are ready", there, wanted)


def _job(body: Object) -> Verdict:
    failed, status = condition(body, "Failed"), body.get("status") or {}
    wanted = int((body.get("spec") or {}).get("completions") or 1)
    done = int(status.get("succeeded") or 0)
    if failed.get("status") == "True":
        return Verdict(State.FAILED, said(failed), done, wanted)
    if condition(body, "Complete").get("status") == "True":
        return Verdict(State.READY, "", wanted, wanted)
    return Verdict(State.PROGRESSING, f"{done} of {wanted} have succeeded", done, wanted)


def _claim(body: Object) -> Verdict:
    phase = str((body.get("status") or {}).get("phase") or "Pending")
    if phase == "Lost":
        return Verdict(State.FAILED, "its volume is lost")
    return Verdict(State.READY) if phase == "Bound" else Verdict(State.PROGRESSING, "it has no volume yet")


def _namespace(body: Object) -> Verdict:
    phase = str((body.get("status") or {}).get("phase") or "")
    return (
        Verdict(State.READY) if phase == "Active" else Verdict(State.PROGRESSING, f"it is {phase or 'not there yet'}")
    )


def _definition(body: Object) -> Verdict:
    refused = condition(body, "NamesAccepted")
    if refused.get("status") == "False":
        return Verdict(State.FAILED, said(refused))
    faulty = condition(body, "NonStructuralSchema")
    if condition(body, "Established").get("status") == "True":
        return Verdict(State.READY)
    return Verdict(State.PROGRESSING, said(faulty) or "the API server does not serve it yet")


def _true(kind: str) -> Callable[[Object], Verdict]:
    """Ready once this condition is true."""

    def rule(body: Object) -> Verdict:
        found = condition(body, kind)
        if not found:
            return Verdict(State.UNKNOWN, f"nobody has said whether it is {kind}")
        return Verdict(State.READY) if found.get("status") == "True" else Verdict(State.PROGRESSING, said(found))

    return rule


def _ended(ready: str, failed: str) -> Callable[[Object], Verdict]:
    """Ready once it has come to its end, or what it makes is there."""

    def rule(body: Object) -> Verdict:
        bad = condition(body, failed)
        if bad.get("status") == "True":
            return Verdict(State.FAILED, said(bad))
        return _true(ready)(body)

    return rule


def _model(body: Object) -> Verdict:
    """An InferenceService (kserve v0.15.2, pkg/apis/serving/v1beta1/inference_service_status.go): one that cannot load
    its model goes on serving the one before, and says so in `modelStatus` only."""
    told = (body.get("status") or {}).get("modelStatus")
    told = told if isinstance(told, Mapping) else {}
    if told.get("transitionStatus") in ("BlockedByFailedLoad", "InvalidSpec"):
        last = told.get("lastFailureInfo")
        return Verdict(State.FAILED, said(last if isinstance(last, Mapping) else {}) or str(told["transitionStatus"]))
    return _true("Ready")(body)


def _notebook(body: Object) -> Verdict:
    if "kubeflow-resource-stopped" in ((body.get("metadata") or {}).get("annotations") or {}):
        return Verdict(State.READY, "it is stopped, as it asks")
    return _true("Ready")(body)


def _there(_: Object) -> Verdict:
    """Of a kind whose objects never tell how they are: with the API server having taken them, they are there."""
    return Verdict(State.READY)


def _pod(body: Object) -> Verdict:
    phase = (body.get("status") or {}).get("phase")
    if phase == "Succeeded":
        return Verdict(State.READY)
    if phase == "Failed":
        return Verdict(State.FAILED, str((body.get("status") or {}).get("message") or "it failed"))
    return _true("Ready")(body)


def _stored(body: Object) -> Verdict:
    """Of a kind that is read by a server and run by nobody: it is there, unless somebody objects."""
    bad = next(
        (one for one in (body.get("status") or {}).get("conditions") or () if one.get("status") == "False"), None
    )
    return Verdict(State.FAILED, said(bad)) if bad else Verdict(State.READY)


def _by_conditions(body: Object) -> Verdict:
    """Of a kind that has no rule of its own: what its conditions agree on."""
    for kind in ("Ready", "Available", "Succeeded", "Complete"):
        if condition(body, kind):
            return _true(kind)(body)
    for kind in ("Failed", "Degraded", "Stalled"):
        if condition(body, kind).get("status") == "True":
            return Verdict(State.FAILED, said(condition(body, kind)))
    return Verdict(State.UNKNOWN, "it says nothing about itself")


def said(found: Object) -> str:
    """Reason and message of a condition, on one line."""
    parts = (str(found.get("reason") or ""), " ".join(str(found.get("message") or "").split()))
    return ": ".join(part for part in parts if part)


_RULES: dict[tuple[str, str], Callable[[Object], Verdict]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("batch", "Job"): _job,
    ("", "Pod"): _pod,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Namespace"): _namespace,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("apiregistration.k8s.io", "APIService"): _true("Available"),
    ("cert-manager.io", "Certificate"): _true("Ready"),
    ("cert-manager.io", "Issuer"): _true("Ready"),
    ("cert-manager.io", "ClusterIssuer"): _true("Ready"),
    ("serving.knative.dev", "Service"): _true("Ready"),
    ("serving.kserve.io", "InferenceService"): _model,
    ("trainer.kubeflow.org", "TrainJob"): _ended("Complete", "Failed"),
    ("jobset.x-k8s.io", "JobSet"): _ended("Completed", "Failed"),
    ("kubeflow.org", "Experiment"): _ended("Succeeded", "Failed"),
    ("kubeflow.org", "Notebook"): _notebook,
    ("kubeflow.org", "PyTorchJob"): _ended("Succeeded", "Failed"),
    ("kubeflow.org", "TFJob"): _ended("Succeeded", "Failed"),
    ("kubeflow.org", "XGBoostJob"): _ended("Succeeded", "Failed"),
    ("kubeflow.org", "PaddleJob"): _ended("Succeeded", "Failed"),
    ("kubeflow.org", "JAXJob"): _ended("Succeeded", "Failed"),
    ("kubeflow.org", "MPIJob"): _ended("Succeeded", "Failed"),
    ("kubeflow.org", "PodDefault"): _there,
    ("kubeflow.org", "ScheduledWorkflow"): _there,
    ("pipelines.kubeflow.org", "Pipeline"): _stored,
    ("pipelines.kubeflow.org", "PipelineVersion"): _stored,
    ("trainer.kubeflow.org", "TrainingRuntime"): _there,
    ("trainer.kubeflow.org", "ClusterTrainingRuntime"): _there,
    ("serving.kserve.io", "ServingRuntime"): _there,
    ("serving.kserve.io", "ClusterServingRuntime"): _there,
}
# Groups whose objects do nothing but say something: with the API server having taken them, they are there.
_PLAIN = frozenset(
    {
        "",
        "admissionregistration.k8s.io",
        "autoscaling",
        "batch",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "networking.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
    }
)
