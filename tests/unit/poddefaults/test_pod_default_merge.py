"""What PodDefaults do to a pod. The cases are those of kubeflow/kubeflow v1.10.0, components/admission-webhook."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from minikf.embedded.poddefaults.admission import selector_problem
from minikf.embedded.poddefaults.merge import Conflicts, merged

Object = dict[str, Any]


def pod(meta: Object | None = None, spec: Object | None = None, **container: Any) -> Object:
    containers = [{"name": "main", "image": "x", **container}]
    return {"metadata": {"name": "p", **(meta or {})}, "spec": {"containers": containers, **(spec or {})}}


def default(name: str = "one", **spec: Any) -> Object:
    return {"metadata": {"name": name, "resourceVersion": "7"}, "spec": {"selector": {}, **spec}}


MARK = {"poddefault.admission.kubeflow.org/poddefault-one": "7"}
A, B = {"name": "A", "value": "1"}, {"name": "B", "value": "2"}
VOLUME, MOUNT = {"name": "v", "emptyDir": {}}, {"name": "v", "mountPath": "/v"}
TAINT = {"key": "gpu", "operator": "Exists"}
HELPER = {"name": "helper", "image": "y", "command": ["sleep", "9"]}


@pytest.mark.parametrize(
    ("before", "spec", "after"),
    [
        (pod(), {"env": [A]}, pod(env=[A])),
        (pod(env=[B]), {"env": [A]}, pod(env=[B, A])),
        (pod(env=[A]), {"env": [dict(A)]}, pod(env=[A])),
        (pod(env=[{"name": "A"}]), {"env": [{"name": "A", "value": ""}]}, pod(env=[{"name": "A"}])),
        (pod(envFrom=[{"prefix": "X"}]), {"envFrom": [{"prefix": "X"}]}, pod(envFrom=[{"prefix": "X"}] * 2)),
        (pod(), {"volumes": [VOLUME]}, pod(spec={"volumes": [VOLUME]})),
        (pod(spec={"volumes": [VOLUME]}), {"volumes": [VOLUME]}, pod(spec={"volumes": [VOLUME]})),
        (pod(), {"volumeMounts": [MOUNT]}, pod(volumeMounts=[MOUNT])),
        (pod(volumeMounts=[MOUNT]), {"volumeMounts": [{**MOUNT, "readOnly": False}]}, pod(volumeMounts=[MOUNT])),
        (pod(), {"tolerations": [TAINT]}, pod(spec={"tolerations": [TAINT]})),
        (pod(), {"imagePullSecrets": [{"name": "s"}]}, pod(spec={"imagePullSecrets": [{"name": "s"}]})),
        (pod(), {"serviceAccountName": "own"}, pod(spec={"serviceAccountName": "own"})),
        (pod(spec={"serviceAccountName": "x"}), {"serviceAccountName": "own"}, pod(spec={"serviceAccountName": "own"})),
        (pod(spec={"serviceAccountName": "x"}), {"serviceAccountName": ""}, pod(spec={"serviceAccountName": "x"})),
        (
            pod(),
            {"automountServiceAccountToken": False},
            pod(spec={"automountServiceAccountToken": False}),
        ),
        (pod(), {"command": ["a"], "args": ["b"]}, pod(command=["a"], args=["b"])),
        (pod(command=["mine"]), {"command": ["a"], "args": ["b"]}, pod(command=["mine"], args=["b"])),
        (pod(command=["mine"], args=["x"]), {"command": ["a"], "args": ["b"]}, pod(command=["mine"], args=["x"])),
        (pod(), {"initContainers": [HELPER]}, pod(spec={"initContainers": [HELPER]})),
    ],
)
def test_what_is_missing_is_added(before: Object, spec: Object, after: Object) -> None:
    kept = copy.deepcopy(before)
    made = merged(before, [default(**spec)])
    assert made.pop("metadata") == {"name": "p", "annotations": MARK, "labels": {}}
    assert made == {"spec": after["spec"]}
    assert before == kept


def test_labels_and_annotations_are_added() -> None:
    before = pod({"labels": {"a": "1"}, "annotations": {"n": "1"}})
    made = merged(before, [default(labels={"a": "1", "b": "2"}, annotations={"m": "2"})])
    assert made["metadata"]["labels"] == {"a": "1", "b": "2"}
    assert made["metadata"]["annotations"] == {"n": "1", "m": "2", **MARK}


def test_only_the_pods_own_containers_get_what_is_for_containers() -> None:
    before = pod(spec={"initContainers": [{"name": "first", "image": "z"}]})
    before["spec"]["containers"].append({"name": "istio-proxy", "image": "istio"})
    wanted = default(env=[A], command=["run"], volumeMounts=[MOUNT], sidecars=[HELPER])
    spec = merged(before, [wanted])["spec"]
    assert spec["initContainers"] == [{"name": "first", "image": "z"}]
    assert spec["containers"] == [
        {"name": "main", "image": "x", "env": [A], "volumeMounts": [MOUNT], "command": ["run"]},
        {"name": "istio-proxy", "image": "istio", "env": [A], "volumeMounts": [MOUNT]},
        HELPER,
    ]


def test_several_are_merged_in_their_order_and_the_last_account_counts() -> None:
    many = [default("one", env=[A], serviceAccountName="x"), default("two", env=[A, B], serviceAccountName="y")]
    made = merged(pod(), many)
    assert made["spec"]["containers"][0]["env"] == [A, B] and made["spec"]["serviceAccountName"] == "y"
    assert made["metadata"]["annotations"] == MARK | {"poddefault.admission.kubeflow.org/poddefault-two": "7"}


OTHER = {"name": "A", "value": "secret-word"}


@pytest.mark.parametrize(
    ("before", "specs", "told"),
    [
        (pod(env=[A]), [{"env": [OTHER]}], "the variable 'A' of container 'main'"),
        (pod(), [{"env": [A]}, {"env": [OTHER]}], "the variable 'A' of container 'main'"),
        (pod(spec={"volumes": [VOLUME]}), [{"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}], "the volume 'v'"),
        # A default that the API server has set is one more field, for the webhook as well.
        (
            pod(spec={"volumes": [{"name": "v", "secret": {"secretName": "s", "defaultMode": 420}}]}),
            [{"volumes": [{"name": "v", "secret": {"secretName": "s"}}]}],
            "the volume 'v'",
        ),
        (pod(volumeMounts=[MOUNT]), [{"volumeMounts": [{"name": "v", "mountPath": "/w"}]}], "the mount of volume 'v'"),
        (pod(volumeMounts=[MOUNT]), [{"volumeMounts": [{"name": "w", "mountPath": "/v"}]}], "the mount at /v in"),
        (
            pod(spec={"tolerations": [TAINT]}),
            [{"tolerations": [{**TAINT, "effect": "NoExecute"}]}],
            "the toleration 'gpu'",
        ),
        (pod(), [{"sidecars": [{"name": "main", "image": "other"}]}], "the container 'main'"),
        (
            pod(spec={"initContainers": [HELPER]}),
            [{"initContainers": [{**HELPER, "image": "z"}]}],
            "the init container 'helper'",
        ),
        (pod({"labels": {"a": "1"}}), [{"labels": {"a": "2"}}], "the label 'a'"),
        (pod({"annotations": {"a": "1"}}), [{"annotations": {"a": "2"}}], "the annotation 'a'"),
    ],
)
def test_what_is_said_differently_is_a_conflict_that_tells_no_values(
    before: Object, specs: list[Object], told: str
) -> None:
    with pytest.raises(Conflicts) as error:
        merged(before, [default(f"d{index}", **spec) for index, spec in enumerate(specs)])
    assert told in str(error.value) and f"PodDefault 'd{len(specs) - 1}'" in str(error.value)
    assert "secret-word" not in str(error.value)


def test_all_conflicts_are_told_at_once() -> None:
    with pytest.raises(Conflicts) as error:
        merged(pod({"labels": {"a": "1"}}, env=[A]), [default(env=[OTHER], labels={"a": "2"})])
    assert len(error.value.found) == 2


@pytest.mark.parametrize(
    ("selector", "told"),
    [
        ({}, ""),
        ({"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}, ""),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, ""),
        ({"matchExpressions": [{"key": "a", "operator": "Is"}]}, '"Is" is not a valid label selector operator'),
        ({"matchExpressions": [{"key": "a", "operator": "In"}]}, "the operator In needs values"),
        ({"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]}, "takes no values"),
        ({"matchExpressions": [{"key": "a b", "operator": "Exists"}]}, "matchExpressions a b"),
        ({"matchLabels": {"a": "b c"}}, "matchLabels a"),
    ],
)
def test_a_selector_that_cannot_be_read_is_told(selector: Object, told: str) -> None:
    found = selector_problem(selector)
    assert (told in found) if told else found == ""
