"""Requests that are wrong, too large or foreign: an error that says why, and a server that lives on."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import psutil
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from tests.embedded.serving.conftest import Digits
from tests.embedded.serving.farm import Started

JSON = {"content-type": "application/json"}
ROW = [0.0] * 64


@pytest.fixture(params=["sklearn", "onnx"])
def server(request: pytest.FixtureRequest, digits: Digits) -> Iterator[Started]:
    """Each format in turn; afterwards it must still answer rightly."""
    found: Started = request.getfixturevalue(f"{request.param}_server")
    yield found
    answer = httpx.post(f"{found.url}/v1/models/digits:predict", json={"instances": digits.rows})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body",
    ["", "{", "[1]", "null", '"text"', "{}", '{"instances": 5}', '{"instances": [[1, 2]]}', '{"instances": [["a"]]}',
     '{"instances": [[1], [1, 2]]}', '{"instances": []}', '{"instances": [{"a": 1}]}', '{"instances": [null]}', "\xff"],
)  # fmt: skip
def test_v1(server: Started, body: str) -> None:
    answer = httpx.post(f"{server.url}/v1/models/digits:predict", content=body.encode("latin-1"), headers=JSON)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]


def _tensor(server: Started, **changes: Any) -> dict[str, Any]:
    tensor = httpx.get(f"{server.url}/v2/models/digits").json()["inputs"][0]
    return tensor | {"shape": [1, 64], "data": ROW} | changes


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"shape": [1, 60]}, "but 64 values"),
        ({"shape": [-1, 64]}, "which is none"),
        ({"shape": "wide"}, "shape"),
        ({"shape": [1, 32], "data": ROW[:32]}, "64"),
        ({"datatype": "FP99"}, "which does not exist"),
        ({"datatype": "BYTES", "data": ["x"] * 64}, ""),
        ({"data": "text"}, "data"),
        ({"data": None}, "data"),
        ({"name": None}, "name"),
    ],
)
def test_v2(server: Started, changes: dict[str, Any], text: str) -> None:
    body = {"inputs": [_tensor(server, **changes)]}
    answer = httpx.post(f"{server.url}/v2/models/digits/infer", json=body)
    assert answer.status_code == 400, answer.text
    assert text in answer.json()["error"]


@pytest.mark.parametrize("body", ["", "{", "{}", "[]", '{"inputs": []}', '{"inputs": [1]}', '{"inputs": {}}'])
def test_v2_bodies(server: Started, body: str) -> None:
    answer = httpx.post(f"{server.url}/v2/models/digits/infer", content=body, headers=JSON)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("length", "body"),
    [
        ("x", b"{}"),
        ("2", b"{}"),
        ("9999", b'{"inputs": []}'),
        (None, b"no header"),
        ("92", b'{"inputs":[{"name":"X","shape":[1,64],"datatype":"FP32","parameters":{"binary_data_size":256}}]}abc'),
    ],
)
def test_v2_binary_bodies(server: Started, length: str | None, body: bytes) -> None:
    headers = {"content-type": "application/octet-stream"}
    headers |= {"inference-header-content-length": length} if length else {}
    answer = httpx.post(f"{server.url}/v2/models/digits/infer", content=body, headers=headers)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]


def test_onnx_names_its_tensors(onnx_server: Started) -> None:
    wrong = [_tensor(onnx_server, name="Y")]
    answer = httpx.post(f"{onnx_server.url}/v2/models/digits/infer", json={"inputs": wrong})
    assert "no input 'Y', its inputs are X" in answer.json()["error"]
    asked = {"inputs": [_tensor(onnx_server)], "outputs": [{"name": "nothing"}]}
    answer = httpx.post(f"{onnx_server.url}/v2/models/digits/infer", json=asked)
    assert "its outputs are label, probabilities" in answer.json()["error"]


def test_curl_without_a_content_type_is_told_what_to_send(sklearn_server: Started) -> None:
    url = f"{sklearn_server.url}/v1/models/digits:predict"
    done = subprocess.run(["curl", "-sS", "-d", '{"instances": []}', url], capture_output=True, text=True, check=True)
    assert "Content-Type: application/json" in json.loads(done.stdout)["error"]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("path", ["/v1/models/digits:predict", "/v2/models/digits/infer"])
def test_a_body_of_100_mb_is_refused_in_bounded_memory(sklearn_server: Started, path: str, chunked: bool) -> None:
    process = psutil.Process(sklearn_server.pid)
    before = process.memory_info().rss
    piece = b"0," * 500_000
    highest = 0

    def body() -> Iterator[bytes]:
        nonlocal highest
        for _ in range(100):
            yield piece
            highest = max(highest, process.memory_info().rss)

    headers = JSON if chunked else JSON | {"content-length": str(100 * len(piece))}
    answer = httpx.post(f"{sklearn_server.url}{path}", content=body(), headers=headers, timeout=60)
    assert answer.status_code == 413
    assert "33,554,432 bytes" in answer.json()["error"]
    assert highest - before < 80_000_000


def test_curl_learns_of_413_before_it_sends_the_body(sklearn_server: Started, tmp_path: Path) -> None:
    large = tmp_path / "large.json"
    with large.open("wb") as file:
        file.truncate(100_000_000)
    command = [
        "curl",
        "-sS",
        "-w",
        "%{http_code} %{size_upload}",
        "-o",
        "/dev/null",
        "-H",
        "Content-Type: application/json",
    ]
    done = subprocess.run(
        [*command, "--data-binary", f"@{large}", f"{sklearn_server.url}/v1/models/digits:predict"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    code, sent = done.stdout.split()
    assert code == "413"
    assert int(sent) < 1_000_000


def _status(call: grpc.UnaryUnaryMultiCallable, request: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as caught:
        call(request)
    return caught.value.code(), caught.value.details()


def test_malformed_grpc(server: Started) -> None:
    tensor = pb.ModelInferRequest.InferInputTensor
    name = httpx.get(f"{server.url}/v2/models/digits").json()["inputs"][0]["name"]
    values = pb.InferTensorContents(fp32_contents=ROW)
    requests = [
        pb.ModelInferRequest(model_name="digits"),
        pb.ModelInferRequest(model_name="digits", inputs=[tensor(name=name, datatype="FP99", shape=[1, 64])]),
        pb.ModelInferRequest(
            model_name="digits", inputs=[tensor(name=name, datatype="FP32", shape=[2, 64], contents=values)]
        ),
        pb.ModelInferRequest(
            model_name="digits",
            inputs=[tensor(name=name, datatype="FP32", shape=[1, 64])],
            raw_input_contents=[b"abc"],
        ),
        pb.ModelInferRequest(
            model_name="digits",
            inputs=[tensor(name=name, datatype="BYTES", shape=[1])],
            raw_input_contents=[b"\xff\xff"],
        ),
        pb.ModelInferRequest(model_name="digits", raw_input_contents=[b"", b""], inputs=[tensor(name=name)]),
    ]
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc}") as channel:
        stub = GRPCInferenceServiceStub(channel)
        for request in requests:
            code, details = _status(stub.ModelInfer, request)
            assert code is grpc.StatusCode.INVALID_ARGUMENT, (request, details)
            assert details
        raw = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        code, details = _status(raw, b"\xff\xff\xff no protobuf")
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        assert "no message of this method" in details
        assert _status(stub.ModelInfer, pb.ModelInferRequest(model_name="x"))[0] is grpc.StatusCode.NOT_FOUND
        large = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        assert _status(large, bytes(9_000_000))[0] is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_what_is_no_grpc_at_all_is_hung_up_on(sklearn_server: Started) -> None:
    for port, data in ((sklearn_server.grpc, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), (sklearn_server.rest, b"\0" * 100)):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(data)
            while connection.recv(4096):
                pass


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "evil.example:80"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": "localhost.evil.example"}, 403),
        ({"Host": ""}, 403),
        ({"Host": "10.0.0.1"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "[::1]:80"}, 200),
        ({"Host": "DIGITS.default"}, 200),
        ({"Host": "x.example."}, 200),
        ({"Origin": "http://localhost:3000"}, 200),
    ],
)
def test_foreign_hosts_and_pages(sklearn_server: Started, headers: dict[str, str], status: int) -> None:
    for path in ("/v1/models/digits", "/metrics", "/v2"):
        assert httpx.get(f"{sklearn_server.url}{path}", headers=headers).status_code == status
    posted = httpx.post(f"{sklearn_server.url}/v1/models/digits:predict", headers=headers, json={"instances": [ROW]})
    assert posted.status_code == status


def test_only_loopback_is_listened_on(sklearn_server: Started) -> None:
    listening = [one for one in psutil.Process(sklearn_server.pid).connections("inet") if one.status == "LISTEN"]
    assert {one.laddr.ip.removeprefix("::ffff:") for one in listening} == {"127.0.0.1"}
    assert {sklearn_server.rest, sklearn_server.grpc} <= {one.laddr.port for one in listening}
