"""Which data and which code made the model that answers now? From a pipeline to a service, on a real platform."""

from __future__ import annotations

import base64
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from minikf.errors import ExitCode
from minikf.kube.rest import RestClient
from tests.embedded.serving.conftest import Digits, digits
from tests.embedded.verbs.conftest import Minikf, pipeline

__all__ = ["digits"]  # the fixture

REGISTRY = "/api/model_registry/v1"
SERVICES = "/apis/serving.kserve.io/v1beta1/namespaces/default/inferenceservices"


def register(api: RestClient, name: str, version: str, uri: str, **more: Any) -> None:
    """As the official client does: a model, a version, and its artifact."""
    reply = api.request("GET", f"{REGISTRY}/registered_model?name={name}")
    model = json.loads(reply.body) if reply.ok else api.call("POST", f"{REGISTRY}/registered_models", {"name": name})
    made = api.call("POST", f"{REGISTRY}/model_versions", {"name": version, "registeredModelId": model["id"]})
    body = {"artifactType": "model-artifact", "name": name, "uri": uri, "modelFormatName": "sklearn", **more}
    api.call("POST", f"{REGISTRY}/model_versions/{made['id']}/artifacts", body)


def kinds(told: Any, key: str) -> list[str]:
    found = {one["id"]: one for one in told["nodes"]}
    return [found[one]["name"] for one in told[key]]


@pytest.fixture
def trained(minikf: Minikf, digits: Digits, tmp_path: Path) -> Any:
    """A run whose second step makes the model's folder of the first step's data."""
    make = f"mkdir $OUT; cp {digits.sklearn}/model.joblib $OUT/; echo $IN >&2"
    file = pipeline(tmp_path, "numbers", "echo 1,2,3 > $OUT", make)
    return minikf("run", str(file), "--wait", "--json").json


def output(told: Any, step: str) -> str:
    (task,) = [one for one in told["run_details"]["task_details"] if one["display_name"] == step]
    return str(task["outputs"]["made"]["artifact_ids"][0])


def test_from_the_service_to_data_and_code(
    trained: Any, minikf: Minikf, api: RestClient, digits: Digits, tmp_path: Path
) -> None:
    run_id = trained["run_id"]
    model = api.get(f"/apis/v2beta1/artifacts/{output(trained, 's1')}")
    register(api, "numbers", "v1", model["uri"])
    minikf("serve", "numbers", "--name", "numbers", "--wait")
    picture = tmp_path / "lineage.svg"
    told = minikf("lineage", "isvc/numbers", "--picture", str(picture), "--json").json
    found = {one["id"]: one for one in told["nodes"]}
    assert told["focus"] == ["InferenceService/default/numbers"] and found[told["focus"][0]]["ready"]
    assert kinds(told, "data") == ["made"] and sorted(kinds(told, "code")) == ["s0", "s1"]
    (data,) = [found[one] for one in told["data"]]
    assert data["sha256"] and data["content"] == "PRESENT" and data["run"] == run_id
    assert all(len(found[one]["codeSha256"]) == 64 and found[one]["pipelineSha256"] for one in told["code"])
    assert "ModelVersion/numbers/v1" in found
    assert ET.parse(picture).getroot().tag.endswith("svg")
    text = minikf("lineage", "isvc/numbers").out
    for part in ("serves: model numbers/v1", "registered as: Dataset made", "came of:", "code: step s0 of run"):
        assert part in text

    # A version that is registered later does not answer, as long as nobody serves it.
    register(api, "numbers", "v2", str(digits.onnx))
    assert "model numbers/v1" in minikf("lineage", "isvc/numbers").out
    down = minikf("lineage", f"artifact/{output(trained, 's0')}", "--direction", "downstream", "--json").json
    assert {"ModelVersion/numbers/v1", "InferenceService/default/numbers"} <= {one["id"] for one in down["nodes"]}
    assert "means 2 things" in minikf("lineage", "numbers", code=ExitCode.REFUSED).err

    # By address and hash; a cached run leads to the one that made the files.
    assert minikf("lineage", model["uri"], "--json").json["focus"] == [f"Artifact/{model['artifact_id']}"]
    assert minikf("lineage", data["sha256"], "--json").json["focus"] == [data["id"]]
    again = minikf("run", str(tmp_path / "numbers.yaml"), "--wait", "--json").json
    cached = minikf("lineage", f"run/{again['run_id']}", "--json").json
    assert {one["run"] for one in cached["nodes"] if one["id"] in cached["code"]} == {run_id}

    # The file is gone, then the run: what is known is told, what is not is said.
    Path(data["uri"]).unlink()
    assert "its file is gone" in minikf("lineage", "isvc/numbers").out
    minikf("runs", "delete", run_id)
    left = minikf("lineage", "isvc/numbers").out
    assert "model numbers/v1" in left and f"Run {run_id}: the run was deleted" in left and "step s0" not in left
    (kept,) = [one for one in told["nodes"] if one["id"] == f"Artifact/{model['artifact_id']}"]
    assert kept["codeSha256"] in {found[one]["codeSha256"] for one in told["code"]}
    assert "it was deleted" in minikf("lineage", f"run/{run_id}").out
    minikf("runs", "delete", again["run_id"])
    api.call("DELETE", f"{SERVICES}/numbers")
    assert "nothing here is called" in minikf("lineage", "isvc/numbers", code=ExitCode.REFUSED).err


