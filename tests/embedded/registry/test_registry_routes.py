"""The API's routes: every one that the generated client has, and what the others answer."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest
from mr_openapi import ModelRegistryServiceApi

from tests.embedded.registry.conftest import Endpoint


def client_routes() -> set[tuple[str, str]]:
    """(method, path below the version) of every operation in the generated client."""
    routes = set()

    class Recorder:
        def __getattr__(self, name: str) -> Any:
            return getattr(self.client, name)

        def __init__(self, client: Any) -> None:
            self.client = client

        def param_serialize(self, **request: Any) -> None:
            routes.add((request["method"], request["resource_path"].removeprefix("/api/model_registry/v1")))

    from mr_openapi import ApiClient, Configuration

    api = ModelRegistryServiceApi(Recorder(ApiClient(Configuration(host="https://127.0.0.1:1"))))  # type: ignore[arg-type]
    for name, method in inspect.getmembers(api, inspect.ismethod):
        if name.endswith("_serialize"):
            method(**dict.fromkeys(inspect.signature(method).parameters))
    return routes


def test_every_route_of_the_client_is_served(endpoint: Endpoint) -> None:
    routes = client_routes()
    assert len(routes) == 40
    for method, template in sorted(routes):
        path = "/".join("99999" if part.startswith("{") else part for part in template.split("/"))
        reply = endpoint.call(method, path, {} if method != "GET" else None)
        assert reply.status not in (405, 500, 501), (method, template, reply)
        assert "has no path" not in str(reply.body), (method, template, reply)
        assert "id" in reply.body or set(reply.body) in (
            {"code", "message"},
            {"items", "nextPageToken", "pageSize", "size"},
        )


@pytest.mark.parametrize("path", ["experiment", "experiments", "experiments/1/experiment_runs", "experiment_runs/1"])
@pytest.mark.parametrize("version", ["v1", "v1alpha3"])
def test_experiments_are_said_to_be_missing(endpoint: Endpoint, path: str, version: str) -> None:
    reply = endpoint.call("GET", f"/{path}", version=version)
    assert (reply.status, reply.body["code"]) == (501, "Not Implemented")
    assert "use MLflow or pipeline runs" in reply.body["message"]


@pytest.mark.parametrize(
    ("method", "path", "version", "status"),
    [
        ("GET", "/serve_models", "v1", 404),
        ("GET", "/registered_models/", "v1", 404),
        ("GET", "/registered_models/1/2", "v1", 404),
        ("GET", "", "v1", 404),
        ("GET", "/registered_models", "v2", 404),
        ("GET", "/registered_models", "", 404),
        ("DELETE", "/registered_models/1", "v1", 405),
        ("PUT", "/registered_models", "v1", 405),
        ("POST", "/registered_model", "v1", 405),
        ("GET", "/registered_models/999999999", "v1", 404),
        ("GET", "/registered_models/9999999999", "v1", 400),
        ("GET", "/registered_models/%31'--", "v1", 400),
        ("GET", "/registered_models?filterQuery=%ff", "v1", 400),
        ("GET", "/registered_model?name=a%00b", "v1", 400),
        ("GET", "/lineage?version=v1", "minikf", 400),
        ("GET", "/lineage?name=nobody", "minikf", 404),
    ],
)
def test_other_paths_answer_in_the_apis_format(
    endpoint: Endpoint, method: str, path: str, version: str, status: int
) -> None:
    reply = endpoint.call(method, path, version=version)
    assert reply.status == status
    assert set(reply.body) == {"code", "message"}
    assert "Traceback" not in reply.body["message"]


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"name": "\xff"}', b"\x00", b'{"name": "a\\u0000b"}'])
def test_malformed_bodies_are_refused(endpoint: Endpoint, raw: bytes) -> None:
    reply = endpoint.call("POST", "/registered_models", raw=raw)
    assert (reply.status, reply.body["code"]) == (400, "Bad Request")


def test_large_bodies_are_refused_and_change_nothing(endpoint: Endpoint) -> None:
    large = {"large": {"string_value": "x" * 1_000_000, "metadataType": "MetadataStringValue"}}
    reply = endpoint.call("POST", "/registered_models", {"name": "large", "customProperties": large})
    assert reply.status == 400
    assert "customProperties.large" in reply.body["message"]
    reply = endpoint.call("POST", "/registered_models", raw=b" " * (5 << 20))
    assert (reply.status, reply.body["code"]) == (413, "Request Entity Too Large")
    assert endpoint.call("GET", "/registered_model?name=large").status == 404


def test_a_metrics_step_is_a_string_in_v1_and_a_number_in_v1alpha3(endpoint: Endpoint) -> None:
    model = endpoint.call("POST", "/registered_models", {"name": "steps"}).body
    version = endpoint.call("POST", f"/registered_models/{model['id']}/versions", {"name": "v1"}).body
    path = f"/model_versions/{version['id']}/artifacts"
    metric = {"artifactType": "metric", "name": "loss", "value": 0.5, "timestamp": "1700000000000"}
    made = endpoint.call("POST", path, {**metric, "step": "3"}).body
    assert (made["step"], made["timestamp"], made["value"]) == ("3", "1700000000000", 0.5)
    assert endpoint.call("GET", f"/artifacts/{made['id']}", version="v1alpha3").body["step"] == 3
    assert endpoint.call("POST", path, {**metric, "step": 4}, version="v1alpha3").body["step"] == 4
    assert endpoint.call("GET", f"/artifacts/{made['id']}").body["step"] == "4"


def test_properties_of_all_types_come_back_as_they_went_in(endpoint: Endpoint) -> None:
    properties = {
        "text": {"string_value": 'ü "x" \n', "metadataType": "MetadataStringValue"},
        "int": {"int_value": "-999999999", "metadataType": "MetadataIntValue"},
        "double": {"double_value": 1e-300, "metadataType": "MetadataDoubleValue"},
        "bool": {"bool_value": False, "metadataType": "MetadataBoolValue"},
        "struct": {"struct_value": "eyJhIjogMX0=", "metadataType": "MetadataStructValue"},
        "proto": {"proto_value": "CAE=", "type": "t/x", "metadataType": "MetadataProtoValue"},
        "": {"string_value": "a name may be empty", "metadataType": "MetadataStringValue"},
    }
    made = endpoint.call("POST", "/registered_models", {"name": "all types", "customProperties": properties})
    assert made.status == 201
    assert endpoint.call("GET", f"/registered_models/{made.body['id']}").body["customProperties"] == properties


def test_what_was_not_stored_is_said_in_a_header_too(endpoint: Endpoint) -> None:
    model = endpoint.call("POST", "/registered_models", {"name": "absent"}).body
    version = endpoint.call("POST", f"/registered_models/{model['id']}/versions", {"name": "v1"}).body
    artifact = {"artifactType": "model-artifact", "name": "absent", "uri": 'file:///nowhere/"ü\n'}
    reply = endpoint.call("POST", f"/model_versions/{version['id']}/artifacts", artifact)
    assert reply.status == 201
    assert reply.headers["warning"].startswith('299 - "the content of file:///nowhere/??? is not stored')
    assert reply.body["uri"] == artifact["uri"]


def test_lineage_over_http(endpoint: Endpoint) -> None:
    job = {"metadata": {"uid": "u"}, "status": {"conditions": [{"type": "Complete", "status": "True"}]}}
    endpoint.objects.trainjobs["default", "train"] = job
    model = endpoint.call("POST", "/registered_models", {"name": "with line"}).body
    made_by = {"minikf.trainjob": {"string_value": "default/train", "metadataType": "MetadataStringValue"}}
    body = {"name": "v1", "customProperties": made_by}
    endpoint.call("POST", f"/registered_models/{model['id']}/versions", body)
    reply = endpoint.call("GET", "/lineage?name=with+line&version=v1", version="minikf")
    assert reply.status == 200
    (version,) = reply.body["versions"]
    assert (version["name"], version["madeBy"][0]["conditions"]) == ("v1", ["Complete"])
    json.dumps(reply.body)
