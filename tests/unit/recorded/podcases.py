"""Pods to create, right and wrong ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.unit.recorded.building import CONTAINER, Case, pod, pod_of, pod_with


def pods() -> Iterator[Case]:
    yield pod({})
    listed: Any
    for listed in ([], None, [{}], [CONTAINER, CONTAINER]):
        yield pod({"containers": listed})
    for name in ("A_b", "a.b", "a" * 64):
        yield pod_with(name=name)
    yield pod_with(image="")
    for image in ("x:1", "x:latest", "host:5000/x", "host:5000/x:2", f"x@sha256:{'0' * 64}", "x@sha256:abc", "X", " "):
        yield pod_with(image=image)
    yield pod_with(imagePullPolicy="x")
    yield pod_with(terminationMessagePolicy="x")
    yield pod_with(command=[], args=None, env=[{"name": "A", "value": ""}])
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
        {"initContainers": [CONTAINER]},
        {"initContainers": [{"name": "i", "image": "x", "livenessProbe": {"exec": {"command": ["a"]}}}]},
        {"initContainers": [{"name": "i", "image": "x", "lifecycle": {"preStop": {"exec": {"command": ["a"]}}}}]},
        {"initContainers": [{"name": "i", "image": "x", "restartPolicy": "Always"}]},
    ):
        yield pod_of(**spec)
    for name in ("A", "a_b", "-a", "a.b", "a" * 254, "a/b", ""):
        yield pod({"containers": [CONTAINER]}, name=name)


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
        yield pod_with(ports=ports)
    yield pod_of(hostNetwork=True, containers=[CONTAINER | {"ports": [{"containerPort": 80}]}])
    for env in ({"value": "x"}, {"name": "a=b"}, {"name": "é"}, {"name": "A", "valueFrom": {}}):
        yield pod_with(env=[env])
    source: Any
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
        yield pod_with(env=[{"name": "A", "valueFrom": source}])
    yield pod_with(env=[{"name": "A", "value": "x", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}])
    for source in (
        {},
        {"configMapRef": {"name": "x"}, "secretRef": {"name": "y"}},
        {"configMapRef": {}},
        {"configMapRef": {"name": "X"}, "prefix": "a="},
    ):
        yield pod_with(envFrom=[source])


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
        yield pod_with(resources=resources)
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
        yield pod_with(livenessProbe=probe)
    yield pod_with(readinessProbe=run | {"initialDelaySeconds": -1, "terminationGracePeriodSeconds": 3})
    yield pod_with(startupProbe={"grpc": {"port": 0}})
    yield pod_with(lifecycle={"preStop": {}})


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
        yield pod_of(volumes=[{"name": "v"}], containers=[CONTAINER | {"volumeMounts": mounts}])
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
        yield pod_of(volumes=[{"name": "x"} | volume])
    yield pod_of(volumes=[{}])
    yield pod_of(volumes=[{"name": "x"}, {"name": "x"}])
