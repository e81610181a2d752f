"""Which fields of a pod have no effect here, and which demands are met anyway."""

from __future__ import annotations

from typing import Any

import pytest

from minikf.embedded import kinds
from minikf.embedded.controllers.podadmission import pod_admission
from minikf.embedded.defaults import default_object
from minikf.embedded.objects import Objects
from minikf.embedded.pods.ignored import ignored_fields, told
from minikf.embedded.pods.user import User, breaks_non_root
from minikf.embedded.schema import schema_for

ME = User(1000, 100, frozenset({100, 27}))
ROOT = User(0, 0, frozenset({0}))


def pod(*, container: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """A pod as it is stored: defaulted and admitted."""
    main = {"name": "main", "image": "any", "command": ["true"]} | (container or {})
    made: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "default", "uid": "u"},
        "spec": {"containers": [main]} | spec,
    }
    schema_for(kinds.POD).default(made)
    default_object(kinds.POD, made)
    pod_admission(Objects.__new__(Objects))(kinds.POD, made, None)  # the account `default` is never looked up
    return made


def secured(**context: Any) -> dict[str, Any]:
    return pod(container={"securityContext": context})


def test_what_defaults_and_admission_add_is_not_told() -> None:
    assert pod()["spec"]["tolerations"] and pod()["spec"]["securityContext"] == {}
    assert ignored_fields(pod(), ME) == []
    assert ignored_fields(pod(container={"securityContext": {}}), ROOT) == []


def test_host_aliases_need_mounts() -> None:
    aliased = pod(hostAliases=[{"ip": "10.0.0.1", "hostnames": ["a"]}])
    assert ignored_fields(aliased, ME) == []
    assert ignored_fields(aliased, ME, can_mount=False) == ["spec.hostAliases"]


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"hostNetwork": True}, "hostNetwork"),
        ({"hostPID": True}, "hostPID"),
        ({"hostIPC": True}, "hostIPC"),
        ({"hostUsers": False}, "hostUsers"),
        ({"nodeSelector": {"disk": "fast"}}, "nodeSelector"),
        ({"nodeName": "another-machine"}, "nodeName"),
        ({"affinity": {"nodeAffinity": {}}}, "affinity"),
        ({"tolerations": [{"key": "gpu", "operator": "Exists"}]}, "tolerations"),
        ({"priorityClassName": "high"}, "priorityClassName"),
        ({"priority": 7}, "priority"),
        ({"preemptionPolicy": "Never"}, "preemptionPolicy"),
        ({"runtimeClassName": "gvisor"}, "runtimeClassName"),
        ({"schedulerName": "volcano"}, "schedulerName"),
        ({"dnsPolicy": "None"}, "dnsPolicy"),
        ({"imagePullSecrets": [{"name": "a"}]}, "imagePullSecrets"),
        ({"shareProcessNamespace": True}, "shareProcessNamespace"),
        ({"securityContext": {"runAsUser": 1001}}, "securityContext.runAsUser"),
        ({"securityContext": {"runAsGroup": 1}}, "securityContext.runAsGroup"),
        ({"securityContext": {"fsGroup": 2000}}, "securityContext.fsGroup"),
        ({"securityContext": {"supplementalGroups": [100, 2000]}}, "securityContext.supplementalGroups"),
        ({"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}, "securityContext.seccompProfile"),
        ({"securityContext": {"sysctls": [{"name": "a", "value": "1"}]}}, "securityContext.sysctls"),
        ({"volumes": [{"name": "shm", "emptyDir": {"medium": "Memory"}}]}, "volumes[0].emptyDir.medium"),
        ({"volumes": [{"name": "shm", "emptyDir": {"sizeLimit": "1Gi"}}]}, "volumes[0].emptyDir.sizeLimit"),
    ],
)
def test_what_has_no_effect_in_a_pod(spec: dict[str, Any], path: str) -> None:
    assert ignored_fields(pod(**spec), ME) == [f"spec.{path}"]