def test_what_the_registry_says_of_makers(minikf: Minikf, api: RestClient, digits: Digits) -> None:
    gone = "00000000-0000-4000-8000-000000000000"
    source = {"modelSourceKind": "kfp", "modelSourceId": gone}
    text = {"string_value": "default/no-such-job", "metadataType": "MetadataStringValue"}
    register(api, "made-elsewhere", "v1", str(digits.onnx), **source, customProperties={"minikf.trainjob": text})
    told = minikf("lineage", "model/made-elsewhere").out
    assert "the TrainJob was deleted" in told
    register(api, "made-by-run", "v1", str(digits.onnx), **source)
    assert f"Run {gone}: the run was deleted" in minikf("lineage", "model/made-by-run/v1").out


def test_a_trainjob_and_its_model(minikf: Minikf, api: RestClient, digits: Digits, tmp_path: Path) -> None:
    script = tmp_path / "maker.py"
    script.write_text("print('trained')\n")
    minikf("train", str(script), "--name", "maker", "--env", "PASSWORD=hunter22", "--wait")
    text = {"string_value": "default/maker", "metadataType": "MetadataStringValue"}
    register(api, "of-a-job", "v1", "pvc://models/x", customProperties={"minikf.trainjob": text})
    told = minikf("lineage", "of-a-job", "--json").json
    (job,) = [one for one in told["nodes"] if one["id"] == "TrainJob/default/maker"]
    assert told["code"] == [job["id"]] and len(job["codeSha256"]) == 64 and "hunter22" not in json.dumps(told)
    assert "model of-a-job/v1" in minikf("lineage", "trainjob/maker").out
    api.call("DELETE", "/apis/trainer.kubeflow.org/v1alpha1/namespaces/default/trainjobs/maker")


def test_no_secret_is_told(minikf: Minikf, api: RestClient, tmp_path: Path) -> None:
    value = "pa55phrase-of-the-bank"
    data = {"token": base64.b64encode(value.encode()).decode()}
    api.call(
        "POST",
        "/api/v1/namespaces/default/secrets",
        {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "bank"}, "data": data},
    )
    text = {"parameterType": "STRING"}
    file = pipeline(tmp_path, "careless", "echo 1 > $OUT", note=text)
    document = json.loads(file.read_text())
    task = document["root"]["dag"]["tasks"]["s0"]
    task["inputs"] = {"parameters": {"note": {"componentInputParameter": "note"}}}
    document["components"]["comp-s0"]["inputDefinitions"] = {"parameters": {"note": text}}
    file.write_text(json.dumps(document))
    run = minikf("run", str(file), "-a", f"note=with {value}", "--wait", "--json").json
    picture = tmp_path / "p.dot"
    for arguments in (("--json",), ("--picture", str(picture))):
        said = minikf("lineage", f"run/{run['run_id']}", *arguments)
        assert value not in said.out + said.err and "***" in said.out
    assert value not in picture.read_text()
    api.call("DELETE", "/api/v1/namespaces/default/secrets/bank")


def test_questions_that_are_none(minikf: Minikf, tmp_path: Path) -> None:
    assert "no direction" in minikf("lineage", "x", "--direction", "left", code=ExitCode.USAGE).err
    assert "must end in .svg" in minikf("lineage", "x", "--picture", "p.png", code=ExitCode.USAGE).err
    for text in ("no/such", "run/x", "artifact/999999", "/no/such/file", "sha256:" + "0" * 64, "isvc/none", "' or 1=1"):
        assert "nothing here is called" in minikf("lineage", text, code=ExitCode.REFUSED).err
    assert "lineage of what" in minikf("lineage", " ", code=ExitCode.USAGE).err
