"""What an update may not do that no single merge patch shows. The rest is in tests/unit/recorded."""

from __future__ import annotations

from typing import Any

import pytest

from minikf.embedded import kinds
from minikf.embedded.defaults import default_object
from minikf.embedded.defaults.generated import generate
from minikf.embedded.kinds import Kind
from minikf.embedded.schema import schema_for
from minikf.embedded.validation import validate_object

Object = dict[str, Any]


def made(api_version: str, kind_name: str, **fields: Any) -> tuple[Kind, Object]:
    """A kind and a defaulted object of it."""
    kind = kinds.of(api_version, kind_name)
    assert kind is not None
    metadata = {"name": "x", "namespace": "default", "uid": "u", "creationTimestamp": "2026-01-01T00:00:00Z"}
    obj = {"apiVersion": api_version, "kind": kind_name, "metadata": metadata} | fields
    schema_for(kind).default(obj)
    default_object(kind, obj)
    generate(kind, obj, None)
    return kind, obj


def refused(kind: Kind, obj: Object, old: Object) -> list[tuple[str, str]]:
    return [(cause.field, cause.message) for cause in validate_object(kind, obj, old)]


def test_an_object_that_is_being_deleted_takes_no_new_finalizers() -> None:
    kind, obj = made("v1", "ConfigMap")
    ending = obj["metadata"] | {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["example.com/a"]}
    old = obj | {"metadata": ending}
    more = obj | {"metadata": ending | {"finalizers": ["example.com/a", "example.com/c", "example.com/b"]}}
    ((path, message),) = refused(kind, more, old)
    assert path == "metadata.finalizers"
    assert message.endswith('found new finalizers []string{"example.com/b", "example.com/c"}')
    assert refused(kind, obj | {"metadata": ending | {"finalizers": []}}, old) == []


SPEC: Object = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}}


@pytest.mark.parametrize(
    ("size", "capacity", "is_allowed"),
    [("3Gi", "2Gi", True), ("1Gi", "512Mi", True), ("1Gi", "1Gi", False), ("1Gi", "2Gi", False)],
)
def test_a_bound_claim_may_grow_and_shrink_to_more_than_it_has(size: str, capacity: str, is_allowed: bool) -> None:
    status = {"phase": "Bound", "capacity": {"storage": capacity}}
    kind, old = made("v1", "PersistentVolumeClaim", spec=SPEC | {"volumeName": "v"}, status=status)
    obj = old | {"spec": old["spec"] | {"resources": {"requests": {"storage": size}}}}
    found = (
        []
        if is_allowed
        else [("spec.resources.requests.storage", "Forbidden: field can not be less than status.capacity")]
    )
    assert refused(kind, obj, old) == found


@pytest.mark.parametrize("field", ["volumeName", "storageClassName"])
def test_a_claim_gets_its_volume_and_class_once(field: str) -> None:
    kind, old = made("v1", "PersistentVolumeClaim", spec=SPEC)
    given = old | {"spec": old["spec"] | {field: "one"}}
    assert refused(kind, given, old) == []
    ((path, message),) = refused(kind, old | {"spec": old["spec"] | {field: "two"}}, given)
    assert path == "spec" and message.endswith(f"spec.{field} changed")


def test_a_job_that_has_not_started_may_be_scheduled_elsewhere_but_not_run_something_else() -> None:
    template: Object = {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "x"}]}}
    labels = {"batch.kubernetes.io/controller-uid": "u"}
    spec: Object = {"suspend": True, "selector": {"matchLabels": labels}, "manualSelector": True}
    template |= {"metadata": {"labels": labels}}
    kind, old = made("batch/v1", "Job", spec=spec | {"template": template})

    def change(**pod: Any) -> Object:
        pod_spec = old["spec"]["template"]["spec"] | pod
        return old | {"spec": old["spec"] | {"template": old["spec"]["template"] | {"spec": pod_spec}}}

    elsewhere = change(nodeSelector={"a": "b"})
    assert refused(kind, elsewhere, old) == []
    started = old | {"status": {"startTime": "2026-01-01T00:00:00Z"}}
    assert [path for path, _ in refused(kind, elsewhere, started)] == ["spec.template"]
    assert [path for path, _ in refused(kind, change(hostname="h"), old)] == ["spec.template"]


def test_a_negative_grace_period_may_become_one_second() -> None:
    kind, pod = made("v1", "Pod", spec={"containers": [{"name": "a", "image": "x"}]})
    old = pod | {"spec": pod["spec"] | {"terminationGracePeriodSeconds": -1}}
    assert refused(kind, pod | {"spec": pod["spec"] | {"terminationGracePeriodSeconds": 1}}, old) == []
    ((path, message),) = refused(kind, pod | {"spec": pod["spec"] | {"terminationGracePeriodSeconds": 2}}, old)
    assert path == "spec" and message.endswith("spec.terminationGracePeriodSeconds changed")


def test_pod_fields_that_changed_are_named() -> None:
    kind, old = made("v1", "Pod", spec={"containers": [{"name": "a", "image": "x", "args": ["1"]}]})
    container = old["spec"]["containers"][0] | {"args": ["2"]}
    ((_, message),) = refused(kind, old | {"spec": old["spec"] | {"containers": [container], "hostname": "h"}}, old)
    assert message.splitlines()[1] == "spec.containers[0].args[0], spec.hostname changed"


def test_a_toleration_may_come_and_shorten_but_not_go() -> None:
    one, two = ({"key": key, "operator": "Exists", "effect": "NoExecute"} for key in "ab")
    kind, old = made("v1", "Pod", spec={"containers": [{"name": "a", "image": "x"}], "tolerations": [one]})
    assert refused(kind, old | {"spec": old["spec"] | {"tolerations": [two, one]}}, old) == []
    shorter = one | {"tolerationSeconds": 5}
    assert refused(kind, old | {"spec": old["spec"] | {"tolerations": [shorter]}}, old) == []
    ((path, _),) = refused(kind, old | {"spec": old["spec"] | {"tolerations": [two]}}, old)
    assert path == "spec.tolerations"
