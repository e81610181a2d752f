"""Several roots in one promotion, and the kinds that a notebook and an experiment bring."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
import yaml

from minikf.errors import Refused, UsageError
from minikf.promote.laptop import Laptop
from minikf.promote.model import Object, Ref
from minikf.promote.references import references
from tests.unit.promote.promote_world import LAPTOP, World, config, env, job, obj, runtime, secret, service
from tests.unit.promote.test_promote_export import kustomize, needs_kubectl, written


def notebook(name: str = "work", **metadata: Object) -> Object:
    volumes = [{"name": "w", "persistentVolumeClaim": {"claimName": "disk"}}]
    pod = {"containers": [{"name": name, "image": "jupyter:1", "env": [env("L", "settings")]}], "volumes": volumes}
    return obj("kubeflow.org/v1", "Notebook", name, metadata=dict(metadata), spec={"template": {"spec": pod}})


def pod_default(name: str = "keys", **selector: Object) -> Object:
    spec = {"selector": selector or {"matchLabels": {"keys": "yes"}}, "env": [env("TOKEN", "token", "secretKeyRef")]}
    return obj("kubeflow.org/v1alpha1", "PodDefault", name, spec=spec)


def experiment(trial: Object | None = None, config_map: Object | None = None, **spec: Object) -> Object:
    template = {"trialParameters": []} | ({"configMap": config_map} if config_map else {"trialSpec": trial or TRIAL})
    return obj("kubeflow.org/v1beta1", "Experiment", "tune", spec={"trialTemplate": template, **spec})


CONTAINER = {"name": "main", "image": "trial:1", "env": [env("A", "settings")]}
TRIAL = {"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": {"containers": [CONTAINER]}}}}
TRAINING = {
    "apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob",
    "spec": {"runtimeRef": {"name": "plain"}, "trainer": {"image": "t:1"}},
}  # fmt: skip
CLAIM = obj("v1", "PersistentVolumeClaim", "disk", spec={"accessModes": ["ReadWriteOnce"]})
SETTINGS = config("settings", k="http://localhost:1/x")
OBJECTS = [SETTINGS, CLAIM, secret("token", k="value-of-token"), pod_default(), runtime("plain", image="i:1")]
ROOTS = ("notebook/work", "isvc/fraud", "experiment/tune", "trainjob/learn")


def world(*more: Object) -> World:
    labels: Object = {"keys": "yes"}
    trained = job(runtime="plain", trainer={"env": [env("A", "settings")]})
    return World([*OBJECTS, notebook(labels=labels), service(), experiment(), trained, *more])


def refs(bundle_objects: tuple[Object, ...]) -> list[str]:
    return [f"{each['kind']}/{each['metadata']['name']}" for each in bundle_objects]


def test_all_orders_of_several_roots_give_the_same_bytes(tmp_path: Path) -> None:
    found = set()
    for number, roots in enumerate(list(permutations(ROOTS))[::5]):
        world().export((*roots, roots[0]), tmp_path / str(number))
        found.add(str(written(tmp_path / str(number))))
    assert len(found) == 1


def test_what_several_share_is_written_once_and_after_all_that_need_it() -> None:
    bundle = world().bundle(*ROOTS)
    assert bundle.roots == (
        Ref("Experiment", "tune"), Ref("InferenceService", "fraud"), Ref("Notebook", "work"), Ref("TrainJob", "learn"),
    )  # fmt: skip
    names = refs(bundle.objects)
    assert sorted(names) == sorted(set(names))
    for needed, by in (("ConfigMap/settings", ROOTS), ("PersistentVolumeClaim/disk", ("notebook/work",))):
        for root in by:
            kinds = {"notebook": "Notebook", "isvc": "InferenceService", "experiment": "Experiment"}
            kind, _, name = root.partition("/")
            assert names.index(f"{kinds.get(kind, 'TrainJob')}/{name}") < names.index(needed)
    assert {ref.namespace for ref in bundle.here} == {"team", ""}
    assert [ref.kind for ref in bundle.here if not ref.namespace] == ["ClusterTrainingRuntime"]


@needs_kubectl
def test_several_roots_are_one_folder_that_renders_and_whose_lock_lists_them(tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = world().export(ROOTS, out)
    assert report.title == "Experiment tune, InferenceService fraud, Notebook work, TrainJob learn"
    assert report.lines()[0].startswith(f"{report.title} written to {out}")
    lock = yaml.safe_load((out / "bundle.lock.yaml").read_text())
    assert [each["kind"] for each in lock["roots"]] == ["Experiment", "InferenceService", "Notebook", "TrainJob"]
    assert "root" not in lock
    assert set(kustomize(out / "overlays/default")) == set(refs(world().bundle(*ROOTS).objects)) - {
        "ClusterTrainingRuntime/plain"
    } | {"TrainingRuntime/plain"}


def test_a_folder_takes_more_roots_and_never_fewer(tmp_path: Path) -> None:
    world().export("fraud", tmp_path / "out")
    assert world().export(("fraud", "work"), tmp_path / "out").changed
    with pytest.raises(Refused, match="holds the promotion of InferenceService fraud, Notebook work"):
        world().export("fraud", tmp_path / "out")


def test_nothing_named_is_nothing_promoted(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing is named to promote") as refusal:
        world().export((), tmp_path / "out")
    assert "never a whole namespace" in refusal.value.cause
    for text in ("*", "notebook/*", "team/"):
        with pytest.raises((UsageError, Refused)):
            world().export(text, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_one_name_in_two_namespaces_cannot_be_one_promotion(tmp_path: Path) -> None:
    blue = config("settings", namespace="blue", k="v")
    other = obj("serving.kserve.io/v1beta1", "InferenceService", "shop", "blue", spec={
        "predictor": {"containers": [{"name": "c", "image": "i", "env": [env("A", "settings")]}]}})  # fmt: skip
    with pytest.raises(Refused, match=r"ConfigMap .*/settings and ConfigMap .*/settings would be written as one"):
        world(blue, other).bundle("notebook/work", "isvc/shop")
    twin = notebook()
    twin["metadata"]["namespace"] = "blue"
    with pytest.raises(Refused, match="'work' names 2 objects"):
        world(twin).bundle("work")


def test_a_runtime_of_both_scopes_cannot_be_one_promotion() -> None:
    namespaced = job("other", runtimeRef={"name": "plain", "kind": "TrainingRuntime"})
    both = world(namespaced, runtime("plain", "TrainingRuntime"))
    with pytest.raises(Refused, match="would be written as one"):
        both.bundle("trainjob/learn", "trainjob/other")


def test_a_notebook_brings_its_claim_and_the_pod_defaults_that_select_it() -> None:
    others = [pod_default("other", matchLabels={"keys": "no"}), pod_default("none", matchExpressions=[
        {"key": "keys", "operator": "DoesNotExist"}])]  # fmt: skip
    every = pod_default("by-name", matchExpressions=[{"key": "notebook-name", "operator": "In", "values": ["work"]}])
    bundle = world(*others, every).bundle("notebook/work")
    assert refs(bundle.objects) == [
        "Notebook/work", "PodDefault/by-name", "PodDefault/keys", "ConfigMap/settings", "PersistentVolumeClaim/disk",
    ]  # fmt: skip
    assert [(need.kind, need.name) for need in bundle.needs] == [("Secret", "token")]
    assert any("app.kubernetes.io/part-of=kubeflow-profile" in warning for warning in bundle.warnings)
    assert refs(world().bundle("notebook/work", "poddefault/keys").objects).count("PodDefault/keys") == 1


def test_the_use_of_a_notebook_is_not_written() -> None:
    marks = {"notebooks.kubeflow.org/last-activity": "2026-01-01T00:00:00Z", "mine": "1"}
    (first, *_) = World([*OBJECTS, notebook(annotations=dict(marks))]).bundle("work").objects
    assert first["metadata"]["annotations"] == {"mine": "1"}


def test_an_experiment_brings_what_its_trials_and_its_collector_name() -> None:
    collector = {"collector": {"customCollector": {"name": "c", "image": "look:1", "envFrom": [
        {"secretRef": {"name": "token"}}]}}}  # fmt: skip
    tuned = experiment(TRAINING, metricsCollectorSpec=collector)
    bundle = World([*OBJECTS, tuned]).bundle("tune")
    assert refs(bundle.objects) == ["Experiment/tune", "TrainingRuntime/plain"]
    trial = bundle.objects[0]["spec"]["trialTemplate"]["trialSpec"]
    assert trial["spec"]["runtimeRef"] == {"name": "plain", "kind": "TrainingRuntime"}
    assert {each.image for each in bundle.images} == {"t:1", "look:1", "i:1"}
    assert [(need.kind, need.name) for need in bundle.needs] == [("Secret", "token")]


def test_a_trial_template_in_a_config_map_is_followed_and_its_namespace_asked_for() -> None:
    text = yaml.safe_dump(TRIAL | {"metadata": {"name": "${trialParameters.name}"}})
    source = {"configMapName": "templates", "configMapNamespace": "team", "templatePath": "one.yaml"}
    templates = config("templates", **{"one.yaml": text})
    bundle = World([*OBJECTS, templates, experiment(config_map=source)]).bundle("tune")
    assert refs(bundle.objects) == ["Experiment/tune", "ConfigMap/templates", "ConfigMap/settings"]
    named = bundle.objects[0]["spec"]["trialTemplate"]["configMap"]["configMapNamespace"]
    assert named == "${NAMESPACE_TUNE}"
    assert [(each.image, each.path) for each in bundle.images] == [("trial:1", ("data", "one.yaml"))]
    with pytest.raises(Refused, match=r"ConfigMap .templates. has no key .one\.yaml."):
        World([*OBJECTS, config("templates", other="x"), experiment(config_map=source)]).bundle("tune")
    kept = World([*OBJECTS, experiment(config_map=source | {"configMapNamespace": "kubeflow"})]).bundle("tune")
    assert [(need.kind, need.name) for need in kept.needs] == [("ConfigMap of namespace kubeflow", "templates")]


def test_what_a_trial_decides_on_is_no_broken_reference() -> None:
    spec = {"template": {"spec": {"serviceAccountName": "${trialParameters.who}", "containers": [CONTAINER]}}}
    bundle = World([*OBJECTS, experiment(TRIAL | {"spec": spec})]).bundle("tune")
    assert any("names a ServiceAccount that each trial decides on" in warning for warning in bundle.warnings)


def test_models_are_told_with_what_is_here(tmp_path: Path) -> None:
    (tmp_path / "volumes/team/disk/m").mkdir(parents=True)
    (tmp_path / "volumes/team/disk/m/model").write_bytes(b"abc")
    laptop = Laptop(LAPTOP.names, LAPTOP.folders, str(tmp_path / "volumes"))
    bundle = World([CLAIM, service(storageUri="pvc://disk/m"), service("far", storageUri="gs://b/m")]).bundle(
        "fraud", "far", laptop=laptop
    )
    found = {each.address: each for each in bundle.contents}
    assert set(found) == {"pvc://disk/m", "pvc://disk", "gs://b/m"}
    assert (found["pvc://disk/m"].bytes, found["pvc://disk/m"].kind) == (3, "model")
    assert found["pvc://disk/m"].local == str(tmp_path / "volumes/team/disk/m")
    assert len(found["pvc://disk/m"].sha256) == 64
    assert (found["pvc://disk"].local, found["gs://b/m"].local) == (str(tmp_path / "volumes/team/disk"), "")


def test_a_data_set_of_the_platform_is_asked_for() -> None:
    uri = f"dataset://rows@sha256:{'a' * 64}"
    bundle = World([job(trainer={"args": [uri, "dataset://", "file://"]}), runtime()]).bundle("learn")
    assert bundle.objects[0]["spec"]["trainer"]["args"] == ["${DATA_URI_LEARN}", "dataset://", "file://"]


def test_a_node_label_is_a_need() -> None:
    picky = job(podTemplateOverrides=[{"spec": {"nodeSelector": {"gpu": "yes"}}}])
    assert [each.name for each in references(picky) if each.kind == "node label"] == ["gpu=yes"]
