"""Objects to create, right and wrong ones, whose answers `record.py` takes from a kube-apiserver.

Left out is what only a whole cluster decides: priority classes, tokens of service accounts, cluster IPs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.unit.recorded.building import (
    CONTAINER,
    NAMESPACE,
    Case,
    Object,
    config_map,
    made,
    pod,
    pod_of,
    pod_with,
    secret,
)
from tests.unit.recorded.podcases import pods

_JOBS = "/apis/batch/v1/namespaces/default/jobs"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_TRAINER = "/apis/trainer.kubeflow.org/v1alpha1"
_SERVING = "/apis/serving.kserve.io/v1beta1/namespaces/default/inferenceservices"
_TEXT = "x" * 1_100_000


def cases() -> Iterator[Case]:
    """(path of the collection, object) of every case."""
    yield from _wrong_types()
    yield from pods()
    yield from _data()
    yield from _services_and_claims()
    yield from _jobs()
    yield from _others()
    yield from _custom()
    yield from _nulls()


def _wrong_types() -> Iterator[Case]:
    yield pod("x")
    yield pod({"containers": "x"})
    yield pod({"containers": ["x"]})
    yield pod_with(name=1)
    yield pod_with(command="x")
    yield pod_with(command=[1])
    yield pod_with(env={"A": "b"})
    yield pod_with(env=[{"name": "A", "value": 1}])
    yield pod_with(env=[{"name": "A", "value": True}])
    port: Any
    for port in ("80", 8.5, 2**40):
        yield pod_with(ports=[{"containerPort": port}])
    for amount in ("abc", True, [1], "1.2.3", " 1 "):
        yield pod_with(resources={"limits": {"cpu": amount}})
    yield pod_with(resources={"limits": "x"})
    for port in (True, [1], 1.5):
        yield pod_with(livenessProbe={"httpGet": {"port": port}})
    yield pod_of(hostNetwork="yes")
    yield pod_of(terminationGracePeriodSeconds="30")
    yield pod_of(nodeSelector={"a": 1})
    yield pod_of(volumes=[{"name": "x", "emptyDir": "y"}])
    metadata: Any
    for metadata in (
        {"labels": {"a": 1}},
        {"labels": ["a"]},
        {"creationTimestamp": "yesterday"},
        {"ownerReferences": "x"},
        {"ownerReferences": [{"controller": "x"}]},
    ):
        yield pod({"containers": [CONTAINER]}, **metadata)
    for value in ("@@", "abc", 1, "YWJ$", "YWI=", "YWJj\n"):
        yield secret(data={"a": value})
    yield secret(stringData={"a": 1})
    yield config_map(immutable="yes")
    yield config_map(metadata="x")
    yield config_map(metadata={"name": 1})
    yield _JOBS, made("batch/v1", "Job", spec={"template": {"spec": {"containers": [{"name": "a", "image": 5}]}}})
    yield _JOBS, made("batch/v1", "Job", spec={"template": 3})
    for metadata in (
        "x",
        {"name": 1},
        {"labels": ["a"]},
        {"ownerReferences": [{"controller": "x"}]},
        {"finalizers": "x"},
    ):
        yield _train_job({"runtimeRef": {"name": "x"}}, metadata=metadata)


def _data() -> Iterator[Case]:
    fields: Any
    for fields in (
        {},
        {"data": {}},
        {"data": {"a b": "x"}},
        {"data": {"..": "x"}},
        {"data": {"": "x"}},
        {"data": {"..a": "x", ".": "y"}},
        {"data": {"a" * 254: "x"}},
        {"data": {"a": "x"}, "binaryData": {"a": "eA=="}},
        {"data": {"a": _TEXT}},
        {"immutable": True, "data": {"a": "x"}},
    ):
        yield config_map(**fields)
    metadata: Any
    for metadata in (
        {"labels": {"a": "b" * 64, "c/d/e": "x", "/x": "y", "A.B/c": "z"}},
        {"labels": {}, "annotations": {}},
        {"annotations": {"x": "y" * 262145}},
        {"annotations": {"A.B/c": "z"}},
        {"annotations": {"": "z"}},
        {"ownerReferences": [{"apiVersion": "v1", "kind": "Event", "name": "a", "uid": "u"}]},
        {"ownerReferences": [{"name": "a"}]},
        {"finalizers": ["orphan", "foregroundDeletion"]},
        {"finalizers": ["a b"]},
        {"finalizers": ["a/b", "c/d"]},
    ):
        yield config_map(metadata={"name": "x"} | metadata)
    for fields in (
        {"data": {"a b": "eA=="}},
        {"data": {"c": "ZA=="}, "stringData": {"a": "b", "c": "e"}},
        {"stringData": {"a": _TEXT}},
        {"type": "custom/type", "data": {"a": ""}},
        {"type": "kubernetes.io/tls"},
        {"type": "kubernetes.io/basic-auth"},
        {"type": "kubernetes.io/ssh-auth"},
        {"type": "kubernetes.io/dockercfg"},
        {"type": "kubernetes.io/dockerconfigjson"},
        {"type": "kubernetes.io/dockerconfigjson", "stringData": {".dockerconfigjson": "{}"}},
        {"type": "kubernetes.io/service-account-token"},
    ):
        yield secret(**fields)


def _services_and_claims() -> Iterator[Case]:
    one = [{"port": 80}]
    spec: Any
    for spec in (
        None,
        {},
        {"ports": [{}]},
        {"ports": [{"port": 80}, {"port": 81}]},
        {"ports": [{"port": 80, "name": "a"}, {"port": 81, "name": "a"}]},
        {"ports": [{"port": 80, "protocol": "x", "targetPort": "A_"}]},
        {"ports": [{"port": 80, "nodePort": 30000}]},
        {"ports": [{"port": 99999}]},
        {"type": "Foo", "ports": one},
        {"type": "ExternalName"},
        {"type": "ExternalName", "externalName": "A_"},
        {"ports": one, "sessionAffinity": "x"},
        {"ports": one, "sessionAffinity": "ClientIP", "clusterIP": "None"},
        {"ports": one, "selector": {"a b": "c"}},
        {"clusterIP": "None"},
        {"clusterIP": "None", "ports": one, "selector": {"a": "b"}},
    ):
        yield f"{NAMESPACE}/services", made("v1", "Service", spec=spec)
    for name in ("1x", "x.y"):
        yield f"{NAMESPACE}/services", made("v1", "Service", name, spec={"ports": one})
    modes, storage = ["ReadWriteOnce"], {"requests": {"storage": "1024Mi"}}
    for spec in (
        {},
        {"accessModes": modes, "resources": storage},
        {"accessModes": ["x"], "resources": storage},
        {"accessModes": modes},
        {"accessModes": modes, "resources": {"requests": {"storage": "0"}}},
        {"accessModes": modes, "resources": {"requests": {"storage": "-1Gi"}}},
        {"accessModes": ["ReadWriteOnce", "ReadWriteOncePod"], "resources": storage},
        {"accessModes": modes, "volumeMode": "x", "storageClassName": "A", "resources": storage},
    ):
        yield f"{NAMESPACE}/persistentvolumeclaims", made("v1", "PersistentVolumeClaim", spec=spec)


def _jobs() -> Iterator[Case]:
    pod = {"restartPolicy": "Never", "containers": [CONTAINER]}
    rules = {"rules": [{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [1]}}]}

    def job(name: str = "s", template: Object | None = None, **spec: Any) -> Case:
        return _JOBS, made("batch/v1", "Job", name, spec={"template": template or {"spec": pod}} | spec)

    yield job()
    change: Any
    for change in ({"restartPolicy": "Always"}, {"restartPolicy": "x"}, {"restartPolicy": None}, {"containers": []}):
        yield job(template={"spec": pod | change})
    yield job(template={"metadata": {"labels": {"a b": "c"}}, "spec": pod})
    yield job(template={"spec": pod | {"restartPolicy": "OnFailure"}}, podFailurePolicy=rules)
    yield job(podFailurePolicy=rules)
    yield job(parallelism=-1, completions=-1, backoffLimit=-1, ttlSecondsAfterFinished=-1, activeDeadlineSeconds=-5)
    yield job(parallelism=2)
    yield job(completionMode="x")
    yield job(completionMode="Indexed")
    yield job("a" * 62, completionMode="Indexed", completions=3)
    yield job(backoffLimitPerIndex=1)
    yield job(maxFailedIndexes=1)
    yield job(podReplacementPolicy="x")
    yield job(manualSelector=True)
    wanted = {"matchLabels": {"a": "b"}}
    yield job(manualSelector=True, selector=wanted)
    yield job(manualSelector=True, selector=wanted, template={"metadata": {"labels": {"a": "b"}}, "spec": pod})
    yield _JOBS, made("batch/v1", "Job", spec={})


def _others() -> Iterator[Case]:
    for name in ("n", "A", "a.b", "a" * 64):
        yield "/api/v1/namespaces", made("v1", "Namespace", name)
    group = "rbac.authorization.k8s.io/v1"
    roles = f"{_RBAC}/namespaces/default/roles"
    rules: Any
    for rules in (
        None,
        [{}],
        [{"verbs": ["get"]}],
        [{"verbs": ["get"], "nonResourceURLs": ["/x"]}],
        [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    ):
        yield roles, made(group, "Role", rules=rules)
    for name in ("a/b", "system:x Y"):
        yield roles, made(group, "Role", name)
    mixed = [{"verbs": ["get"], "nonResourceURLs": ["/x"], "resources": ["pods"]}]
    yield f"{_RBAC}/clusterroles", made(group, "ClusterRole", rules=mixed)
    bindings = f"{_RBAC}/namespaces/default/rolebindings"
    yield bindings, made(group, "RoleBinding")
    yield bindings, made(group, "RoleBinding", roleRef={"kind": "X", "name": "a%", "apiGroup": "y"})
    users = [{"kind": "User", "name": "u"}, {"kind": "ServiceAccount", "name": "s", "namespace": "default"}]
    strange = [{}, {"kind": "User", "name": "x", "apiGroup": "y"}, {"kind": "ServiceAccount", "name": "A"}]
    for subjects in (users, [*strange, {"kind": "Foo", "name": "x"}]):
        yield bindings, made(group, "RoleBinding", roleRef={"kind": "Role", "name": "a"}, subjects=subjects)
    accounts = [{"kind": "ServiceAccount", "name": "x"}]
    role = {"kind": "Role", "name": "x"}
    yield f"{_RBAC}/clusterrolebindings", made(group, "ClusterRoleBinding", roleRef=role, subjects=accounts)
    for hard in (
        {"pods": "10", "limits.cpu": "1000m"},
        {"foo": "1"},
        {"pods": "1.5"},
        {"pods": "-1"},
        {"a b": "1"},
        {"requests.nvidia.com/gpu": "1", "count/trainjobs.trainer.kubeflow.org": "3"},
    ):
        yield f"{NAMESPACE}/resourcequotas", made("v1", "ResourceQuota", spec={"hard": hard})
    limits: Any
    for limits in (
        [{}],
        [{"type": "Foo"}],
        [{"type": "Container", "max": {"cpu": "1"}}],
        [{"type": "Container", "max": {"cpu": "1"}, "min": {"cpu": "2"}}],
        [{"type": "Container", "max": {"cpu": "1"}, "default": {"cpu": "2"}}],
        [{"type": "Container", "maxLimitRequestRatio": {"cpu": "0.5"}}],
        [{"type": "Container"}, {"type": "Container"}],
        [{"type": "Pod", "default": {"cpu": "1"}}],
        [{"type": "PersistentVolumeClaim"}],
    ):
        yield f"{NAMESPACE}/limitranges", made("v1", "LimitRange", spec={"limits": limits})
    for involved, fields in (
        ("default", {"reason": "R", "message": "m"}),
        ("other", {}),
        (None, {}),
        ("default", {"eventTime": "2026-01-01T00:00:00.000000Z"}),
    ):
        about = {"namespace": involved, "kind": "Pod", "name": "x"}
        yield f"{NAMESPACE}/events", made("v1", "Event", involvedObject=about, **fields)
    for name in ("x", "A"):
        yield f"{NAMESPACE}/serviceaccounts", made("v1", "ServiceAccount", name)


def _train_job(spec: Any, name: str = "x", **fields: Any) -> Case:
    path = f"{_TRAINER}/namespaces/default/trainjobs"
    return path, made("trainer.kubeflow.org/v1alpha1", "TrainJob", name, spec=spec, **fields)


def _custom() -> Iterator[Case]:
    runtime = {"runtimeRef": {"name": "r"}}
    yield _train_job(runtime)
    yield _train_job({})
    yield _train_job("x")
    yield _train_job(runtime | {"suspend": "yes"})
    for trainer in (
        {"numNodes": "two"},
        {"numNodes": 2.5},
        {"numNodes": 2.0},
        {"numNodes": 2**40},
        {"numProcPerNode": True},
        {"numProcPerNode": "foo"},
        {"command": "x"},
        {"command": [1]},
        [1],
        None,
        {"resourcesPerNode": {"limits": {"cpu": "abc", "memory": True}}},
        {"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]},
        {"env": [{"value": "1"}]},
        {"numNodes": 2, "image": "x", "command": ["a"], "env": [{"name": "a", "value": "b"}]},
    ):
        yield _train_job(runtime | {"trainer": trainer})
    yield _train_job(runtime | {"managedBy": "me"})
    yield _train_job(runtime | {"managedBy": "me", "suspend": 3})
    yield _train_job({"runtimeRef": {"name": None}})
    for name in ("1bad", "Bad_name", "a" * 70):
        yield _train_job(runtime, name)
    for metadata in (
        {"labels": {"-a": "b", "x": "-"}},
        {"annotations": {"a a": "b"}},
        {"finalizers": ["a"]},
        {"finalizers": ["a/"]},
        {"ownerReferences": [{"name": "x"}]},
    ):
        yield _train_job(runtime, metadata={"name": "x"} | metadata)
    yield from _custom_with_rules()
    model = {"modelFormat": {"name": "sklearn"}, "storageUri": "pvc://x", "ports": [{"containerPort": 8080}]}
    for predictor in ({"model": model}, {"model": model, "minReplicas": "x"}, {"containers": [{"image": "x"}]}):
        spec = {"predictor": predictor}
        yield _SERVING, made("serving.kserve.io/v1beta1", "InferenceService", spec=spec)


def _custom_with_rules() -> Iterator[Case]:
    """Rules at depth: exclusive policies, and an integer or one of three words."""
    job = {"name": "node", "template": {"spec": {"template": {"spec": {"containers": [CONTAINER]}}}}}
    policy: Any
    for policy in (
        {"numNodes": 1},
        {"torch": {"numProcPerNode": "auto"}},
        {"torch": {"numProcPerNode": "many"}},
        {"torch": {"numProcPerNode": 0}},
        {"torch": {}, "mpi": {}},
        {"numNodes": 1, "torch": {"elasticPolicy": {"minNodes": 1}}},
    ):
        spec = {"mlPolicy": policy, "template": {"spec": {"replicatedJobs": [job]}}}
        runtime = made("trainer.kubeflow.org/v1alpha1", "ClusterTrainingRuntime", spec=spec)
        yield f"{_TRAINER}/clustertrainingruntimes", runtime
    waits = [job, job | {"name": "b", "dependsOn": [{"name": "node", "status": "Ready"}]}]
    template = {"spec": {"startupPolicy": {"startupPolicyOrder": "InOrder"}, "replicatedJobs": waits}}
    runtime = made("trainer.kubeflow.org/v1alpha1", "ClusterTrainingRuntime", spec={"template": template})
    yield f"{_TRAINER}/clustertrainingruntimes", runtime


def _nulls() -> Iterator[Case]:
    """Null is absent as a field, the zero value in lists and in maps of text."""
    yield config_map(metadata={"name": "x", "labels": {"a": None}}, data={"a": None}, binaryData={"b": None})
    yield secret(data={"a": None}, stringData={"b": None})
    yield pod_with(command=["a", None], env=None, resources={"limits": None})
    yield pod_with(env=[None])
    yield pod({"containers": [None]})
    yield _train_job({"runtimeRef": {"name": "r"}, "labels": {"a": None}})
    yield _train_job({"runtimeRef": {"name": "r"}, "trainer": {"command": [None]}})
