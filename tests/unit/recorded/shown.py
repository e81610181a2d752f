"""Objects with a status, whose rows in tables `record.py` takes from a kube-apiserver."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]
Shown = tuple[str, Object]

_NAMESPACE = "/api/v1/namespaces/default"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_TRAINER = "/apis/trainer.kubeflow.org/v1alpha1"
_SERVING = "/apis/serving.kserve.io"
_LONG_AGO, _AGO, _THEN = "2024-01-01T00:00:00Z", "2026-05-01T10:00:00Z", "2026-05-01T10:03:20Z"
_RUNNING: Object = {"running": {"startedAt": _AGO}}


def shown() -> Iterator[Shown]:
    """(path of the collection, object) of every row."""
    yield from _pods()
    yield from _jobs()
    yield from _claims_and_services()
    yield from _events()
    yield from _others()
    yield from _custom()


def _object(api_version: str, kind: str, **fields: Any) -> Object:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "shown"}} | fields


def _pod(status: Object, **spec: Any) -> Shown:
    containers = [{"name": "a", "image": "x"}]
    return f"{_NAMESPACE}/pods", _object("v1", "Pod", spec={"containers": containers} | spec, status=status)


def _container(state: Object, *, name: str = "a", ready: bool = False, restarts: int = 0, **fields: Any) -> Object:
    known = {"name": name, "image": "x", "imageID": "", "ready": ready, "restartCount": restarts, "state": state}
    return known | fields


def _ended(code: int, **fields: Any) -> Object:
    return {"terminated": {"exitCode": code, "finishedAt": _THEN} | fields}


def _waiting(reason: str) -> Object:
    return {"waiting": {"reason": reason}}


def _pods() -> Iterator[Shown]:
    yield _pod({})
    yield _pod({"phase": "Pending", "conditions": [_condition("PodScheduled", "False", "SchedulingGated")]})
    yield _pod({"phase": "Running", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}], "nominatedNodeName": "n"})
    yield _pod({"phase": "Failed", "reason": "Evicted"})
    yield _pod({"phase": "Unknown", "reason": "NodeLost"})
    yield _pod({"phase": "Running", "containerStatuses": [_container(_RUNNING, ready=True)]})
    yield _pod({"phase": "Running", "containerStatuses": [_container(_RUNNING, restarts=3)]})
    again = _container(_RUNNING, ready=True, restarts=2, lastState=_ended(1))
    yield _pod({"phase": "Running", "containerStatuses": [again]})
    for state in (
        _waiting("ContainerCreating"),
        _waiting("CrashLoopBackOff"),
        _waiting(""),
        _ended(0, reason="Completed"),
        _ended(1, reason="Error"),
        _ended(137, signal=9),
        _ended(3),
        _ended(0),
    ):
        yield _pod({"phase": "Pending", "containerStatuses": [_container(state)]})
    yield _pod({"phase": "Succeeded", "containerStatuses": [_container(_ended(0, reason="Completed"))]})
    yield _pod({"phase": "Failed", "containerStatuses": [_container(_ended(2, reason="Error"))]})
    two = [{"name": "a", "image": "x"}, {"name": "b", "image": "x"}]
    half = [_container(_ended(0, reason="Completed")), _container(_RUNNING, name="b", ready=True)]
    for ready in ("True", "False"):
        status = {"phase": "Running", "containerStatuses": half, "conditions": [_condition("Ready", ready)]}
        yield _pod(status, containers=two)
    yield from _pods_with_init_containers()
    gates = [{"conditionType": "example.com/up"}, {"conditionType": "example.com/warm"}]
    yield _pod({"phase": "Running", "conditions": [_condition("example.com/up", "True")]}, readinessGates=gates)
    yield _pod({"phase": "Running"}, nodeName="laptop")


def _pods_with_init_containers() -> Iterator[Shown]:
    plain = [{"name": "i", "image": "x"}, {"name": "j", "image": "x"}]
    sidecar = [{"name": "i", "image": "x", "restartPolicy": "Always"}, {"name": "j", "image": "x"}]
    for containers in (plain, sidecar):
        for state in (
            _RUNNING,
            _ended(0, reason="Completed"),
            _ended(4),
            _ended(4, signal=15),
            _ended(4, reason="Error"),
            _waiting("PodInitializing"),
            _waiting("ImagePullBackOff"),
        ):
            first = _container(state, name="i", ready=True, restarts=1, started=True, lastState=_ended(1))
            yield _pod({"phase": "Pending", "initContainerStatuses": [first]}, initContainers=containers)
            done = {
                "phase": "Running",
                "initContainerStatuses": [first, _container(_ended(0, reason="Completed"), name="j")],
                "containerStatuses": [_container(_RUNNING, ready=True, restarts=1)],
                "conditions": [_condition("Initialized", "True")],
            }
            yield _pod(done, initContainers=containers)


def _condition(type_: str, status: str, reason: str = "") -> Object:
    return {"type": type_, "status": status} | ({"reason": reason} if reason else {})


def _job(status: Object, **spec: Any) -> Shown:
    containers = [{"name": "a", "image": "x"}, {"name": "b", "image": "y:1"}]
    template = {"spec": {"restartPolicy": "Never", "containers": containers}}
    obj = _object("batch/v1", "Job", spec={"template": template} | spec, status=status)
    return "/apis/batch/v1/namespaces/default/jobs", obj


def _jobs() -> Iterator[Shown]:
    yield _job({})
    yield _job({"startTime": _AGO, "succeeded": 1}, completions=5)
    yield _job({"startTime": _AGO, "succeeded": 2}, parallelism=3)
    yield _job({"startTime": _AGO, "active": 1}, parallelism=0)
    yield _job({}, suspend=True)
    done = [_condition("SuccessCriteriaMet", "True"), _condition("Complete", "True")]
    yield _job({"startTime": _AGO, "completionTime": _THEN, "succeeded": 1, "conditions": done})
    failed = [_condition("FailureTarget", "True"), _condition("Failed", "True")]
    yield _job({"startTime": _AGO, "failed": 1, "conditions": failed})
    for type_ in ("Suspended", "FailureTarget", "SuccessCriteriaMet"):
        yield _job({"startTime": _AGO, "conditions": [_condition(type_, "True")]})


def _claims_and_services() -> Iterator[Shown]:
    spec: Object = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    bound = {"phase": "Bound", "accessModes": ["ReadWriteMany", "ReadWriteOnce"], "capacity": {"storage": "1Gi"}}
    path = f"{_NAMESPACE}/persistentvolumeclaims"
    more: Any
    status: Any
    for more, status in (
        ({}, {"phase": "Pending"}),
        ({"storageClassName": "fast", "volumeMode": "Block"}, {"phase": "Pending"}),
        ({"volumeName": "v"}, bound),
        ({"volumeName": "v"}, {"phase": "Lost"}),
    ):
        yield path, _object("v1", "PersistentVolumeClaim", spec=spec | more, status=status)
    services = f"{_NAMESPACE}/services"
    port = {"port": 80}
    for more in (
        {"ports": [port], "clusterIP": "None", "selector": {"b": "2", "a": "1"}},
        {"ports": [port, {"name": "b", "port": 53, "protocol": "UDP"}], "externalIPs": ["1.2.3.4", "1.2.3.5"]},
        {"type": "ExternalName", "externalName": "example.com"},
        {"type": "NodePort", "ports": [port]},
        {"type": "LoadBalancer", "ports": [port]},
    ):
        ports = [given | {"name": given.get("name", "a")} for given in more.get("ports", [])]
        yield services, _object("v1", "Service", spec=more | ({"ports": ports} if ports else {}))
    status = {"loadBalancer": {"ingress": [{"ip": "1.2.3.9"}, {"hostname": "example.com"}]}}
    yield services, _object("v1", "Service", spec={"type": "LoadBalancer", "ports": [port]}, status=status)


def _events() -> Iterator[Shown]:
    pod = {"kind": "Pod", "name": "p", "namespace": "default", "fieldPath": "spec.containers{a}"}
    seen: Object = {"firstTimestamp": _AGO, "lastTimestamp": _THEN, "count": 4}
    for more in (
        {},
        seen,
        {"firstTimestamp": _AGO},
        seen | {"source": {"component": "kubelet", "host": "laptop"}},
        seen | {"source": {"component": "kubelet"}, "message": "  One\nTwo \n"},
        {"eventTime": "2026-05-01T10:00:00.123456Z", "reportingComponent": "x/y", "reportingInstance": "i"}
        | {"action": "Do", "series": {"count": 7, "lastObservedTime": "2026-05-01T10:03:20.123456Z"}},
    ):
        event = {"involvedObject": pod, "type": "Normal", "reason": "Because", "message": "m"}
        yield f"{_NAMESPACE}/events", _object("v1", "Event", **(event | more))


def _others() -> Iterator[Shown]:
    yield f"{_NAMESPACE}/configmaps", _object("v1", "ConfigMap", data={"a": "1"}, binaryData={"b": "eA=="})
    yield f"{_NAMESPACE}/configmaps", _object("v1", "ConfigMap")
    yield f"{_NAMESPACE}/secrets", _object("v1", "Secret", stringData={"a": "1"})
    account = _object("v1", "ServiceAccount", secrets=[{"name": "a"}, {"name": "b"}])
    yield f"{_NAMESPACE}/serviceaccounts", account
    quota: Object = {"hard": {"pods": "2", "limits.cpu": "4", "requests.cpu": "1500m", "memory": "1Gi"}}
    used = {"used": {"pods": "1", "requests.cpu": "500m"}}
    yield f"{_NAMESPACE}/resourcequotas", _object("v1", "ResourceQuota", spec=quota, status=quota | used)
    limits = {"limits": [{"type": "Container", "default": {"cpu": "1"}}]}
    yield f"{_NAMESPACE}/limitranges", _object("v1", "LimitRange", spec=limits)
    yield "/api/v1/namespaces", _object("v1", "Namespace")
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    group = "rbac.authorization.k8s.io"
    yield f"{_RBAC}/namespaces/default/roles", _object(f"{group}/v1", "Role", rules=rules)
    subjects = [
        {"kind": "User", "name": "u", "apiGroup": group},
        {"kind": "User", "name": "w", "apiGroup": group},
        {"kind": "Group", "name": "g", "apiGroup": group},
        {"kind": "ServiceAccount", "name": "s", "namespace": "default"},
    ]
    role = {"kind": "ClusterRole", "name": "view", "apiGroup": group}
    binding = {"subjects": subjects, "roleRef": role}
    yield f"{_RBAC}/namespaces/default/rolebindings", _object(f"{group}/v1", "RoleBinding", **binding)
    yield f"{_RBAC}/clusterrolebindings", _object(f"{group}/v1", "ClusterRoleBinding", **binding)


def _custom() -> Iterator[Shown]:
    trainer = "trainer.kubeflow.org/v1alpha1"
    job = _object(trainer, "TrainJob", spec={"runtimeRef": {"name": "r"}})
    when = {"reason": "R", "message": "", "lastTransitionTime": _LONG_AGO}
    for status in ({}, {"conditions": [_condition("Complete", "True") | when]}):
        yield f"{_TRAINER}/namespaces/default/trainjobs", job | {"status": status}
    many = [_condition("Suspended", "False") | when, _condition("Failed", "True") | when]
    yield f"{_TRAINER}/namespaces/default/trainjobs", job | {"status": {"conditions": many}}
    model = {"modelFormat": {"name": "sklearn"}, "storageUri": "pvc://x/y"}
    service = _object("serving.kserve.io/v1beta1", "InferenceService", spec={"predictor": {"model": model}})
    traffic = [{"latestRevision": True, "percent": 90, "revisionName": "b"}, {"percent": 10, "revisionName": "a"}]
    ready: Object = {
        "url": "http://x.example.com",
        "conditions": [_condition("Ready", "True") | {"lastTransitionTime": _AGO}],
        "components": {"predictor": {"latestRolledoutRevision": "b", "traffic": traffic}},
    }
    for status in ({}, ready):
        yield f"{_SERVING}/v1beta1/namespaces/default/inferenceservices", service | {"status": status}
    runtime = {
        "containers": [{"name": "kserve-container", "image": "x"}],
        "supportedModelFormats": [{"name": "sklearn", "version": "1"}],
    }
    for spec in (runtime, runtime | {"disabled": True}):
        obj = _object("serving.kserve.io/v1alpha1", "ServingRuntime", spec=spec)
        yield f"{_SERVING}/v1alpha1/namespaces/default/servingruntimes", obj
