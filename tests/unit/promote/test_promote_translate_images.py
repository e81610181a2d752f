"""Images, pull secrets, platforms, addresses and stores."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from minikf.promote.evidence import Level
from minikf.promote.model import Object, Placeholder, Target
from minikf.promote.targets.profile import Gap
from minikf.promote.targets.spec import TargetSpec
from minikf.promote.translate import ImageFacts, Translation, translate
from tests.unit.promote.profiles_of_clouds import profile
from tests.unit.promote.translate_world import DIGEST, bare, by, errors, pipeline, pod, run, service, train_job

REG = TargetSpec("t", namespace="prod", registry="reg.example.com/team/")


def image(given: str, spec: TargetSpec = REG, **facts: ImageFacts) -> str:
    known = {given: facts["known"]} if facts else {}
    return str(run(pod(image=given), spec=spec, images=known).objects[0]["spec"]["containers"][0]["image"])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("fraud:1", "reg.example.com/team/fraud:1"),
        ("team/fraud", "reg.example.com/team/team/fraud"),
        ("localhost:5000/fraud:1", "reg.example.com/team/fraud:1"),
        ("127.0.0.1:5000/fraud", "reg.example.com/team/fraud"),
        ("[::1]:5000/fraud", "reg.example.com/team/fraud"),
        ("k3d-registry:5000/fraud", "reg.example.com/team/fraud"),
        ("registry.localhost:5000/fraud", "reg.example.com/team/fraud"),
        ("ghcr.io/kserve/sklearnserver:v1", "ghcr.io/kserve/sklearnserver:v1"),
        ("reg.example.com/team/fraud:1", "reg.example.com/team/fraud:1"),
        ("reg.example.com:5000/x", "reg.example.com:5000/x"),
    ],
)
def test_images_of_here_go_to_the_registry_and_others_stay(given: str, expected: str) -> None:
    assert image(given) == expected


def test_by_digest_where_that_is_known() -> None:
    assert image("localhost:5000/f:1", known=ImageFacts(DIGEST)) == f"reg.example.com/team/f:1@{DIGEST}"
    assert image("ghcr.io/a/b:1", known=ImageFacts(DIGEST)) == f"ghcr.io/a/b:1@{DIGEST}"
    assert image(f"ghcr.io/a/b@{DIGEST}", known=ImageFacts(f"sha256:{'b' * 64}")) == f"ghcr.io/a/b@{DIGEST}"


def test_without_a_registry_a_local_image_is_an_error_and_one_of_none_a_warning() -> None:
    done = run(pod(image="localhost:5000/f"))
    assert errors(done, "image")[0].advice == "registry: HOST/PREFIX in targets/t.yaml"
    done = run(pod(image="python:3.11"))
    assert [one.level for one in done.findings] == [Level.WARNING]
    assert done.objects[0]["spec"]["containers"][0]["image"] == "python:3.11"


def test_they_are_changed_in_the_custom_resource() -> None:
    done = run(
        service(containers=[{"name": "c", "image": "x:1"}], model={"image": "y:1"}),
        train_job(trainer={"image": "z:1"}),
        pipeline(),
        spec=REG,
    )
    paths = [".".join(map(str, one.path)) for one in by(done, "image")[0]]
    assert paths == [
        "spec.predictor.containers.0.image",
        "spec.predictor.model.image",
        "spec.trainer.image",
        "spec.pipelineSpec.deploymentSpec.executors.exec-fit.container.image",
    ]


def test_an_image_for_other_machines_is_an_error() -> None:
    done = run(pod(image="ghcr.io/a/b:1"), images={"ghcr.io/a/b:1": ImageFacts("", ("linux/arm64/v8",))})
    (finding,) = errors(done, "platform")
    assert finding.cause == "it is built for linux/arm64; nodes are linux/amd64"
    done = run(
        pod(image="ghcr.io/a/b:1"), at=profile("onprem"), images={"ghcr.io/a/b:1": ImageFacts("", ("linux/arm64",))}
    )
    assert [one.level for one in by(done, "platform")[1]] == [Level.WARNING]


PULL = replace(REG, pull_secrets=("pull",))


def test_pull_secrets_go_where_images_of_the_registry_are() -> None:
    done = run(
        pod("a", "x:1"),
        pod("b", "ghcr.io/a/b:1"),
        train_job(trainer={"image": "x:1"}),
        pipeline(),
        spec=PULL,
        at=replace(profile("eks"), gaps=(Gap("secrets", "forbidden"),)),
    )
    a, b, job, pipe = (one["spec"] for one in done.objects)
    assert a["imagePullSecrets"] == [{"name": "pull"}]
    assert "imagePullSecrets" not in b
    assert job["podTemplateOverrides"] == [
        {"targetJobs": [{"name": "node"}], "spec": {"imagePullSecrets": [{"name": "pull"}]}}
    ]
    step = pipe["platformSpec"]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["exec-fit"]
    assert step == {"imagePullSecret": [{"secretName": "pull"}]}
    assert not errors(done)


def test_a_promoted_account_carries_them_for_its_pods() -> None:
    account = bare("v1", "ServiceAccount", "me", imagePullSecrets=[{"name": "mine"}])
    done = run(pod(image="x:1", serviceAccountName="me"), account, spec=PULL)
    assert "imagePullSecrets" not in done.objects[0]["spec"]
    assert done.objects[1]["imagePullSecrets"] == [{"name": "mine"}, {"name": "pull"}]


def test_a_pull_secret_that_is_not_there_is_an_error() -> None:
    (finding,) = errors(run(pod(image="x:1"), spec=PULL), "pull-secret")
    assert finding.message == "there is no Secret pull in namespace prod"


def placeholder(name: str, *path: str | int, obj: Object | None = None, sha: str = "") -> Placeholder:
    obj = obj or bare("v1", "ConfigMap", "c")
    group = obj["apiVersion"].rpartition("/")[0]
    target = Target(group, "v1", obj["kind"], obj["metadata"]["name"], path)
    return Placeholder(name, f"${{{name}}}", "an address of a local file", (target,), sha256=sha)


def fill(obj: Object, *asked: Placeholder, spec: TargetSpec, **more: Any) -> Translation:
    return translate((obj,), asked, spec, profile("eks"), here="team", **more)


def test_answers_fill_placeholders_and_an_open_one_names_the_answer_to_give() -> None:
    config = bare("v1", "ConfigMap", "c", data={"k": "a=${A} b=${B} c=${C}"})
    asked = [placeholder(name, "data", "k") for name in ("A", "B")]
    done = fill(config, *asked, spec=TargetSpec("t", answers={"A": "1", "C": "3"}))
    assert done.objects[0]["data"]["k"] == "a=1 b=${B} c=${C}"
    (finding,) = errors(done, "address")
    assert finding.message == "B has no answer"
    assert finding.where == "data.k"
    assert finding.advice == "answer it in targets/t.yaml: answers: {B: VALUE}"


def test_an_answer_is_never_asked_again() -> None:
    config = bare("v1", "ConfigMap", "c", data={"k": "${A}"})
    asked = [placeholder(name, "data", "k") for name in ("A", "B")]
    done = fill(config, *asked, spec=TargetSpec("t", answers={"A": "${B}", "B": "x"}))
    assert done.objects[0]["data"]["k"] == "${A}"
    assert errors(done, "address")[0].cause == "its answer names a placeholder itself"


def test_models_go_to_the_store_by_their_checksum() -> None:
    given = service(model={"storageUri": "${MODEL_URI_FRAUD_1}"})
    one = placeholder(
        "MODEL_URI_FRAUD_1", "spec", "predictor", "model", "storageUri", obj=given, sha="0123456789abcdef99"
    )
    uri = "models/fraud-1/0123456789abcdef"

    def stored(**spec: Any) -> Any:
        done = fill(given, one, spec=TargetSpec("t", **spec))
        return done.objects[0]["spec"]["predictor"]["model"]["storageUri"]

    assert stored(store="s3://b/p/") == f"s3://b/p/{uri}"
    azure = {"store": "az://c/p", "store_options": {"account": "acc"}}
    assert stored(**azure) == f"https://acc.blob.core.windows.net/c/p/{uri}"
    assert stored(store="az://c/p") == "${MODEL_URI_FRAUD_1}"
    assert stored(store="s3://b", answers={"MODEL_URI_FRAUD_1": "gs://mine"}) == "gs://mine"
    unread = fill(given, replace(one, sha256=""), spec=TargetSpec("t", store="s3://b"))
    assert "could not be read" in errors(unread, "address")[0].cause


def test_an_image_of_a_local_registry_is_answered_by_the_targets() -> None:
    given = pod(image="${IMAGE_P}")
    one = placeholder("IMAGE_P", "spec", "containers", 0, "image", obj=given)
    origins = {"IMAGE_P": "localhost:5000/f:1"}
    done = fill(given, one, spec=REG, origins=origins, images={"localhost:5000/f:1": ImageFacts(DIGEST)})
    assert done.objects[0]["spec"]["containers"][0]["image"] == f"reg.example.com/team/f:1@{DIGEST}"
    assert errors(fill(given, one, spec=REG), "address")


def test_the_store_of_here_is_replaced_or_refused() -> None:
    env = [{"name": "E", "value": "http://seaweedfs.kubeflow:8333"}, {"name": "M", "value": "minio://mlpipeline/a"}]
    given = pod(container={"env": env}), service(model={"storageUri": "s3://mlpipeline/m"})
    spec = TargetSpec("t", namespace="prod", store="gs://b/p", store_options={"endpoint": "https://s3.example.com"})
    done = run(*given, spec=spec)
    assert [one["value"] for one in done.objects[0]["spec"]["containers"][0]["env"]] == [
        "https://s3.example.com",
        "gs://b/p/a",
    ]
    assert done.objects[1]["spec"]["predictor"]["model"]["storageUri"] == "gs://b/p/m"
    assert [one.rule for one in errors(run(*given))] == ["store", "store", "store"]


def test_a_secret_is_shown_nowhere() -> None:
    env = [{"name": "DB_PASSWORD", "value": "${A}"}, {"name": "URL", "value": "${B}"}]
    given = pod(container={"env": env})
    asked = [
        placeholder(name, "spec", "containers", 0, "env", index, "value", obj=given) for index, name in enumerate("AB")
    ]
    spec = TargetSpec("t", answers={"A": "hunter2-hunter2", "B": "http://me:s3cr3t-pass@db"})
    done = fill(given, *asked, spec=spec)
    assert done.objects[0]["spec"]["containers"][0]["env"][0]["value"] == "hunter2-hunter2"
    assert [one.new for one in by(done, "address")[0]] == ["***", "http://***@db"]
    assert "hunter2" not in repr(done.changes) + repr(done.findings)
    assert "s3cr3t" not in repr(done.changes) + repr(done.findings)
