"""Objects and merge patches of them, right and wrong ones, whose answers `record.py` takes from a kube-apiserver."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]
Update = tuple[str, Object, list[Object]]

_NAMESPACE = "/api/v1/namespaces/default"
_RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
_TRAINER = "/apis/trainer.kubeflow.org/v1alpha1"
_CONTAINER = {"name": "a", "image": "x:1"}


def updates() -> Iterator[Update]:
    """(path of the collection, object, changes of that object) of every case."""
    yield _pods()
    yield _pod_with_a_deadline()
    yield from _jobs()
    yield from _data()
    yield from _claims_and_services()
    yield from _access()
    yield _metadata()
    yield from _custom()


def _object(api_version: str, kind: str, **fields: Any) -> Object:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "changed"}} | fields


def _spec(**fields: Any) -> Object:
    return {"spec": fields}


def _pods() -> Update:
    toleration = {"key": "k", "operator": "Exists", "effect": "NoSchedule"}
    pod = _object("v1", "Pod", spec={"containers": [_CONTAINER], "tolerations": [toleration], "nodeName": "n"})
    return (
        f"{_NAMESPACE}/pods",
        pod,
        [
            {"metadata": {"labels": {"a": "b"}}},
            _spec(containers=[_CONTAINER | {"image": "x:2"}]),
            _spec(containers=[_CONTAINER | {"image": ""}]),
            _spec(containers=[_CONTAINER, {"name": "b", "image": "y"}]),
            _spec(containers=[_CONTAINER], initContainers=[{"name": "i", "image": "y"}]),
            _spec(tolerations=[toleration, {"key": "z", "operator": "Exists", "effect": "NoExecute"}]),
            _spec(activeDeadlineSeconds=5),
            _spec(activeDeadlineSeconds=-5),
        ],
    )


def _pod_with_a_deadline() -> Update:
    pod = _object("v1", "Pod", spec={"containers": [_CONTAINER], "activeDeadlineSeconds": 10})
    return (
        f"{_NAMESPACE}/pods",
        pod,
        [
            _spec(activeDeadlineSeconds=9),
            _spec(activeDeadlineSeconds=11),
            _spec(activeDeadlineSeconds=None),
        ],
    )


def _jobs() -> Iterator[Update]:
    def template(image: str = "x:1", **pod: Any) -> Object:
        return {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": image}]} | pod}

    path = "/apis/batch/v1/namespaces/default/jobs"
    changes = [
        _spec(parallelism=3),
        _spec(parallelism=-1),
        _spec(suspend=True),
        _spec(backoffLimit=9),
        _spec(ttlSecondsAfterFinished=9),
        _spec(activeDeadlineSeconds=9),
        _spec(completions=4),
        _spec(completionMode="Indexed"),
        _spec(template=template("x:2")),
        _spec(template=template(nodeSelector={"a": "b"})),
        _spec(template={"metadata": {"labels": {"a": "b"}}}),
        _spec(selector={"matchLabels": {"a": "b"}}),
        _spec(podFailurePolicy={"rules": [{"action": "Ignore", "onExitCodes": {"operator": "In", "values": [1]}}]}),
        _spec(manualSelector=True),
    ]
    yield path, _object("batch/v1", "Job", spec={"template": template(), "completions": 3}), changes
    yield path, _object("batch/v1", "Job", spec={"template": template(), "suspend": True}), changes
    indexed = {"template": template(), "completionMode": "Indexed", "completions": 2, "parallelism": 2}
    indexed_changes = [_spec(completions=3), _spec(completions=3, parallelism=3), _spec(completions=None)]
    yield path, _object("batch/v1", "Job", spec=indexed), indexed_changes


def _data() -> Iterator[Update]:
    data_changes: list[Object] = [
        {"data": {"a": "2"}},
        {"data": {"b": "2"}},
        {"data": None},
        {"immutable": True},
        {"immutable": False},
        {"immutable": None},
        {"binaryData": {"c": "eA=="}},
        {"metadata": {"labels": {"a": "b"}}},
    ]
    for immutable in (False, True):
        config = _object("v1", "ConfigMap", data={"a": "1"}, immutable=immutable)
        yield f"{_NAMESPACE}/configmaps", config, data_changes
        secret = _object("v1", "Secret", data={"a": "eA=="}, immutable=immutable)
        secret_changes: list[Object] = [
            {"stringData": {"a": "2"}},
            {"stringData": {"a": "x"}},
            {"type": "example.com/x"},
            {"immutable": None},
            {"data": {"b": "eA=="}},
        ]
        yield f"{_NAMESPACE}/secrets", secret, secret_changes


def _claims_and_services() -> Iterator[Update]:
    storage = {"requests": {"storage": "1Gi"}}
    claim = _object("v1", "PersistentVolumeClaim", spec={"accessModes": ["ReadWriteOnce"], "resources": storage})
    yield (
        f"{_NAMESPACE}/persistentvolumeclaims",
        claim,
        [
            _spec(volumeName="v"),
            _spec(storageClassName="fast"),
            _spec(accessModes=["ReadWriteMany"]),
            _spec(resources={"requests": {"storage": "2Gi"}}),
            _spec(resources={"requests": {"storage": "512Mi"}}),
            _spec(volumeMode="Block"),
            {"metadata": {"labels": {"a": "b"}}},
        ],
    )
    headless = _object("v1", "Service", spec={"ports": [{"port": 80}], "clusterIP": "None", "selector": {"b": "c"}})
    yield (
        f"{_NAMESPACE}/services",
        headless,
        [
            _spec(ports=[{"port": 81}]),
            _spec(ports=[]),
            _spec(selector={"a": "b"}),
            _spec(sessionAffinity="ClientIP"),
        ],
    )


def _access() -> Iterator[Update]:
    group = "rbac.authorization.k8s.io"
    role = {"kind": "Role", "name": "r", "apiGroup": group}
    binding = _object(f"{group}/v1", "RoleBinding", roleRef=role)
    yield (
        f"{_RBAC}/rolebindings",
        binding,
        [
            {"roleRef": role | {"name": "s"}},
            {"subjects": [{"kind": "User", "name": "u", "apiGroup": group}]},
            {"subjects": [{"kind": "Robot", "name": "u", "apiGroup": group}]},
        ],
    )


def _metadata() -> Update:
    config = _object("v1", "ConfigMap", metadata={"name": "changed", "finalizers": ["example.com/a"]})
    return (
        f"{_NAMESPACE}/configmaps",
        config,
        [
            {"metadata": {"uid": "other"}},
            {"metadata": {"creationTimestamp": "2020-01-01T00:00:00Z"}},
            {"metadata": {"generation": 7}},
            {"metadata": {"generateName": "c-"}},
            {"metadata": {"finalizers": ["example.com/b"]}},
            {"metadata": {"finalizers": ["bad one"]}},
            {"metadata": {"labels": {"-": "b"}}},
            {"metadata": {"annotations": {"a b": "c"}}},
            {"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": ""}]}},
            {"metadata": {"managedFields": [{"manager": "m", "operation": "Paint"}]}},
            {"metadata": {"managedFields": [{}]}},
        ],
    )


def _custom() -> Iterator[Update]:
    spec: Object = {"runtimeRef": {"name": "r"}, "labels": {"a": "b"}, "suspend": True}
    job = _object("trainer.kubeflow.org/v1alpha1", "TrainJob", spec=spec)
    yield (
        f"{_TRAINER}/namespaces/default/trainjobs",
        job,
        [
            _spec(runtimeRef={"name": "s"}),
            _spec(runtimeRef={"kind": "TrainingRuntime"}),
            _spec(suspend=False),
            _spec(suspend=False, managedBy="kueue.x-k8s.io/multikueue"),
            _spec(managedBy="example.com/x"),
            _spec(managedBy=None),
            _spec(labels={"c": "d"}),
            _spec(trainer={"numNodes": 2}),
            _spec(trainer={"numNodes": "2"}),
            _spec(trainer={"numProcPerNode": "x"}),
            _spec(trainer={"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}),
            _spec(initializer={"model": {"storageUri": "hf://x"}}),
            {"metadata": {"labels": {"a": "b"}}},
            {"metadata": {"uid": "other"}},
        ],
    )
    model = {"modelFormat": {"name": "sklearn"}, "storageUri": "pvc://x/y"}
    service = _object("serving.kserve.io/v1beta1", "InferenceService", spec={"predictor": {"model": model}})
    yield (
        "/apis/serving.kserve.io/v1beta1/namespaces/default/inferenceservices",
        service,
        [
            _spec(predictor={"minReplicas": 2}),
            _spec(predictor={"minReplicas": "2"}),
            _spec(predictor={"model": {"storageUri": 7}}),
            _spec(predictor={"model": {"modelFormat": None}}),
            _spec(predictor={"model": {"unknown": 1}}),
            _spec(predictor=None),
        ],
    )
