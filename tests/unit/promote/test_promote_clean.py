"""What is taken off an object, and above all what is not."""

from __future__ import annotations

from minikf.promote import runtimes
from minikf.promote.clean import clean
from minikf.promote.model import Object
from tests.unit.promote.promote_world import obj, runtime

SERVER = {
    "uid": "u", "resourceVersion": "7", "generation": 3, "creationTimestamp": "2026-01-01T00:00:00Z",
    "ownerReferences": [{"kind": "X"}], "finalizers": ["a/b"], "generateName": "learn-", "selfLink": "/x",
}  # fmt: skip


def managed(manager: str, fields: Object, **more: str) -> Object:
    return {"manager": manager, "operation": "Update", "fieldsV1": fields, **more}


def test_what_the_server_and_minikf_wrote_goes() -> None:
    annotations = {
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        "minikf.dev/port": "1",
        "sub.minikf.io/x": "1",
        "minikf/y": "1",
        "mine/minikf": "kept",
    }
    dirty = obj(
        "v1", "ConfigMap", "c", metadata=SERVER | {"annotations": annotations}, data={"a": "b"}, status={"x": 1}
    )
    assert clean(dirty).obj == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "annotations": {"mine/minikf": "kept"}},
        "data": {"a": "b"},
    }
    assert dirty["status"] == {"x": 1}, "what was read is not changed"


def test_fields_of_controllers_and_of_nobody_go() -> None:
    spec = {
        "mine": {"a": 1, "defaulted": 2},
        "controlled": 3,
        "atomic": [1, {"x": 2}],
        "map": [{"name": "a", "value": 1, "defaulted": 2}, {"name": "injected"}],
        "set": ["mine", "theirs"],
        "empty": {},
    }
    fields = {
        "f:metadata": {"f:labels": {".": {}, "f:mine": {}}},
        "f:spec": {
            ".": {},
            "f:mine": {"f:a": {}},
            "f:atomic": {},
            "f:map": {'k:{"name":"a"}': {".": {}, "f:name": {}, "f:value": {}}},
            "f:set": {'v:"mine"': {}},
            "f:empty": {},
        },
    }
    metadata = {
        "labels": {"mine": "1", "theirs": "2"},
        "annotations": {"theirs": "1"},
        "managedFields": [
            managed("kubectl", fields),
            managed("manager", {"f:spec": {"f:controlled": {}}}),
            managed("kubectl", {"f:status": {}}, subresource="status"),
        ],
    }
    cleaned = clean(obj("serving.kserve.io/v1beta1", "InferenceService", "x", metadata=metadata, spec=spec)).obj
    assert cleaned["metadata"] == {"name": "x", "labels": {"mine": "1"}}
    assert cleaned["spec"] == {
        "mine": {"a": 1},
        "atomic": [1, {"x": 2}],
        "map": [{"name": "a", "value": 1}],
        "set": ["mine"],
        "empty": {},
    }


def test_a_field_of_two_users_is_kept_whole_where_one_owns_it_whole() -> None:
    entries = [
        managed("kubectl", {"f:spec": {"f:a": {"f:b": {}}}}),
        managed("python", {"f:spec": {"f:a": {}, "f:c": {}}}),
    ]
    dirty = obj("v1", "X", "x", metadata={"managedFields": entries}, spec={"a": {"b": 1, "z": 2}, "c": 3, "d": 4})
    assert clean(dirty).obj["spec"] == {"a": {"b": 1, "z": 2}, "c": 3}


def test_without_a_user_in_managed_fields_everything_is_kept() -> None:
    entries = [managed("manager", {"f:spec": {"f:a": {}}}), managed("job-controller", {"f:spec": {"f:b": {}}})]
    dirty = obj("v1", "X", "x", metadata={"managedFields": entries}, spec={"a": 1, "b": 2})
    assert clean(dirty).obj["spec"] == {"a": 1, "b": 2}


def test_what_a_platform_is_born_with_counts_beside_what_a_user_changed() -> None:
    entries = [managed("minikf-seed", {"f:spec": {"f:a": {}}}), managed("kubectl-edit", {"f:spec": {"f:b": {}}})]
    dirty = obj("v1", "X", "x", metadata={"managedFields": entries}, spec={"a": 1, "b": 2})
    assert clean(dirty).obj["spec"] == {"a": 1, "b": 2}


def test_a_claim_forgets_its_volume_and_the_laptops_class() -> None:
    metadata = {
        "annotations": {"pv.kubernetes.io/bind-completed": "yes", "volume.kubernetes.io/storage-provisioner": "p"}
    }
    spec = {"volumeName": "pv-1", "storageClassName": "local-path", "accessModes": ["ReadWriteOnce"]}
    changed = clean(obj("v1", "PersistentVolumeClaim", "disk", metadata=metadata, spec=spec))
    assert changed.obj["spec"] == {"accessModes": ["ReadWriteOnce"]}
    assert "annotations" not in changed.obj["metadata"]
    assert "'local-path' is left out" in changed.warnings[0]
    kept = clean(obj("v1", "PersistentVolumeClaim", "disk", spec={"storageClassName": "fast"}))
    assert kept.obj["spec"] == {"storageClassName": "fast"}
    assert "the target must have it" in kept.warnings[0]


def test_a_cluster_scoped_runtime_becomes_one_of_the_namespace() -> None:
    assert runtimes.translate(runtime("mine")).obj["kind"] == "TrainingRuntime"
    assert runtimes.translate(runtime("mine", "ClusterServingRuntime")).obj["kind"] == "ServingRuntime"


def test_a_train_job_points_at_the_runtime_that_is_written() -> None:
    def job(ref: Object) -> Object:
        return runtimes.translate(obj("trainer.kubeflow.org/v1alpha1", "TrainJob", "j", spec={"runtimeRef": ref})).obj

    assert job({"name": "mine"})["spec"]["runtimeRef"] == {"name": "mine", "kind": "TrainingRuntime"}
    assert job({"name": "torch-distributed"})["spec"]["runtimeRef"] == {"name": "torch-distributed"}
