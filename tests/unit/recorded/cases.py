"""Objects to create, right and wrong ones, whose answers `record.py` takes from a kube-apiserver.

Left out is what only a whole cluster decides: priority classes, tokens of service accounts, cluster IPs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]
Case = tuple[str, Object]

_NAMESPACE = "/api/v1/namespaces/default"
_JOBS = "/apis/batch/v1/namespaces/default/jobs"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_TRAINER = "/apis/trainer.kubeflow.org/v1alpha1"
_SERVING = "/apis/serving.kserve.io/v1beta1/namespaces/default/inferenceservices"
_CONTAINER = {"name": "a", "image": "x"}
_TEXT = "x" * 1_100_000


def cases() -> Iterator[Case]:
    """(path of the collection, object) of every case."""
    yield from _wrong_types()
    yield from _pods()
    yield from _data()
    yield from _services_and_claims()
    yield from _jobs()
    yield from _others()
    yield from _custom()
    yield from _nulls()


def _object(api_version: str, kind: str, name: str = "x", **fields: Any) -> Object:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}} | fields


def _pod(spec: Any, **metadata: Any) -> Case:
    return f"{_NAMESPACE}/pods", _object("v1", "Pod", metadata={"name": "p"} | metadata, spec=spec)


def _with(**container: Any) -> Case:
    """A pod of one container with these fields."""
    return _pod({"containers": [_CONTAINER | container]})


def _spec(**spec: Any) -> Case:
    return _pod({"containers": [_CONTAINER]} | spec)


def _config_map(**fields: Any) -> Case:
    return f"{_NAMESPACE}/configmaps", _object("v1", "ConfigMap", **fields)


def _secret(**fields: Any) -> Case:
    return f"{_NAMESPACE}/secrets", _object("v1", "Secret", **fields)


def _wrong_types() -> Iterator[Case]:
    yield _pod("x")
    yield _pod({"containers": "x"})
    yield _pod({"containers": ["x"]})
    yield _with(name=1)
    yield _with(command="x")
    yield _with(command=[1])
    yield _with(env={"A": "b"})
    yield _with(env=[{"name": "A", "value": 1}])
    yield _with(env=[{"name": "A", "value": True}])
    for port in ("80", 8.5, 2**40):
        yield _with(ports=[{"containerPort": port}])
    for amount in ("abc", True, [1], "1.2.3", " 1 "):
        yield _with(resources={"limits": {"cpu": amount}})
    yield _with(resources={"limits": "x"})
    port: Any
    for port in (True, [1], 1.5):
        yield _with(livenessProbe={"httpGet": {"port": port}})
    yield _spec(hostNetwork="yes")
    yield _spec(terminationGracePeriodSeconds="30")
    yield _spec(nodeSelector={"a": 1})
    yield _spec(volumes=[{"name": "x", "emptyDir": "y"}])
    for metadata in (
        {"labels": {"a": 1}},
        {"labels": ["a"]},
        {"creationTimestamp": "yesterday"},
        {"ownerReferences": "x"},
        {"ownerReferences": [{"controller": "x"}]},
    ):
        yield _pod({"containers": [_CONTAINER]}, **metadata)
    for value in ("@@", "abc", 1, "YWJ$", "YWI=", "YWJj\n"):
        yield _secret(data={"a": value})
    yield _secret(stringData={"a": 1})
    yield _config_map(immutable="yes")
    yield _config_map(metadata="x")
    yield _config_map(metadata={"name": 1})
    yield _JOBS, _object("batch/v1", "Job", spec={"template": {"spec": {"containers": [{"name": "a", "image": 5}]}}})
    yield _JOBS, _object("batch/v1", "Job", spec={"template": 3})
    metadata: Any
    for metadata in (
        "x",
        {"name": 1},
        {"labels": ["a"]},
        {"ownerReferences": [{"controller": "x"}]},
        {"finalizers": "x"},
    ):
        yield _train_job({"runtimeRef": {"name": "x"}}, metadata=metadata)


def _pods() -> Iterator[Case]:
    yield _pod({})
    listed: Any
    for listed in ([], None, [{}], [_CONTAINER, _CONTAINER]):
        yield _pod({"containers": listed})
    for name in ("A_b", "a.b", "a" * 64):
        yield _with(name=name)
    yield _with(image="")
    for image in ("x:1", "x:latest", "host:5000/x", "host:5000/x:2", f"x@sha256:{'0' * 64}", "x@sha256:abc", "X", " "):
        yield _with(image=image)
    yield _with(imagePullPolicy="x")
    yield _with(terminationMessagePolicy="x")
    yield _with(command=[], args=None, env=[{"name": "A", "value": ""}])
    yield from _pod_ports_and_env()
    yield from _pod_resources_and_probes()
    yield from _pod_volumes()
    spec: Any
    for spec in (
        {"restartPolicy": "x"},
        {"restartPolicy": ""},
        {"dnsPolicy": "x"},
        {"nodeSelector": {"a b": "c"}},
        {"terminationGracePeriodSeconds": 0},
        {"activeDeadlineSeconds": 0},
        {"serviceAccountName": "A"},
        {"serviceAccount": "sa"},
        {"hostname": "a.b"},
        {"subdomain": "A"},
        {"nodeName": "A_"},
        {"tolerations": [{}]},
        {"tolerations": [{"key": "a", "operator": "x"}]},
        {"tolerations": [{"operator": "Exists", "value": "x"}]},
        {"tolerations": [{"key": "a", "effect": "x"}]},
        {"tolerations": [{"key": "a", "tolerationSeconds": 3}]},
        {"initContainers": [_CONTAINER]},
        {"initContainers": [{"name": "i", "image": "x", "livenessProbe": {"exec": {"command": ["a"]}}}]},
        {"initContainers": [{"name": "i", "image": "x", "lifecycle": {"preStop": {"exec": {"command": ["a"]}}}}]},
        {"initContainers": [{"name": "i", "image": "x", "restartPolicy": "Always"}]},
    ):
        yield _spec(**spec)
    for name in ("A", "a_b", "-a", "a.b", "a" * 254, "a/b", ""):
        yield _pod({"containers": [_CONTAINER]}, name=name)


def _pod_ports_and_env() -> Iterator[Case]:
    ports: Any
    for ports in (
        [{}],
        [{"containerPort": 0}],
        [{"containerPort": 70000, "protocol": "x", "name": "Bad_Name_that_is_long"}],
        [{"containerPort": 80, "name": "a"}, {"containerPort": 81, "name": "a"}],
        [{"containerPort": 80, "hostPort": 80}, {"containerPort": 81, "hostPort": 80}],
        [{"containerPort": 80, "hostPort": 99999}],
    ):
        yield _with(ports=ports)
    yield _spec(hostNetwork=True, containers=[_CONTAINER | {"ports": [{"containerPort": 80}]}])
    for env in ({"value": "x"}, {"name": "a=b"}, {"name": "é"}, {"name": "A", "valueFrom": {}}):
        yield _with(env=[env])
    for source in (
        {"fieldRef": {"fieldPath": "metadata.name"}, "secretKeyRef": {"name": "x", "key": "y"}},
        {"fieldRef": {"fieldPath": "metadata.name"}},
        {"fieldRef": {"fieldPath": "metadata.foo"}},
        {"fieldRef": {"fieldPath": "metadata.labels"}},
        {"fieldRef": {"fieldPath": "metadata.labels['a b']"}},
        {"fieldRef": {"fieldPath": "metadata.annotations['A']"}},
        {"fieldRef": {"fieldPath": ""}},
        {"fieldRef": {"fieldPath": "status.phase"}},
        {"resourceFieldRef": {"resource": "limits.cpu"}},
        {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "2"}},
        {"resourceFieldRef": {"resource": "limits.memory", "divisor": "3Mi"}},
        {"resourceFieldRef": {"resource": "limits.foo"}},
        {"resourceFieldRef": {"resource": ""}},
        {"configMapKeyRef": {"key": "x"}},
        {"configMapKeyRef": {"name": "X_", "key": "a b"}},
        {"secretKeyRef": {"name": "x"}},
    ):
        yield _with(env=[{"name": "A", "valueFrom": source}])
    yield _with(env=[{"name": "A", "value": "x", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}])
    source: Any
    for source in (
        {},
        {"configMapRef": {"name": "x"}, "secretRef": {"name": "y"}},
        {"configMapRef": {}},
        {"configMapRef": {"name": "X"}, "prefix": "a="},
    ):
        yield _with(envFrom=[source])


def _pod_resources_and_probes() -> Iterator[Case]:
    gpu = "nvidia.com/gpu"
    for resources in (
        {"limits": {"cpu": "-1"}},
        {"limits": {"foo": "1"}},
        {"limits": {gpu: "1"}},
        {"requests": {gpu: "1"}},
        {"limits": {gpu: "1"}, "requests": {gpu: "2"}},
        {"limits": {gpu: "0.5"}},
        {"limits": {"cpu": "1"}, "requests": {"cpu": "2"}},
        {"limits": {"cpu": "1000m", "memory": "1024Mi", "ephemeral-storage": 2048}},
        {"limits": {"cpu": 0.5, "memory": "1e3"}},
        {"limits": {"kubernetes.io/x": "1"}},
        {"limits": {"a b": "1"}},
        {"requests": {"memory": "1Gi", "cpu": "1"}, "limits": {"memory": "512Mi"}},
    ):
        yield _with(resources=resources)
    run = {"exec": {"command": ["a"]}}
    probe: Any
    for probe in (
        {},
        run,
        {"httpGet": {"port": 0}},
        {"httpGet": {"port": "Foo"}},
        {"httpGet": {"port": "a", "scheme": "ftp"}},
        {"httpGet": {"port": 1, "httpHeaders": [{"name": "a b", "value": "x"}]}},
        {"exec": {}},
        {"tcpSocket": {"port": 70000}, "exec": {"command": ["a"]}},
        run | {"successThreshold": 2},
        run | {"terminationGracePeriodSeconds": 0},
        {"grpc": {"port": 80}},
    ):
        yield _with(livenessProbe=probe)
    yield _with(readinessProbe=run | {"initialDelaySeconds": -1, "terminationGracePeriodSeconds": 3})
    yield _with(startupProbe={"grpc": {"port": 0}})
    yield _with(lifecycle={"preStop": {}})


def _pod_volumes() -> Iterator[Case]:
    mounts: Any
    for mounts in (
        [{"name": "x", "mountPath": "/a"}],
        [{}],
        [{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/a"}],
        [{"name": "v", "mountPath": "/a", "subPath": "../x"}],
        [{"name": "v", "mountPath": "/a", "subPath": "/x", "subPathExpr": "y"}],
        [{"name": "v", "mountPath": "/a", "mountPropagation": "x"}],
        [{"name": "v", "mountPath": "/a"}],
    ):
        yield _spec(volumes=[{"name": "v"}], containers=[_CONTAINER | {"volumeMounts": mounts}])
    items = [{"path": "a", "fieldRef": {"fieldPath": "metadata.name"}}]
    volume: Any
    for volume in (
        {"name": "A"},
        {"emptyDir": {}, "hostPath": {"path": "/x"}},
        {"emptyDir": {"sizeLimit": "-1"}},
        {"emptyDir": {"sizeLimit": "1024Mi"}},
        {"hostPath": {}},
        {"hostPath": {"path": "/x"}},
        {"hostPath": {"path": "/a/../b", "type": "foo"}},
        {"configMap": {}},
        {"configMap": {"name": "x"}},
        {"configMap": {"name": "x", "defaultMode": 9999, "items": [{}]}},
        {"configMap": {"name": "x", "items": [{"key": "a", "path": "../x"}]}},
        {"configMap": {"name": "x", "items": [{"key": "a", "path": "..x"}]}},
        {"secret": {}},
        {"secret": {"secretName": "x"}},
        {"persistentVolumeClaim": {}},
        {"downwardAPI": {"items": [{"path": "a"}]}},
        {"downwardAPI": {"items": items}},
        {"downwardAPI": {"items": [{"path": "/a", "fieldRef": {"fieldPath": "spec.nodeName"}}]}},
        {"downwardAPI": {"items": [{"path": "a", "resourceFieldRef": {"resource": "limits.cpu"}}]}},
        {"projected": {"sources": [{"secret": {}}, {"downwardAPI": {"items": items}}]}},
        {"projected": {"sources": [{"configMap": {"name": "x", "items": [{"key": k, "path": "a"} for k in "ab"]}}]}},
        {"projected": {"sources": [{"secret": {"name": "a"}, "configMap": {"name": "b"}}]}},
    ):
        yield _spec(volumes=[{"name": "x"} | volume])
    yield _spec(volumes=[{}])
    yield _spec(volumes=[{"name": "x"}, {"name": "x"}])


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
        yield _config_map(**fields)
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
        yield _config_map(metadata={"name": "x"} | metadata)
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
        yield _secret(**fields)


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
        yield f"{_NAMESPACE}/services", _object("v1", "Service", spec=spec)
    for name in ("1x", "x.y"):
        yield f"{_NAMESPACE}/services", _object("v1", "Service", name, spec={"ports": one})
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
        yield f"{_NAMESPACE}/persistentvolumeclaims", _object("v1", "PersistentVolumeClaim", spec=spec)


def _jobs() -> Iterator[Case]:
    pod = {"restartPolicy": "Never", "containers": [_CONTAINER]}
    rules = {"rules": [{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [1]}}]}

    def job(name: str = "s", template: Object | None = None, **spec: Any) -> Case:
        return _JOBS, _object("batch/v1", "Job", name, spec={"template": template or {"spec": pod}} | spec)

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
    yield _JOBS, _object("batch/v1", "Job", spec={})


def _others() -> Iterator[Case]:
    for name in ("n", "A", "a.b", "a" * 64):
        yield "/api/v1/namespaces", _object("v1", "Namespace", name)
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
        yield roles, _object(group, "Role", rules=rules)
    for name in ("a/b", "system:x Y"):
        yield roles, _object(group, "Role", name)
    mixed = [{"verbs": ["get"], "nonResourceURLs": ["/x"], "resources": ["pods"]}]
    yield f"{_RBAC}/clusterroles", _object(group, "ClusterRole", rules=mixed)
    bindings = f"{_RBAC}/namespaces/default/rolebindings"
    yield bindings, _object(group, "RoleBinding")
    yield bindings, _object(group, "RoleBinding", roleRef={"kind": "X", "name": "a%", "apiGroup": "y"})
    users = [{"kind": "User", "name": "u"}, {"kind": "ServiceAccount", "name": "s", "namespace": "default"}]
    strange = [{}, {"kind": "User", "name": "x", "apiGroup": "y"}, {"kind": "ServiceAccount", "name": "A"}]
    for subjects in (users, [*strange, {"kind": "Foo", "name": "x"}]):
        yield bindings, _object(group, "RoleBinding", roleRef={"kind": "Role", "name": "a"}, subjects=subjects)
    accounts = [{"kind": "ServiceAccount", "name": "x"}]
    role = {"kind": "Role", "name": "x"}
    yield f"{_RBAC}/clusterrolebindings", _object(group, "ClusterRoleBinding", roleRef=role, subjects=accounts)
    for hard in (
        {"pods": "10", "limits.cpu": "1000m"},
        {"foo": "1"},
        {"pods": "1.5"},
        {"pods": "-1"},
        {"a b": "1"},
        {"requests.nvidia.com/gpu": "1", "count/trainjobs.trainer.kubeflow.org": "3"},
    ):
        yield f"{_NAMESPACE}/resourcequotas", _object("v1", "ResourceQuota", spec={"hard": hard})
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
        yield f"{_NAMESPACE}/limitranges", _object("v1", "LimitRange", spec={"limits": limits})
    for involved, fields in (
        ("default", {"reason": "R", "message": "m"}),
        ("other", {}),
        (None, {}),
        ("default", {"eventTime": "2026-01-01T00:00:00.000000Z"}),
    ):
        about = {"namespace": involved, "kind": "Pod", "name": "x"}
        yield f"{_NAMESPACE}/events", _object("v1", "Event", involvedObject=about, **fields)
    for name in ("x", "A"):
        yield f"{_NAMESPACE}/serviceaccounts", _object("v1", "ServiceAccount", name)


def _train_job(spec: Any, name: str = "x", **fields: Any) -> Case:
    path = f"{_TRAINER}/namespaces/default/trainjobs"
    return path, _object("trainer.kubeflow.org/v1alpha1", "TrainJob", name, spec=spec, **fields)


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
        yield _SERVING, _object("serving.kserve.io/v1beta1", "InferenceService", spec=spec)


def _custom_with_rules() -> Iterator[Case]:
    """Rules at depth: exclusive policies, and an integer or one of three words."""
    job = {"name": "node", "template": {"spec": {"template": {"spec": {"containers": [_CONTAINER]}}}}}
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
        runtime = _object("trainer.kubeflow.org/v1alpha1", "ClusterTrainingRuntime", spec=spec)
        yield f"{_TRAINER}/clustertrainingruntimes", runtime
    waits = [job, job | {"name": "b", "dependsOn": [{"name": "node", "status": "Ready"}]}]
    template = {"spec": {"startupPolicy": {"startupPolicyOrder": "InOrder"}, "replicatedJobs": waits}}
    runtime = _object("trainer.kubeflow.org/v1alpha1", "ClusterTrainingRuntime", spec={"template": template})
    yield f"{_TRAINER}/clustertrainingruntimes", runtime


def _nulls() -> Iterator[Case]:
    """Null is absent as a field, the zero value in lists and in maps of text."""
    yield _config_map(metadata={"name": "x", "labels": {"a": None}}, data={"a": None}, binaryData={"b": None})
    yield _secret(data={"a": None}, stringData={"b": None})
    yield _with(command=["a", None], env=None, resources={"limits": None})
    yield _with(env=[None])
    yield _pod({"containers": [None]})
    yield _train_job({"runtimeRef": {"name": "r"}, "labels": {"a": None}})
    yield _train_job({"runtimeRef": {"name": "r"}, "trainer": {"command": [None]}})