@pytest.mark.parametrize(
    ("container", "path"),
    [
        ({"securityContext": {"privileged": True}}, "securityContext.privileged"),
        ({"securityContext": {"readOnlyRootFilesystem": True}}, "securityContext.readOnlyRootFilesystem"),
        ({"securityContext": {"capabilities": {"add": ["NET_ADMIN"]}}}, "securityContext.capabilities.add"),
        ({"securityContext": {"procMount": "Unmasked"}}, "securityContext.procMount"),
        ({"securityContext": {"runAsUser": 0}}, "securityContext.runAsUser"),
        ({"resources": {"limits": {"nvidia.com/gpu": "1", "cpu": "1"}}}, "resources.limits[nvidia.com/gpu]"),
        ({"ports": [{"containerPort": 80, "hostPort": 8080}]}, "ports[0].hostPort"),
        ({"terminationMessagePolicy": "FallbackToLogsOnError"}, "terminationMessagePolicy"),
        ({"stdin": True}, "stdin"),
        ({"volumeMounts": [{"name": "a", "mountPath": "/a", "mountPropagation": "Bidirectional"}]},
         "volumeMounts[0].mountPropagation"),
    ],
)  # fmt: skip
def test_what_has_no_effect_in_a_container(container: dict[str, Any], path: str) -> None:
    volumes = [{"name": "a", "emptyDir": {}}]
    assert ignored_fields(pod(container=container, volumes=volumes), ME) == [f"spec.containers[0].{path}"]
    init = pod(initContainers=[{"name": "i", "image": "any", "command": ["true"]} | container], volumes=volumes)
    assert ignored_fields(init, ME) == [f"spec.initContainers[0].{path}"]


@pytest.mark.parametrize(
    "spec",
    [
        {"securityContext": {"runAsUser": 1000, "runAsGroup": 100, "fsGroup": 27, "runAsNonRoot": True}},
        {"securityContext": {"supplementalGroups": [27], "seccompProfile": {"type": "Unconfined"}}},
        {"container": {"securityContext": {"allowPrivilegeEscalation": False, "privileged": False}}},
        {"container": {"securityContext": {"capabilities": {"drop": ["ALL"]}, "runAsNonRoot": False}}},
        {"container": {"ports": [{"containerPort": 80, "hostPort": 80}]}},
        {"container": {"resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1"}}}},
        {"hostNetwork": False, "hostPID": False, "hostIPC": False, "hostUsers": True, "dnsPolicy": "Default"},
        {"nodeSelector": {}, "tolerations": [], "imagePullSecrets": [], "affinity": {}},
        {"tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}]},
    ],
)
def test_what_is_met_or_demands_nothing_is_not_told(spec: dict[str, Any]) -> None:
    assert ignored_fields(pod(**spec), ME) == []


def test_root_keeps_capabilities_that_a_container_wants_dropped() -> None:
    dropped = secured(capabilities={"drop": ["ALL"]})
    assert ignored_fields(dropped, ROOT) == ["spec.containers[0].securityContext.capabilities.drop"]


def test_the_reason_stands_before_the_fields_since_long_messages_are_cut() -> None:
    text = told(["spec.a", "spec.b"])
    assert "the embedded engine, which runs pods as processes of your user" in text
    assert text.index("embedded engine") < text.index("spec.a, spec.b")


@pytest.mark.parametrize(
    ("of_pod", "of_container", "user", "expected"),
    [
        ({}, {}, ROOT, ""),
        ({"runAsNonRoot": True}, {}, ME, ""),
        ({"runAsNonRoot": True}, {"runAsNonRoot": False}, ROOT, ""),
        ({"runAsNonRoot": False}, {"runAsNonRoot": True}, ROOT, "image will run as root"),
        ({"runAsNonRoot": True}, {}, ROOT, 'image will run as root (pod: "p_default(u)", container: main)'),
        ({"runAsNonRoot": True, "runAsUser": 0}, {}, ME, "container's runAsUser breaks non-root policy"),
        ({"runAsNonRoot": True, "runAsUser": 0}, {"runAsUser": 5}, ME, ""),
        ({"runAsNonRoot": True}, {"runAsUser": 5}, ROOT, "run MiniKF as another user than root"),
    ],
)
def test_a_container_that_must_not_run_as_root(
    of_pod: dict[str, Any], of_container: dict[str, Any], user: User, expected: str
) -> None:
    one = pod(container={"securityContext": of_container}, securityContext=of_pod)
    said = breaks_non_root(one, one["spec"]["containers"][0], user)
    assert expected in said if expected else said == ""
