"""What who promotes may do on a target: the API's own answers (SelfSubjectAccessReview), none concluded from roles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from minikf.errors import MinikfError
from minikf.kube.apply.calls import Calls, NoAnswer
from minikf.kube.rest import refusal
from minikf.promote.targets.probe.asking import Ask
from minikf.promote.targets.profile import Right
from minikf.spec import Access

_PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_AT_ONCE = 4
_EVERYTHING = "everything is allowed (verb *, group *, resource *)"

_ALL = ("get", "list", "create", "patch", "delete")
_READ = ("get", "list")
# What a promotion writes, what its objects become there, and what it looks at while it waits.
_IN_NAMESPACE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("", "ConfigMap", _ALL),
    ("", "Secret", _ALL),
    ("", "ServiceAccount", _ALL),
    ("", "PersistentVolumeClaim", _ALL),
    ("", "Service", _ALL),
    ("", "Pod", _ALL),
    ("", "Event", _READ),
    ("", "ResourceQuota", _READ),
    ("", "LimitRange", _READ),
    ("apps", "Deployment", _READ),
    ("batch", "Job", _ALL),
    ("rbac.authorization.k8s.io", "Role", _ALL),
    ("rbac.authorization.k8s.io", "RoleBinding", _ALL),
    ("kubeflow.org", "Notebook", _ALL),
    ("kubeflow.org", "PodDefault", _ALL),
    ("kubeflow.org", "Experiment", _ALL),
    ("kubeflow.org", "PyTorchJob", _ALL),
    ("kubeflow.org", "TFJob", _ALL),
    ("kubeflow.org", "XGBoostJob", _ALL),
    ("kubeflow.org", "PaddleJob", _ALL),
    ("kubeflow.org", "JAXJob", _ALL),
    ("kubeflow.org", "MPIJob", _ALL),
    ("kubeflow.org", "ScheduledWorkflow", _ALL),
    ("pipelines.kubeflow.org", "Pipeline", _ALL),
    ("pipelines.kubeflow.org", "PipelineVersion", _ALL),
    ("trainer.kubeflow.org", "TrainJob", _ALL),
    ("trainer.kubeflow.org", "TrainingRuntime", _ALL),
    ("serving.kserve.io", "InferenceService", _ALL),
    ("serving.kserve.io", "ServingRuntime", _ALL),
    ("kueue.x-k8s.io", "LocalQueue", _READ),
    ("external-secrets.io", "ExternalSecret", _ALL),
    ("bitnami.com", "SealedSecret", _ALL),
)
_OF_THE_CLUSTER: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("", "Namespace", ("get", "list", "create")),
    ("", "Node", _READ),
    ("", "PersistentVolume", _READ),
    ("storage.k8s.io", "StorageClass", _READ),
    ("apiextensions.k8s.io", "CustomResourceDefinition", ("get", "list", "create")),
    ("trainer.kubeflow.org", "ClusterTrainingRuntime", ("get", "list", "create")),
    ("serving.kserve.io", "ClusterServingRuntime", ("get", "list", "create")),
)
# How a log is read and a service asked from outside: by names, since discovery has no kinds of their own for them.
_PARTS = (("get", "pods/log"), ("create", "pods/portforward"), ("get", "services/proxy"), ("create", "services/proxy"))


@dataclass(frozen=True)
class _Question:
    verb: str
    group: str
    resource: str
    namespace: str

    def body(self) -> bytes:
        """Attributes as in k8s.io/api/authorization/v1 `ResourceAttributes`."""
        resource, _, part = self.resource.partition("/")
        about = {"verb": self.verb, "group": self.group, "resource": resource}
        about |= ({"subresource": part} if part else {}) | ({"namespace": self.namespace} if self.namespace else {})
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
        return json.dumps({**review, "spec": {"resourceAttributes": about}}).encode()


def look(ask: Ask, access: Access, timeout: float) -> dict[str, Any]:
    """`rights`, for kinds that are served: one question for all, and only where that is denied one for each."""
    if ask.served("authorization.k8s.io", "SelfSubjectAccessReview") is None:
        ask.lack("rights", "the target answers no SelfSubjectAccessReview, so it does not say what you may do")
        return {}
    calls = Calls(access, timeout)
    rights: list[Right] = []
    for namespace in (*ask.namespaces, ""):
        with ask.may_lack("rights", namespace):
            rights += _all_of(calls, namespace, list(_questions(ask, namespace)))
    return {"rights": tuple(rights)}


def _questions(ask: Ask, namespace: str) -> Iterator[_Question]:
    for group, kind, verbs in _IN_NAMESPACE if namespace else _OF_THE_CLUSTER:
        served = ask.served(group, kind)
        if served is not None:
            yield from (_Question(verb, group, served.plural, namespace) for verb in verbs)
    if namespace:
        yield from (_Question(verb, "", resource, namespace) for verb, resource in _PARTS)


def _all_of(calls: Calls, namespace: str, questions: list[_Question]) -> list[Right]:
    if _answered(calls, _Question("*", "*", "*", namespace)).allowed:
        return [Right(one.verb, one.group, one.resource, one.namespace, True, _EVERYTHING) for one in questions]
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        return [one.result() for one in [pool.submit(_answered, calls, question) for question in questions]]
    finally:  # after a failure nobody waits for what was not asked yet
        pool.shutdown(wait=False, cancel_futures=True)


def _answered(calls: Calls, question: _Question) -> Right:
    """Raises Unreachable, or ApiAnswer."""
    try:
        answer = calls.send("POST", _PATH, question.body(), {"Content-Type": "application/json"})
    except NoAnswer as error:
        raise MinikfError("no answer to a SelfSubjectAccessReview", cause=str(error)) from error
    if not answer.ok:
        raise refusal(_PATH, answer)
    status = json.loads(answer.body).get("status") or {}
    why = str(status.get("reason") or status.get("evaluationError") or "")
    allowed = bool(status.get("allowed"))
    return Right(question.verb, question.group, question.resource, question.namespace, allowed, why)
