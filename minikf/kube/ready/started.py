"""Whether what was just put into a cluster goes: services answer, and work that ends some day has begun.

`verdict` says of a TrainJob that it is ready when it has come to its end, which may be tomorrow. Who promotes one wants
to know that it runs. Fields as in the schemas of Kubeflow 26.03 (trainer.kubeflow.org/v1alpha1 TrainJob,
kubeflow.org/v1beta1 Experiment, kubeflow.org/v1 Notebook and training jobs, serving.kserve.io/v1beta1
InferenceService).
"""

from __future__ import annotations

from collections.abc import Callable

from minikf.kube.ready.rules import Object, State, Verdict, condition, observed, said, verdict

_TRAINING = ("PyTorchJob", "TFJob", "XGBoostJob", "PaddleJob", "JAXJob", "MPIJob")
_STOPPED = "kubeflow-resource-stopped"


def started(body: Object) -> Verdict:
    """Of the object as the API has it now."""
    rule = _RULES.get(_key(body))
    if rule is None or (body.get("metadata") or {}).get("deletionTimestamp") or not observed(body):
        return verdict(body)
    return rule(body)


def goes_on(group: str, kind: str) -> bool:
    """Whether objects of that kind do anything that can be waited for."""
    return (group, kind) in _RULES or (group, kind) in _AS_EVER


def _key(body: Object) -> tuple[str, str]:
    return str(body.get("apiVersion", "")).rpartition("/")[0], str(body.get("kind", ""))


def _train_job(body: Object) -> Verdict:
    status = body.get("status") or {}
    if _is(body, "Failed"):
        return Verdict(State.FAILED, said(condition(body, "Failed")))
    jobs = status.get("jobsStatus") or ()
    if _is(body, "Complete") or any(int(one.get("ready") or 0) + int(one.get("succeeded") or 0) for one in jobs):
        return Verdict(State.READY)
    if _is(body, "Suspended"):
        return Verdict(State.PROGRESSING, f"it is suspended: {said(condition(body, 'Suspended'))}")
    return Verdict(State.PROGRESSING, "none of its jobs runs yet" if jobs else "its controller has not begun with it")


def _running(body: Object) -> Verdict:
    """Of kinds whose controller says Running (Experiment, the training jobs of v1)."""
    if _is(body, "Failed"):
        return Verdict(State.FAILED, said(condition(body, "Failed")))
    if _is(body, "Running") or _is(body, "Succeeded"):
        return Verdict(State.READY)
    told = condition(body, "Suspended") or condition(body, "Created")
    return Verdict(State.PROGRESSING, said(told) or "its controller has not begun with it")


def _job(body: Object) -> Verdict:
    status = body.get("status") or {}
    if int(status.get("ready") or 0) + int(status.get("succeeded") or 0):
        return Verdict(State.READY)
    if _is(body, "Suspended"):
        return Verdict(State.PROGRESSING, f"it is suspended: {said(condition(body, 'Suspended'))}")
    return verdict(body)


def _notebook(body: Object) -> Verdict:
    status, metadata = body.get("status") or {}, body.get("metadata") or {}
    if _STOPPED in (metadata.get("annotations") or {}):  # it was promoted as one that does not run
        return Verdict(State.READY)
    if int(status.get("readyReplicas") or 0) or _is(body, "Ready"):
        return Verdict(State.READY)
    waiting = (status.get("containerState") or {}).get("waiting") or {}
    return Verdict(State.PROGRESSING, said(waiting) or said(condition(body, "Ready")) or "its pod is not ready")


def _service(body: Object) -> Verdict:
    """KServe's Ready; what it says of the model tells more than the condition."""
    model = (body.get("status") or {}).get("modelStatus") or {}
    failure = said(model.get("lastFailureInfo") or {})
    if model.get("transitionStatus") == "InvalidSpec":
        return Verdict(State.FAILED, failure or "KServe calls its spec invalid")
    ready = condition(body, "Ready")
    if ready.get("status") == "True" and model.get("transitionStatus") != "BlockedByFailedLoad":
        return Verdict(State.READY)
    worst = next((one for one in _conditions(body) if one.get("status") == "False" and said(one)), {})
    cause = failure or said(worst) or said(ready) or "its controller has not begun with it"
    return Verdict(State.PROGRESSING, cause)


def _is(body: Object, kind: str) -> bool:
    return condition(body, kind).get("status") == "True"


def _conditions(body: Object) -> list[Object]:
    return list((body.get("status") or {}).get("conditions") or ())


_RULES: dict[tuple[str, str], Callable[[Object], Verdict]] = {
    ("trainer.kubeflow.org", "TrainJob"): _train_job,
    ("kubeflow.org", "Experiment"): _running,
    ("kubeflow.org", "Notebook"): _notebook,
    ("serving.kserve.io", "InferenceService"): _service,
    ("batch", "Job"): _job,
    **{("kubeflow.org", kind): _running for kind in _TRAINING},
}
# What is ready in the same sense for everybody. A claim is not among them: one that waits for its first consumer would
# be waited for in vain, and whoever uses it is waited for.
_AS_EVER = frozenset(
    {
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("apps", "DaemonSet"),
        ("", "Pod"),
        ("serving.kserve.io", "InferenceGraph"),
        ("serving.knative.dev", "Service"),
        ("cert-manager.io", "Certificate"),
    }
)
