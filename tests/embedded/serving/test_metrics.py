"""Requests, errors and latency by model and protocol."""

from __future__ import annotations

import grpc
import httpx
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub
from prometheus_client.parser import text_string_to_metric_families

from tests.embedded.serving.conftest import Digits, Serve
from tests.embedded.serving.farm import Started


def _counts(server: Started) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(httpx.get(f"{server.url}/metrics").text)
    return {
        (
            sample.name.removeprefix("minikf_inference_"),
            *(value for _, value in sorted(sample.labels.items())),
        ): sample.value
        for family in families
        for sample in family.samples
        if sample.name.endswith(("_total", "_count")) and not sample.name.startswith("python")
    }


def test_counts(serve: Serve, digits: Digits) -> None:
    server = serve("--model_name=digits", f"--model_dir={digits.sklearn}")
    with httpx.Client(base_url=server.url) as client:
        for _ in range(3):
            client.post("/v1/models/digits:predict", json={"instances": digits.rows})
        client.post("/v1/models/digits:predict", json={"instances": 1})
        client.post("/v2/models/digits/infer", json={})
        for number in range(30):
            client.post(f"/v1/models/made-up-{number}:predict", json={"instances": []})
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc}") as channel, pytest.raises(grpc.RpcError):
        GRPCInferenceServiceStub(channel).ModelInfer(pb.ModelInferRequest(model_name="digits"))
    counts = _counts(server)
    assert counts["requests_total", "digits", "rest-v1"] == 4
    assert counts["errors_total", "400", "digits", "rest-v1"] == 1
    assert counts["errors_total", "400", "digits", "rest-v2"] == 1
    assert counts["errors_total", "INVALID_ARGUMENT", "digits", "grpc-v2"] == 1
    assert counts["seconds_count", "digits", "rest-v1"] == 4
    # However many names are made up, they are one label.
    assert counts["requests_total", "unknown", "rest-v1"] == 30
    assert not any("made-up-1" in key for key in counts)
    # What kserve counts itself is there, too.
    assert counts["request_predict_seconds_count", "digits"] == 5
