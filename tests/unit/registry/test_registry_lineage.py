"""Lineage: from a model to what made it and to what serves it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from minikf.embedded.registry import RegistryError, lineage
from minikf.embedded.registry.kinds import INFERENCE_SERVICE, SERVING_ENVIRONMENT
from tests.unit.registry.conftest import Maker, text


class Cluster:
    """A few Kubernetes objects, in the shapes that the API server has them."""

    def __init__(self, *services: dict[str, Any]) -> None:
        self.services = services

    def trainjob(self, namespace: str, name: str) -> dict[str, Any] | None:
        if (namespace, name) != ("team", "train-digits"):
            return None
        conditions = [{"type": "Complete", "status": "True"}, {"type": "Suspended", "status": "False"}]
        return {"metadata": {"uid": "u-1"}, "status": {"conditions": conditions}}

    def inference_services(self) -> Iterable[dict[str, Any]]:
        return self.services


def service(name: str, uri: str, *, ready: bool = False, part: str = "model") -> dict[str, Any]:
    return {
        "metadata": {"namespace": "team", "name": name},
        "spec": {"predictor": {"minReplicas": 1, part: {"storageUri": uri}}},
        "status": {"url": f"http://{name}", "conditions": [{"type": "Ready", "status": str(ready)}]},
    }


async def test_the_whole_line(maker: Maker, tmp_path: Path) -> None:
    file = tmp_path / "model.joblib"
    file.write_bytes(b"weights")
    model = await maker.model(owner="ada")
    first = await maker.version(model, "v1", customProperties={"minikf.trainjob": text("team/train-digits")})
    second = await maker.version(
        model, "v2", customProperties={"minikf.trainjob": text("gone"), "minikf.run": text("run 7")}
    )
    one = await maker.artifact(first, name="digits", uri=file.as_uri(), modelFormatName="sklearn")
    source = {"modelSourceKind": "pipelines", "modelSourceId": "r7"}
    await maker.artifact(second, name="digits", uri="file:///nowhere", **source)
    environment = await maker.make(SERVING_ENVIRONMENT, name="laptop")
    body = {"servingEnvironmentId": str(environment.id), "registeredModelId": str(model.id)}
    await maker.make(INFERENCE_SERVICE, name="chosen", modelVersionId=str(first.id), **body)
    await maker.make(INFERENCE_SERVICE, name="latest", **body)
    cluster = Cluster(
        service("exact", "model-registry://digits/v1", ready=True),
        service("newest", "model-registry://digits", part="sklearn"),
        service("other", "model-registry://iris/v1"),
        service("wrong", "model-registry:///"),
        service("plain", "file:///x"),
        {"metadata": {}, "spec": {"predictor": {"containers": [{"image": "x"}]}}},
        {"spec": {"predictor": None}},
    )
    found = await lineage(maker.registry, cluster, "digits")
    assert (found["model"]["name"], found["model"]["owner"], found["model"]["id"]) == ("digits", "ada", str(model.id))
    v1, v2 = found["versions"]
    assert (v1["name"], v1["newestLive"], v2["name"], v2["newestLive"]) == ("v1", False, "v2", True)
    (artifact,) = v1["artifacts"]
    assert (artifact["id"], artifact["size"], artifact["warning"]) == (str(one.id), 7, "")
    assert artifact["digest"] == f"sha256:{one.string_property('minikf.sha256')}"
    trainjob = {"kind": "TrainJob", "namespace": "team", "name": "train-digits"}
    said = {"saidBy": f"model version {first.id}"}
    assert v1["madeBy"] == [{**trainjob, **said, "exists": True, "uid": "u-1", "conditions": ["Complete"]}]
    assert [(s["kind"], s["name"]) for s in v1["servedBy"]] == [
        ("RegistryInferenceService", "chosen"),
        ("InferenceService", "exact"),
    ]
    assert v1["servedBy"][1]["ready"] is True
    assert v1["servedBy"][1]["url"] == "http://exact"
    assert "there is no /nowhere" in v2["artifacts"][0]["warning"]
    assert [(m["kind"], m.get("exists")) for m in v2["madeBy"]] == [
        ("TrainJob", False),
        ("Run", None),
        ("ModelSource", None),
    ]
    assert v2["madeBy"][0]["namespace"] == "default"
    assert v2["madeBy"][2]["modelSourceId"] == "r7"
    assert [(s["name"], s.get("ready")) for s in v2["servedBy"]] == [("latest", None), ("newest", False)]
    assert (await lineage(maker.registry, cluster, "digits", "v1"))["versions"] == [v1]


async def test_what_is_not_there_is_said(maker: Maker) -> None:
    await maker.model("empty")
    assert (await lineage(maker.registry, Cluster(), "empty"))["versions"] == []
    for name, version, reason in (("nothing", None, "ModelNotFound"), ("empty", "v1", "VersionNotFound")):
        with pytest.raises(RegistryError) as caught:
            await lineage(maker.registry, Cluster(), name, version)
        assert caught.value.reason == reason
