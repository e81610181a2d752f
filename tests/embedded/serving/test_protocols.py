"""Predictions over V1, V2 and gRPC are those of the model itself, by curl's means and by KServe's own clients."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from tests.embedded.serving.conftest import Digits, Serve
from tests.embedded.serving.farm import Farm, Started


def _v2(name: str, datatype: str, rows: list[list[float]], **more: Any) -> dict[str, Any]:
    flat = [value for row in rows for value in row]
    return {"inputs": [{"name": name, "shape": [len(rows), 64], "datatype": datatype, "data": flat}], **more}


def test_v1_by_curl(sklearn_server: Started, digits: Digits) -> None:
    body = json.dumps({"instances": digits.rows})
    url = f"{sklearn_server.url}/v1/models/digits:predict"
    command = ["curl", "-sS", "-H", "Content-Type: application/json; charset=utf-8", "-d", body, url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"predictions": digits.expected}


def test_v2_answers_by_the_open_inference_protocol(sklearn_server: Started, digits: Digits) -> None:
    answer = httpx.post(
        f"{sklearn_server.url}/v2/models/digits/infer", json=_v2("input-0", "FP64", digits.rows, id="7")
    ).json()
    assert answer["id"] == "7"
    assert answer["model_name"] == "digits"
    (output,) = answer["outputs"]
    assert output == output | {"name": "output-0", "shape": [5], "datatype": "INT64", "data": digits.expected}


def test_grpc(sklearn_server: Started, digits: Digits) -> None:
    values = [value for row in digits.rows for value in row]
    tensor = pb.ModelInferRequest.InferInputTensor(
        name="input-0", datatype="FP64", shape=[5, 64], contents=pb.InferTensorContents(fp64_contents=values)
    )
    with grpc.insecure_channel(f"127.0.0.1:{sklearn_server.grpc}") as channel:
        stub = GRPCInferenceServiceStub(channel)
        answer = stub.ModelInfer(pb.ModelInferRequest(model_name="digits", inputs=[tensor]))
        assert list(answer.outputs[0].contents.int64_contents) == digits.expected
        assert stub.ModelReady(pb.ModelReadyRequest(name="digits")).ready
        assert stub.ServerLive(pb.ServerLiveRequest()).live
        metadata = stub.ModelMetadata(pb.ModelMetadataRequest(name="digits"))
        assert list(metadata.inputs[0].shape) == [-1, 64]


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("protocol", ["v2", "grpc-v2"])
@pytest.mark.parametrize(("model_format", "name"), [("sklearn", "input-0"), ("onnx", "X")])
async def test_kserves_own_clients(
    request: pytest.FixtureRequest, digits: Digits, model_format: str, name: str, protocol: str, binary: bool
) -> None:
    server: Started = request.getfixturevalue(f"{model_format}_server")
    array = digits.images[:5].astype(np.float32)
    tensor = InferInput(name, list(array.shape), "FP32")
    tensor.set_data_from_numpy(array, binary_data=binary)
    question = InferRequest("digits", [tensor])
    if protocol == "v2":
        client = InferenceRESTClient(RESTConfig(protocol="v2"))
        answer = await client.infer(server.url, question, model_name="digits")
    else:
        channel = InferenceGRPCClient(f"127.0.0.1:{server.grpc}")
        answer = await channel.infer(question)
        await channel.close()
    assert list(answer.outputs[0].as_numpy()) == digits.expected


def test_onnx_has_labels_and_probabilities(onnx_server: Started, digits: Digits) -> None:
    answer = httpx.post(f"{onnx_server.url}/v1/models/digits:predict", json={"instances": digits.rows}).json()
    assert [row["label"] for row in answer["predictions"]] == digits.expected
    probabilities = [row["probabilities"] for row in answer["predictions"]]
    assert np.allclose(probabilities, digits.estimator.predict_proba(digits.images[:5]), atol=1e-4)
    wanted = _v2("X", "FP64", digits.rows, outputs=[{"name": "label"}])
    outputs = httpx.post(f"{onnx_server.url}/v2/models/digits/infer", json=wanted).json()["outputs"]
    assert [one["name"] for one in outputs] == ["label"]
    metadata = httpx.get(f"{onnx_server.url}/v2/models/digits").json()
    assert [one["name"] for one in metadata["outputs"]] == ["label", "probabilities"]
    assert metadata["inputs"] == [{"name": "X", "datatype": "FP32", "shape": [-1, 64]}]


def test_probabilities_on_request_of_the_environment(serve: Serve, digits: Digits) -> None:
    server = serve("--model_name=digits", f"--model_dir={digits.sklearn}", PREDICT_PROBA="true")
    answer = httpx.post(f"{server.url}/v1/models/digits:predict", json={"instances": digits.rows}).json()
    assert np.allclose(answer["predictions"], digits.estimator.predict_proba(digits.images[:5]))


def test_health_and_models(sklearn_server: Started) -> None:
    with httpx.Client(base_url=sklearn_server.url) as client:
        assert client.get("/").json() == {"status": "alive"}
        assert client.get("/v1/models").json() == {"models": ["digits"]}
        assert client.get("/v1/models/digits").json() == {"name": "digits", "ready": True}
        assert client.get("/v2/health/live").json() == {"live": True}
        assert client.get("/v2/health/ready").json() == {"ready": True}
        assert client.get("/v2/models/digits/ready").json() == {"name": "digits", "ready": True}
        assert client.get("/v1/models/other").status_code == 404


def test_a_model_can_be_unloaded_and_loaded_again(serve: Serve, digits: Digits) -> None:
    server = serve("--model_name=digits", f"--model_dir={digits.sklearn}")
    with httpx.Client(base_url=server.url) as client:
        assert client.post("/v2/repository/models/digits/unload").status_code == 200
        assert client.get("/v2/models/digits/ready").status_code == 404
        assert client.post("/v2/repository/models/digits/load").status_code == 200
        assert client.post("/v1/models/digits:predict", json={"instances": digits.rows}).status_code == 200


def test_a_warm_process_stays_without_threads(farm: Farm) -> None:
    assert farm.threads == 1
