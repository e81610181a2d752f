"""What comes along with a root, what the target must have, and what is refused."""

from __future__ import annotations

import pytest

from minikf.errors import Refused
from minikf.promote.clean import clean
from minikf.promote.closure import close
from minikf.promote.model import Closure, Need, Object
from minikf.promote.roots import find
from tests.unit.promote.promote_world import World, config, env, job, obj, runtime, secret, service


def names(closure: Closure) -> list[str]:
    return [f"{each['kind']}/{each['metadata']['name']}" for each in closure.objects]


def needs(closure: Closure) -> list[str]:
    return [f"{need.kind}/{need.name}" for need in closure.needs]


def claim(name: str) -> Object:
    return obj("v1", "PersistentVolumeClaim", name, spec={"accessModes": ["ReadWriteOnce"]})


POD_SPEC = {
    "serviceAccountName": "robot",
    "imagePullSecrets": [{"name": "pull"}],
    "priorityClassName": "high",
    "containers": [
        {"name": "c", "image": "i", "env": [env("A", "one")], "envFrom": [{"configMapRef": {"name": "two"}}]},
    ],
    "initContainers": [{"name": "i", "image": "i", "env": [env("B", "key", "secretKeyRef")]}],
    "volumes": [
        {"name": "a", "configMap": {"name": "three", "items": [{"key": "f", "path": "f"}]}},
        {"name": "b", "secret": {"secretName": "file"}},
        {"name": "c", "persistentVolumeClaim": {"claimName": "disk"}},
        {"name": "d", "projected": {"sources": [{"configMap": {"name": "four"}}, {"secret": {"name": "five"}}]}},
    ],
}


def test_everything_a_pod_spec_can_name_is_found() -> None:
    account = obj("v1", "ServiceAccount", "robot", secrets=[{"name": "cloud"}])
    world = World(
        [
            config("one", k="v"), config("two"), config("three", f="v"), config("four"), config("unused"),
            secret("pull"), secret("key", k="value-of-key"), secret("file"), secret("five"), secret("cloud"),
            claim("disk"), account,
        ]
    )  # fmt: skip
    root = obj("serving.kserve.io/v1beta1", "InferenceService", "fraud", spec={"predictor": POD_SPEC})
    closure = close(root, world)
    assert names(closure) == [
        "InferenceService/fraud", "ConfigMap/four", "ConfigMap/one", "ConfigMap/three", "ConfigMap/two",
        "PersistentVolumeClaim/disk", "ServiceAccount/robot",
    ]  # fmt: skip
    assert needs(closure) == [
        "PriorityClass/high", "Secret/cloud", "Secret/file", "Secret/five", "Secret/key", "Secret/pull",
    ]  # fmt: skip
    assert any("PersistentVolumeClaim team/disk is written empty" in warning for warning in closure.warnings)


def test_a_job_of_the_training_operator_brings_what_its_pods_name() -> None:
    world = World([config("settings", k="v"), secret("token"), claim("data")])
    pod = {
        "containers": [{"name": "pytorch", "image": "i", "envFrom": [{"configMapRef": {"name": "settings"}}]}],
        "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}],
    }
    worker = {"containers": [{"name": "pytorch", "image": "i", "envFrom": [{"secretRef": {"name": "token"}}]}]}
    specs = {"Master": {"template": {"spec": pod}}, "Worker": {"template": {"spec": worker}}}
    metadata = {"annotations": {"minikf/restarts": "1"}}
    root = obj("kubeflow.org/v1", "PyTorchJob", "learn", metadata=metadata, spec={"pytorchReplicaSpecs": specs})
    closure = close(root, world)
    assert names(closure) == ["PyTorchJob/learn", "ConfigMap/settings", "PersistentVolumeClaim/data"]
    assert needs(closure) == ["Secret/token"]
    assert "annotations" not in clean(root).obj["metadata"]
    assert find("pytorchjob/learn", World([root]), "team") == root
    assert find("learn", World([root]), "") == root


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"trainer": {"env": [env("A", "gone")]}}, "ConfigMap 'gone', which does not exist"),
        ({"trainer": {"env": [env("A", "gone", "secretKeyRef")]}}, "Secret 'gone', which does not exist"),
        ({"trainer": {"env": [env("A", "there", key="other")]}}, "ConfigMap 'there' has no key 'other'"),
        ({"initializer": {"dataset": {"secretRef": {"name": "gone"}}}}, "Secret 'gone'"),
        ({"initializer": {"model": {"storageUri": "pvc://gone/m"}}}, "PersistentVolumeClaim 'gone'"),
        ({"podTemplateOverrides": [{"spec": {"serviceAccountName": "gone"}}]}, "ServiceAccount 'gone'"),
        ({"runtimeRef": {"name": "gone"}}, "ClusterTrainingRuntime 'gone'"),
    ],
)
def test_a_reference_to_nothing_is_refused_with_its_place(spec: Object, says: str) -> None:
    world = World([runtime(), config("there", k="v")])
    with pytest.raises(Refused, match=says) as refusal:
        close(job(**spec), world)
    assert "spec." in refusal.value.cause


