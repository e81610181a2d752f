"""Versions, runtimes, canaries, queues, pipelines: what a kind needs of a target."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

from minikf.promote.evidence import Level
from minikf.promote.targets.profile import Gap, Runtime
from minikf.promote.targets.spec import TargetSpec
from tests.unit.promote.profiles_of_clouds import profile, served
from tests.unit.promote.translate_world import (
    bare,
    by,
    errors,
    experiment,
    notebook,
    pipeline,
    run,
    runtime,
    service,
    train_job,
)

EKS = profile("eks")
QUEUE = "kueue.x-k8s.io/queue-name"


def test_a_version_with_the_same_fields_is_taken() -> None:
    (change,), _ = by(run(notebook()), "api")
    assert (change.old, change.new) == ("kubeflow.org/v1beta1", "kubeflow.org/v1")


def test_a_version_whose_fields_may_differ_is_an_error() -> None:
    at = replace(EKS, kinds=(*EKS.kinds, served("example.com", "v2", "Thing")))
    (finding,) = errors(run(bare("example.com/v1", "Thing", "t"), at=at), "api")
    assert finding.cause == "it serves v2, whose fields may differ"


def test_a_kind_that_is_not_served_is_an_error_with_whom_to_ask() -> None:
    at = replace(EKS, kinds=tuple(one for one in EKS.kinds if one.kind != "TrainJob"))
    (finding,) = errors(run(train_job(), at=at), "api")
    assert finding.advice == "ask its administrator for Kubeflow Trainer"
    done = run(train_job(), at=replace(at, gaps=(Gap("kinds", "no answer"),)))
    assert [one.level for one in by(done, "api")[1]] == [Level.WARNING]


def test_the_kind_of_a_trial_is_looked_at_too() -> None:
    given = experiment()
    given["spec"]["trialTemplate"]["trialSpec"]["apiVersion"] = "batch/v2"
    (finding,) = errors(run(given), "api")
    assert finding.where == "spec.trialTemplate.trialSpec.apiVersion"


def test_an_older_version_is_a_warning() -> None:
    kinds = (served("example.com", "v1", "Thing"), served("example.com", "v1beta1", "Thing", preferred=False))
    done = run(bare("example.com/v1beta1", "Thing", "t"), at=replace(EKS, kinds=kinds))
    assert [one.message for one in by(done, "api")[1]] == ["Thing in version v1beta1 is on its way out on t"]


def test_a_runtime_of_ones_own_comes_along_namespaced() -> None:
    done = run(train_job("own", "ours"), runtime())
    assert done.objects[0]["spec"]["runtimeRef"] == {"name": "ours", "kind": "TrainingRuntime"}
    assert done.objects[1]["kind"] == "TrainingRuntime"
    assert not errors(done, "runtime")


def test_a_runtime_that_is_nowhere_is_an_error() -> None:
    (finding,) = errors(run(train_job(runtime="lost")), "runtime")
    assert finding.cause == "it has torch-distributed, and none comes along"
    assert not errors(run(train_job(runtime="lost"), at=replace(EKS, gaps=(Gap("runtimes", "no"),))), "runtime")
    there = replace(EKS, runtimes=(*EKS.runtimes, Runtime("ClusterTrainingRuntime", "", "lost")))
    assert not errors(run(train_job(runtime="lost"), at=there), "runtime")


def test_a_model_needs_a_runtime_of_its_format() -> None:
    assert not errors(run(service()))
    (finding,) = errors(run(service(model={"modelFormat": {"name": "triton"}})), "serving-runtime")
    assert finding.cause == "served there: huggingface, sklearn"
    ours = bare(
        "serving.kserve.io/v1alpha1", "ServingRuntime", "r", spec={"supportedModelFormats": [{"name": "triton"}]}
    )
    assert not errors(run(service(model={"modelFormat": {"name": "triton"}}), ours))
    assert not errors(run(service(model={"runtime": "r"}), ours))
    assert errors(run(service(model={"runtime": "r"})), "serving-runtime")[0].where == "spec.predictor.model.runtime"


@pytest.mark.parametrize(
    ("mode", "annotation", "level"),
    [
        ("Standard", "", Level.ERROR),
        ("RawDeployment", "", Level.ERROR),
        ("Serverless", "", None),
        ("Serverless", "RawDeployment", Level.ERROR),
        ("Standard", "Serverless", None),
        ("", "", Level.WARNING),
    ],
)
def test_a_canary_needs_a_mode_that_splits_traffic(mode: str, annotation: str, level: Level | None) -> None:
    given = service(canaryTrafficPercent=0)
    if annotation:
        given["metadata"]["annotations"] = {"serving.kserve.io/deploymentMode": annotation}
    done = run(given, at=replace(EKS, kserve_mode=mode))
    assert [one.level for one in by(done, "canary")[1]] == ([level] if level else [])


def test_a_queue_must_be_in_the_namespace() -> None:
    given = train_job(metadata={"labels": {QUEUE: "local"}})
    (finding,) = errors(run(given), "queue")
    assert finding.message == "there is no LocalQueue local in namespace prod of t"
    assert finding.advice == "queue: ml in targets/t.yaml"
    done = run(given, spec=TargetSpec("t", namespace="prod", queue="ml"))
    assert done.objects[0]["metadata"]["labels"] == {QUEUE: "ml"}
    assert not errors(done)
    done = run(given, spec=TargetSpec("t", namespace="prod", queue="ml"), at=profile("aks"))
    assert [one.message for one in by(done, "queue")[1]] == ["LocalQueue ml is not active"]
    done = run(given, at=replace(EKS, queues=(), gaps=(Gap("queues", "forbidden"),)))
    assert [one.level for one in by(done, "queue")[1]] == [Level.WARNING]


def test_what_no_queue_admits_gets_none() -> None:
    assert "labels" not in run(train_job(), spec=TargetSpec("t", namespace="prod", queue="ml")).objects[0]["metadata"]


def test_a_second_document_that_is_not_read_is_refused() -> None:
    only_first = TargetSpec("t", namespace="prod", pipeline_documents=1, registry="r.example.com")
    (finding,) = errors(run(pipeline(platform={"nodeSelector": {"labels": {}}}), spec=only_first), "pipeline-document")
    assert finding.cause == "the second one says nodeSelector"
    assert not errors(run(pipeline(), spec=only_first))


STORE = TargetSpec("t", namespace="prod", store="s3://b/p", store_options={"region": "r", "endpoint": "http://s3:9"})


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ("minio://mlpipeline/v2/artifacts", "s3://b/p/v2/artifacts"),
        ("minio://mlpipeline", "s3://b/p/pipelines"),
        ("file:///home/x", "s3://b/p/pipelines"),
        ("gs://theirs/x", "gs://theirs/x"),
        ("s3://b/p/x", "s3://b/p/x"),
    ],
)
def test_the_root_of_a_pipeline_goes_to_the_store(root: str, expected: str) -> None:
    done = run(pipeline(defaultPipelineRoot=root), spec=STORE)
    assert done.objects[0]["spec"]["pipelineSpec"]["defaultPipelineRoot"] == expected


def test_a_root_without_a_store_and_a_store_without_a_provider_are_errors() -> None:
    given = pipeline(defaultPipelineRoot="minio://mlpipeline/x")
    assert [one.rule for one in errors(run(given))] == ["pipeline-root"]
    (finding,) = errors(run(given, spec=replace(STORE, store="az://c/p")), "pipeline-root")
    assert finding.message == "KFP's launcher has no provider for az://"


def test_the_launchers_settings_are_the_targets_without_any_credential() -> None:
    told = "minio: {default: {credentials: {secretRef: {secretName: mlpipeline-minio-artifact}}}}"
    launcher = bare(
        "v1", "ConfigMap", "kfp-launcher", data={"defaultPipelineRoot": "minio://mlpipeline/a", "providers": told}
    )
    data = run(launcher, spec=STORE).objects[0]["data"]
    assert data["defaultPipelineRoot"] == "s3://b/p/a"
    told = {"endpoint": "http://s3:9", "region": "r", "disableSSL": True, "credentials": {"fromEnv": True}}
    assert yaml.safe_load(data["providers"]) == {"s3": {"default": told}}
    data = run(launcher, spec=replace(STORE, store="gs://b")).objects[0]["data"]
    assert yaml.safe_load(data["providers"]) == {"gs": {"default": {"credentials": {"fromEnv": True}}}}
