"""Pipelines and recurring runs: found, followed in both documents, written so that the same gives the same bytes."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from minikf.errors import Refused
from minikf.promote.answers import fill
from minikf.promote.ir.names import object_name, version_name
from minikf.promote.model import Need, Object, PipelineIr, Ref
from minikf.promote.roots import find
from tests.unit.promote.promote_world import LAPTOP, World, config, obj, secret
from tests.unit.promote.test_promote_export import kustomize, needs_kubectl, written

SPEC: Object = {
    "pipelineInfo": {"name": "learn it"},
    "root": {
        "inputDefinitions": {
            "parameters": {
                "data": {"parameterType": "STRING", "defaultValue": "file:///home/me/data.csv"},
                "keys": {"parameterType": "STRING", "defaultValue": "token"},
            }
        },
        "dag": {
            "tasks": {
                "read": {"componentRef": {"name": "comp-read"}},
                "deep": {
                    "componentRef": {"name": "comp-deep"},
                    "inputs": {"parameters": {"claim": {"runtimeValue": {"constant": "disk"}}}},
                },
            }
        },
    },
    "components": {
        "comp-read": {"executorLabel": "exec-read"},
        "comp-take": {"executorLabel": "exec-take"},
        "comp-deep": {"dag": {"tasks": {"take": {"componentRef": {"name": "comp-take"}}}}},
    },
    "deploymentSpec": {
        "executors": {
            "exec-read": {"importer": {"artifactUri": {"constant": "s3://mine/rows"}}},
            "exec-take": {
                "container": {
                    "image": "localhost:5000/team/take:1",
                    "command": ["python", "-c", "print('http://localhost:9000/a')"],
                    "env": [{"name": "TRACKING", "value": "http://127.0.0.1:5000"}],
                }
            },
        }
    },
    "schemaVersion": "2.1.0",
}
STEP: Object = {
    "secretAsEnv": [
        {
            "secretNameParameter": {"componentInputParameter": "secret"},
            "keyToEnv": [{"secretKey": "k", "envVar": "K"}],
        }
    ],
    "configMapAsVolume": [{"configMapName": "settings", "mountPath": "/etc/x"}],
    "pvcMount": [{"componentInputParameter": "claim", "mountPath": "/data"}],
    "imagePullSecret": [{"secretName": "pull"}],
    "nodeSelector": {"labels": {"gpu": "yes"}},
}
WORKSPACE: Object = {"size": "1Gi", "kubernetes": {"pvcSpecPatch": {"storageClassName": "local-path"}}}


def documents(**step: Any) -> tuple[Object, Object]:
    spec, config_ = copy.deepcopy(SPEC), {**STEP, **step}
    tasks = spec["root"]["dag"]["tasks"]
    tasks["deep"]["inputs"]["parameters"]["secret"] = {"componentInputParameter": "keys"}
    executors = {"exec-take": config_}
    kubernetes = {"deploymentSpec": {"executors": executors}, "pipelineConfig": {"workspace": WORKSPACE}}
    return spec, {"platforms": {"kubernetes": kubernetes}}


def api(*versions: tuple[str, str], **step: Any) -> dict[str, Object]:
    """What the API answers of the pipeline "Learn It", with versions of these names and times."""
    spec, platform = documents(**step)
    one = {"pipeline_id": "p1", "name": "Learn It", "display_name": "Learn It", "namespace": "team"}
    told = [
        {
            "pipeline_id": "p1", "pipeline_version_id": f"id-{name}", "name": name, "display_name": name,
            "created_at": made, "pipeline_spec": {"pipeline_spec": spec, "platform_spec": platform},
        }
        for name, made in versions
    ]  # fmt: skip
    return {"pipelines": {"pipelines": [one]}, "pipelines/p1/versions": {"pipeline_versions": told}}


VERSIONS = (("v2", "2026-02-01T00:00:00Z"), ("v1", "2026-01-01T00:00:00Z"))
OBJECTS = [
    secret("token", k="value-of-the-key"), secret("pull"), config("settings", a="http://localhost:1/x"),
    obj("v1", "PersistentVolumeClaim", "disk", spec={"accessModes": ["ReadWriteOnce"]}),
]  # fmt: skip


def uploaded(**step: Any) -> World:
    return World(copy.deepcopy(OBJECTS), api=api(*VERSIONS, **step))


def native() -> World:
    spec, platform = documents()
    return World(
        [
            *copy.deepcopy(OBJECTS),
            obj("pipelines.kubeflow.org/v2beta1", "Pipeline", "learn-it", spec={"description": "d"}),
            *(
                obj(
                    "pipelines.kubeflow.org/v2beta1", "PipelineVersion", name, metadata={"creationTimestamp": made},
                    spec={"pipelineName": "learn-it", "pipelineSpec": spec, "platformSpec": platform},
                )
                for name, made in VERSIONS
            ),
        ]
    )  # fmt: skip


def schedule(**more: Any) -> Object:
    return {
        "recurring_run_id": "r1", "display_name": "nightly", "namespace": "team", "experiment_id": "e1",
        "pipeline_version_reference": {"pipeline_id": "p1"}, "max_concurrency": "1", "mode": "ENABLE",
        "trigger": {"cron_schedule": {"cron": "0 0 2 * * *"}},
        "runtime_config": {"parameters": {"data": "file:///home/me/data.csv"}},
    } | more  # fmt: skip


def scheduled(**more: Any) -> World:
    world = uploaded()
    world.api["recurringruns"] = {"recurringRuns": [schedule(**more)]}
    world.api["experiments/e1"] = {"display_name": "Default"}
    return world


def test_the_newest_version_is_meant_unless_one_is_named() -> None:
    for text, version in (("Learn It", "v2"), ("pipeline/Learn It@v1", "v1"), ("Learn It@v1", "v1")):
        found = find(text, uploaded(), "")
        assert isinstance(found, PipelineIr)
        assert (found.name, found.version, found.native) == ("Learn It", version, False)
    for text, version in (("pipelines.pipelines.kubeflow.org/x", ""), ("pipelineversion/v1", "v1")):
        if version:
            found = find(text, native(), "")
            assert isinstance(found, PipelineIr) and (found.version, found.native) == (version, True)
    with pytest.raises(Refused, match="has no version 'v3'") as refusal:
        find("Learn It@v3", uploaded(), "")
    assert refusal.value.cause == "it has v1, v2"
    with pytest.raises(Refused, match="no Pipeline 'gone'"):
        find("gone@v1", uploaded(), "")


def test_two_versions_of_one_pipeline_are_refused() -> None:
    with pytest.raises(Refused, match="two versions of pipeline 'Learn It'"):
        uploaded().bundle("Learn It@v1", "Learn It@v2")
    assert len(uploaded().bundle("Learn It", "Learn It@v2").pipelines) == 1


def test_both_documents_are_followed_to_what_they_name() -> None:
    bundle = uploaded().bundle("Learn It")
    assert [f"{each['kind']}/{each['metadata']['name']}" for each in bundle.objects] == [
        "ConfigMap/settings", "PersistentVolumeClaim/disk",
    ]  # fmt: skip
    assert [(need.kind, need.name) for need in bundle.needs] == [
        ("Secret", "pull"), ("Secret", "token"), ("node label", "gpu=yes"), ("volume for a workspace", "1Gi"),
    ]  # fmt: skip
    assert any("storage class 'local-path' is left out" in warning for warning in bundle.warnings)
    (ir,) = bundle.pipelines
    assert "storageClassName" not in str(ir.platform_spec)


@pytest.mark.parametrize(
    ("step", "says", "where"),
    [
        ({"secretAsVolume": [{"secretName": "gone", "mountPath": "/s"}]}, "Secret 'gone'", "secretAsVolume[0]"),
        ({"configMapAsEnv": [{"configMapName": "gone"}]}, "ConfigMap 'gone'", "configMapAsEnv[0]"),
        ({"pvcMount": [{"constant": "gone", "mountPath": "/d"}]}, "PersistentVolumeClaim 'gone'", "pvcMount[0]"),
        (
            {"secretAsEnv": [{"secretName": "token", "keyToEnv": [{"secretKey": "no", "envVar": "N"}]}]},
            "Secret 'token' has no key 'no'",
            "secretAsEnv[0]",
        ),
    ],
)
def test_a_broken_reference_of_a_step_is_refused_with_its_path(step: Object, says: str, where: str) -> None:
    with pytest.raises(Refused, match=says) as refusal:
        uploaded(**step).bundle("Learn It")
    assert f"platforms.kubernetes.deploymentSpec.executors.exec-take.{where}" in refusal.value.cause


def test_what_only_a_run_decides_on_is_said() -> None:
    made = {"pvcMount": [{"taskOutputParameter": {"producerTask": "make", "outputParameterKey": "name"}}]}
    bundle = uploaded(**made).bundle("Learn It")
    assert any("names a PersistentVolumeClaim only when it runs" in warning for warning in bundle.warnings)


def test_the_launchers_settings_are_a_need_and_stay_here() -> None:
    world = uploaded()
    world.objects.append(config("kfp-launcher", defaultPipelineRoot="minio://mlpipeline/here"))
    bundle = world.bundle("Learn It")
    assert ("ConfigMap", "kfp-launcher") in [(need.kind, need.name) for need in bundle.needs]
    assert "minio" not in str(bundle.objects)


def test_images_and_contents_are_told_with_their_places() -> None:
    bundle = uploaded().bundle("Learn It")
    ref = Ref("PipelineVersion", "learn-it-v2")
    (image,) = bundle.images
    executors = ("spec", "pipelineSpec", "deploymentSpec", "executors")
    assert (image.image, image.ref) == ("localhost:5000/team/take:1", ref)
    assert image.path == (*executors, "exec-take", "container", "image")
    assert image.placeholder == "IMAGE_LEARN_IT"
    found = {each.address: each for each in bundle.contents}
    assert found["s3://mine/rows"].path == (*executors, "exec-read", "importer", "artifactUri", "constant")
    assert found["file:///home/me/data.csv"].placeholder == "DATA_URI_LEARN_IT"
    assert found["file:///home/me/data.csv"].local == "/home/me/data.csv"
    assert found["pvc://disk"].kind == "claim"


@pytest.mark.parametrize("make", [uploaded, native])
def test_the_package_is_written_and_the_same_bytes_again(make: Any, tmp_path: Path) -> None:
    name = "pipeline/Learn It" if make is uploaded else "pipeline/learn-it"
    report = make().export(name, tmp_path / "a")
    assert report.changed
    backwards = make()
    backwards.objects.reverse()
    backwards.export(name, tmp_path / "b")
    assert written(tmp_path / "a") == written(tmp_path / "b")
    assert not make().export(name, tmp_path / "a").changed
    text = (tmp_path / "a/base/pipelines/learn-it.ir.yaml").read_text()
    spec, platform = yaml.safe_load_all(text)
    assert LAPTOP.spans(text) == []
    assert spec["root"]["inputDefinitions"]["parameters"]["data"]["defaultValue"] == "${DATA_URI_LEARN_IT}"
    assert list(platform) == ["platforms"]
    lock = yaml.safe_load((tmp_path / "a/bundle.lock.yaml").read_text())
    assert lock["pipelines"][0]["version"] == "v2"
    assert lock["root"] == {"kind": "Pipeline", "name": name.partition("/")[2]}
    filled = fill(spec, {"DATA_URI_LEARN_IT": "s3://there", "X": "y"})
    assert filled["root"]["inputDefinitions"]["parameters"]["data"]["defaultValue"] == "s3://there"


@needs_kubectl
def test_objects_of_a_pipeline_are_rendered_where_it_is_some_here(tmp_path: Path) -> None:
    native().export("pipeline/learn-it", tmp_path / "native")
    found = kustomize(tmp_path / "native/overlays/default")
    assert list(found)[-2:] == ["Pipeline/learn-it", "PipelineVersion/v2"]
    answers = tmp_path / "native/overlays/default/answers.env"
    answers.write_text(answers.read_text().replace("=${DATA_URI_LEARN_IT}", "=s3://there"))
    spec = kustomize(tmp_path / "native/overlays/default")["PipelineVersion/v2"]["spec"]["pipelineSpec"]
    assert spec["root"]["inputDefinitions"]["parameters"]["data"]["defaultValue"] == "s3://there"
    uploaded().export("pipeline/Learn It", tmp_path / "uploaded")
    assert "Pipeline/learn-it" not in kustomize(tmp_path / "uploaded/overlays/default")
    assert (tmp_path / "uploaded/base/pipelines/kustomization.yaml").is_file()


@needs_kubectl
def test_a_recurring_run_brings_its_pipeline_its_parameters_and_its_schedule(tmp_path: Path) -> None:
    report = scheduled().export("recurringrun/nightly", tmp_path / "out")
    assert [str(ref) for ref in report.objects][-2:] == ["Pipeline Learn It@v2", "RecurringRun nightly"]
    document = yaml.safe_load((tmp_path / "out/base/pipelines/nightly.recurring.yaml").read_text())
    assert document["spec"]["pipeline"] == {"name": "Learn It"}
    assert document["spec"]["trigger"] == {"cron_schedule": {"cron": "0 0 2 * * *"}}
    assert document["spec"]["runtime_config"]["parameters"] == {"data": "${DATA_URI_LEARN_IT}"}
    assert document["spec"]["experiment"] == "Default"
    kustomize(tmp_path / "out/overlays/default")
    bound = scheduled(pipeline_version_reference={"pipeline_id": "p1", "pipeline_version_id": "id-v1"})
    (run,) = bound.bundle("nightly").recurring
    assert run.version == "v1"


def test_a_recurring_run_is_followed_with_its_own_parameters() -> None:
    world = scheduled(runtime_config={"parameters": {"keys": "gone"}})
    with pytest.raises(Refused, match="Secret 'gone'"):
        world.bundle("nightly")
    lost = scheduled(pipeline_version_reference={"pipeline_id": "other"})
    with pytest.raises(Refused, match="runs a pipeline that does not exist"):
        lost.bundle("nightly")
    twice = scheduled()
    twice.api["recurringruns"]["recurringRuns"].append(schedule(recurring_run_id="r2"))
    with pytest.raises(Refused, match="'nightly' means 2 recurring runs"):
        twice.bundle("nightly")


def test_a_recurring_run_of_a_document_of_its_own_has_it_along() -> None:
    spec, platform = documents()
    inline = {"pipeline_spec": {"pipeline_spec": spec, "platform_spec": platform}, "pipeline_version_reference": None}
    bundle = scheduled(**inline).bundle("nightly")
    (ir,) = bundle.pipelines
    assert (ir.name, ir.version, ir.objects) == ("learn it", "", ())
    assert bundle.needs == (
        Need("Secret", "pull", "secrets are never written; make it there before you apply"),
        Need("Secret", "token", "secrets are never written; make it there before you apply"),
        Need("node label", "gpu=yes", bundle.needs[2].reason),
        Need("volume for a workspace", "1Gi", bundle.needs[3].reason),
    )


def test_names_that_would_be_one_file_are_refused() -> None:
    world = scheduled()
    world.api["recurringruns"]["recurringRuns"].append(schedule(recurring_run_id="r2", display_name="Nightly"))
    with pytest.raises(Refused, match=r"RecurringRun team/.ightly and RecurringRun team/.ightly would be written as"):
        world.bundle("nightly", "Nightly")
    world.api["pipelines"]["pipelines"].append(
        {"pipeline_id": "p2", "name": "learn it", "display_name": "x", "namespace": "team"}
    )
    world.api["pipelines/p2/versions"] = world.api["pipelines/p1/versions"]
    with pytest.raises(Refused, match="would be written as one"):
        world.bundle("Learn It", "learn it")


def test_names_that_kubernetes_does_not_take_become_near_ones() -> None:
    assert object_name("Learn It (2)") == "learn-it-2"
    assert object_name("...") == "pipeline"
    assert object_name("a.b") == "a.b"
    assert version_name("journey", "journey-2") == "journey-2"
    assert version_name("a", "v1") == "a-v1"