def test_an_optional_reference_may_be_absent_and_is_said() -> None:
    root = job(trainer={"env": [env("A", "gone", optional=True), env("B", "lost", "secretKeyRef", optional=True)]})
    closure = close(root, World([runtime()]))
    assert [warning for warning in closure.warnings if "ConfigMap 'gone'" in warning]
    assert "Secret/lost" in needs(closure)


def test_objects_of_other_namespaces_are_never_taken() -> None:
    world = World([runtime(), config("one", namespace="blue", k="v")])
    with pytest.raises(Refused, match="ConfigMap 'one'"):
        close(job(trainer={"env": [env("A", "one")]}), world)


def test_a_runtime_of_kubeflow_is_a_need_and_ours_comes_along_with_what_it_names() -> None:
    own = runtime("plain-python")
    own["spec"]["template"]["spec"]["replicatedJobs"][0]["template"]["spec"]["template"]["spec"]["containers"][0] |= {
        "env": [env("A", "one")]
    }
    world = World([runtime(), own, config("one", k="v")])
    assert needs(close(job(), world)) == ["ClusterTrainingRuntime/torch-distributed"]
    assert names(close(job(runtime="plain-python"), world)) == [
        "TrainJob/learn", "ClusterTrainingRuntime/plain-python", "ConfigMap/one",
    ]  # fmt: skip


def test_a_service_names_its_runtime_or_its_format() -> None:
    free = close(service(), World([]))
    assert free.needs == (
        Need(
            "runtime for model format",
            "sklearn",
            "spec.predictor.model names no runtime, so the target picks one that serves this format",
        ),
    )
    mine = runtime("mine", "ServingRuntime")
    shared = runtime("mine", "ClusterServingRuntime")
    kept = close(service(runtime="mine"), World([shared, mine]))
    assert [each["kind"] for each in kept.objects] == ["InferenceService", "ServingRuntime"]
    upstream = runtime("kserve-sklearnserver", "ClusterServingRuntime")
    assert needs(close(service(runtime="kserve-sklearnserver"), World([upstream]))) == [
        "ClusterServingRuntime/kserve-sklearnserver"
    ]
    with pytest.raises(Refused, match="ServingRuntime or ClusterServingRuntime 'gone'"):
        close(service(runtime="gone"), World([]))


def test_the_storage_secret_of_kserve_is_a_need() -> None:
    root = service(storage={"key": "s3", "path": "m"})
    assert "Secret/storage-config" in needs(close(root, World([secret("storage-config", s3="{}")])))
    with pytest.raises(Refused, match="Secret 'storage-config' has no key 's3'"):
        close(root, World([secret("storage-config", other="{}")]))


def test_rights_of_a_service_account_are_said() -> None:
    binding = obj(
        "rbac.authorization.k8s.io/v1", "RoleBinding", "grant", subjects=[{"kind": "ServiceAccount", "name": "robot"}]
    )
    root = job(podTemplateOverrides=[{"spec": {"serviceAccountName": "robot"}}])
    closure = close(root, World([runtime(), obj("v1", "ServiceAccount", "robot"), binding]))
    assert any("RoleBinding team/grant gives ServiceAccount robot rights" in warning for warning in closure.warnings)


def test_a_queue_is_a_need() -> None:
    root = job()
    root["metadata"]["labels"] = {"kueue.x-k8s.io/queue-name": "gold"}
    assert "LocalQueue/gold" in needs(close(root, World([runtime()])))
