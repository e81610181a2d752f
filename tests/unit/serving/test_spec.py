"""What an InferenceService asks for, and what of it is refused or told."""

from __future__ import annotations

from typing import Any

import pytest

from minikf.embedded.controllers.serving.limits import notices, refusals
from minikf.embedded.controllers.serving.spec import CHECKSUM_ANNOTATION, InvalidSpec, is_stopped, read


def service(predictor: Any, annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "digits", "namespace": "team", "uid": "1", "annotations": annotations or {}},
        "spec": {"predictor": predictor, **spec},
    }


def test_a_model() -> None:
    model = {
        "modelFormat": {"name": "sklearn", "version": "1"},
        "protocolVersion": "v2",
        "runtime": "mine",
        "storageUri": "file:///m",
        "args": ["--a"],
        "resources": {"limits": {"cpu": "1"}},
    }
    found = read(
        service({"model": model, "serviceAccountName": "robot", "minReplicas": 1}, {CHECKSUM_ANNOTATION: "ab"})
    )
    assert (found.model_format, found.format_version, found.protocol, found.runtime) == ("sklearn", "1", "v2", "mine")
    assert (found.storage_uri, found.sha256) == ("file:///m", "ab")
    assert found.container == {"args": ["--a"], "resources": {"limits": {"cpu": "1"}}}
    assert found.pod == {"serviceAccountName": "robot"}


def test_a_shorthand_is_a_model_of_that_format() -> None:
    found = read(service({"onnx": {"storageUri": "file:///m"}}))
    assert (found.model_format, found.protocol, found.storage_uri) == ("onnx", "v1", "file:///m")


def test_containers_beside_a_model_are_its_helpers() -> None:
    found = read(service({"sklearn": {"storageUri": "file:///m"}, "containers": [{"name": "agent", "image": "x"}]}))
    assert found.model_format == "sklearn"
    assert [one["name"] for one in found.others] == ["agent"]


def test_a_custom_predictor_is_the_named_container_or_the_first() -> None:
    named = [{"name": "agent", "image": "x"}, {"name": "kserve-container", "command": ["run"]}]
    found = read(service({"containers": named}))
    assert (found.container["command"], found.model_format) == (["run"], "")
    assert [one["name"] for one in found.others] == ["agent"]
    variable = {"name": "STORAGE_URI", "value": "pvc://a/b"}
    assert read(service({"containers": [{"command": ["x"], "env": [variable]}]})).storage_uri == "pvc://a/b"


@pytest.mark.parametrize(
    ("predictor", "text"),
    [
        ({}, "it has none"),
        (None, "it has none"),
        ({"model": {"modelFormat": {"name": "sklearn"}}, "onnx": {}}, "model and onnx"),
        ({"sklearn": {}, "containers": [{"name": "kserve-container"}]}, "sklearn and containers"),
        ({"containers": [{"name": "c", "image": "x"}]}, "has no command"),
        ({"model": {"modelFormat": {"name": "sklearn"}, "storage": {"key": "s3"}}}, "storage is not supported"),
    ],
)
def test_invalid(predictor: Any, text: str) -> None:
    with pytest.raises(InvalidSpec, match=text):
        read(service(predictor))


@pytest.mark.parametrize(
    ("predictor", "spec", "text"),
    [
        ({}, {"transformer": {}}, "spec.transformer"),
        ({}, {"explainer": {}}, "spec.explainer"),
        ({"workerSpec": {}}, {}, "workerSpec"),
        ({"storageUris": []}, {}, "storageUris"),
        ({"minReplicas": 2, "maxReplicas": 1}, {}, "MinReplicas cannot be greater"),
        ({"minReplicas": -1}, {}, "cannot be less than 0"),
    ],
)
def test_refusals(predictor: Any, spec: dict[str, Any], text: str) -> None:
    assert text in refusals(service(predictor, **spec))[0]
    assert refusals(service({"minReplicas": 0, "maxReplicas": 0})) == []


@pytest.mark.parametrize(
    ("predictor", "text"),
    [
        ({"canaryTrafficPercent": 0}, "canaryTrafficPercent has no effect"),
        ({"minReplicas": 2}, "minReplicas 2 has no effect"),
        ({"minReplicas": 0}, "minReplicas 0 counts as 1"),
        ({"timeout": 5}, "timeout has no effect"),
        ({"logger": {"url": "s3://logs"}}, "logger has no effect: requests are sent to an http"),
        ({"logger": {"storage": {"path": "x"}}}, "logger has no effect"),
        ({"logger": {}, "containers": [{"name": "own"}]}, "logger has no effect on a container of your own"),
    ],
)
def test_notices(predictor: Any, text: str) -> None:
    assert text in notices(service(predictor))[0]
    assert notices(service({"minReplicas": 1, "maxReplicas": 3})) == []
    assert notices(service({"sklearn": {}, "logger": {"mode": "request"}})) == []


def test_stopped() -> None:
    assert is_stopped(service({}, {"serving.kserve.io/stop": "TRUE"}))
    assert not is_stopped(service({}, {"serving.kserve.io/stop": "false"}))
    assert not is_stopped(service({}))
