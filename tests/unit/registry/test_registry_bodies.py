"""Request bodies: every wrong one is refused with the name of what is wrong, and nothing is changed by it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikf.embedded.registry import ModelRegistry
from minikf.embedded.registry.bodies import Purpose, artifact_kind, parse, read
from minikf.embedded.registry.errors import RegistryError
from minikf.embedded.registry.kinds import (
    INFERENCE_SERVICE,
    KINDS,
    METRIC,
    MODEL_ARTIFACT,
    MODEL_VERSION,
    REGISTERED_MODEL,
    SERVE_MODEL,
    Kind,
)
from minikf.embedded.registry.listing import Options
from minikf.embedded.registry.values import NAME_LIMIT, TEXT_LIMIT
from tests.unit.registry.conftest import Maker, text

CREATE, UPDATE, UPSERT = Purpose.CREATE, Purpose.UPDATE, Purpose.UPSERT


def properties(value: Any) -> dict[str, Any]:
    return {"name": "n", "customProperties": {"p": value}}


@pytest.mark.parametrize(
    ("kind", "purpose", "body", "status", "words"),
    [
        (REGISTERED_MODEL, CREATE, {}, 422, "'name' is required"),
        (REGISTERED_MODEL, CREATE, {"name": ""}, 422, "'name' is required"),
        (REGISTERED_MODEL, CREATE, {"name": 5}, 400, "'name' must be a string, not a number"),
        (REGISTERED_MODEL, CREATE, {"name": True}, 400, "not a boolean"),
        (REGISTERED_MODEL, CREATE, {"name": ["x"]}, 400, "not an array"),
        (REGISTERED_MODEL, CREATE, {"name": {}}, 400, "not an object"),
        (REGISTERED_MODEL, CREATE, {"name": "x" * (NAME_LIMIT + 1)}, 400, "'name' has 256 characters"),
        (REGISTERED_MODEL, CREATE, {"name": "a\0b"}, 400, "NUL"),
        (REGISTERED_MODEL, CREATE, {"name": "n", "id": "1"}, 400, "'id' is set by the registry"),
        (REGISTERED_MODEL, CREATE, {"name": "n", "lastUpdateTimeSinceEpoch": "1"}, 400, "is set by the registry"),
        (REGISTERED_MODEL, CREATE, {"name": "n", "colour": 1}, 400, "a registered model has no field 'colour'"),
        (REGISTERED_MODEL, CREATE, {"name": "n", "state": "GONE"}, 400, "'state' must be one of LIVE, ARCHIVED"),
        (REGISTERED_MODEL, CREATE, {"name": "n", "state": 1}, 400, "'state' must be one of"),
        (REGISTERED_MODEL, CREATE, {"name": "n", "language": "en"}, 400, "'language' must be a list"),
        (REGISTERED_MODEL, CREATE, {"name": "n", "language": [1]}, 400, r"'language\[0\]' must be a string"),
        (REGISTERED_MODEL, CREATE, {"name": "n", "description": "x" * (TEXT_LIMIT + 1)}, 400, "'description' has"),
        (REGISTERED_MODEL, CREATE, {"name": "n", "externalId": "x" * 256}, 400, "'externalId' has"),
        (REGISTERED_MODEL, CREATE, {"name": "n", "customProperties": []}, 400, "must be an object, not an array"),
        (REGISTERED_MODEL, CREATE, properties("x"), 400, "'customProperties.p' must be an object"),
        (REGISTERED_MODEL, CREATE, properties(None), 400, "not null"),
        (REGISTERED_MODEL, CREATE, properties({}), 400, "metadataType' must be one of"),
        (REGISTERED_MODEL, CREATE, properties({"metadataType": ["x"]}), 400, "metadataType' must be one of"),
        (REGISTERED_MODEL, CREATE, properties({"metadataType": "MetadataIntValue"}), 400, "needs a 'int_value'"),
        (
            REGISTERED_MODEL,
            CREATE,
            properties({"metadataType": "MetadataIntValue", "int_value": 1}),
            400,
            "must be a string",
        ),
        (
            REGISTERED_MODEL,
            CREATE,
            properties({"metadataType": "MetadataIntValue", "int_value": "1000000000"}),
            400,
            "at most nine digits",
        ),
        (
            REGISTERED_MODEL,
            CREATE,
            properties({"metadataType": "MetadataDoubleValue", "double_value": "1"}),
            400,
            "must be a number",
        ),
        (
            REGISTERED_MODEL,
            CREATE,
            properties({"metadataType": "MetadataDoubleValue", "double_value": True}),
            400,
            "must be a number",
        ),
        (REGISTERED_MODEL, CREATE, properties({"metadataType": "MetadataBoolValue", "bool_value": 1}), 400, "true or"),
        (
            REGISTERED_MODEL,
            CREATE,
            properties({"metadataType": "MetadataStructValue", "struct_value": "ü"}),
            400,
            "must be base64",
        ),
        (
            REGISTERED_MODEL,
            CREATE,
            properties({"metadataType": "MetadataProtoValue", "proto_value": "e30="}),
            400,
            "p.type' must be a string",
        ),
        (REGISTERED_MODEL, CREATE, properties(text("x" * 1_000_000)), 400, "'customProperties.p.string_value' has"),
        (
            REGISTERED_MODEL,
            CREATE,
            {"name": "n", "customProperties": {str(n): text("") for n in range(1001)}},
            400,
            "has 1001 entries",
        ),
        (REGISTERED_MODEL, CREATE, {"name": "n", "customProperties": {"x" * 256: text("")}}, 400, "256 characters"),
        (REGISTERED_MODEL, UPDATE, {"name": "n"}, 400, "'name' cannot be changed"),
        (MODEL_VERSION, CREATE, {"name": "v", "registeredModelId": ""}, 422, "'registeredModelId' is required"),
        (MODEL_VERSION, CREATE, {"name": "v", "registeredModelId": "1x"}, 400, "must be an id"),
        (MODEL_VERSION, CREATE, {"name": "v", "registeredModelId": "0"}, 400, "must be an id"),
        (MODEL_VERSION, CREATE, {"name": "v", "registeredModelId": "١"}, 400, "must be an id"),
        (MODEL_VERSION, UPDATE, {"registeredModelId": "1"}, 400, "'registeredModelId' cannot be changed"),
        (MODEL_VERSION, UPSERT, {"id": "x", "name": "v"}, 400, "'id' must be an id"),
        (INFERENCE_SERVICE, CREATE, {"servingEnvironmentId": "1"}, 422, "'registeredModelId' is required"),
        (INFERENCE_SERVICE, UPDATE, {"registeredModelId": "1"}, 400, "'registeredModelId' cannot be changed"),
        (SERVE_MODEL, CREATE, {"name": "s"}, 422, "'modelVersionId' is required"),
        (MODEL_ARTIFACT, CREATE, {"artifactType": "metric"}, 400, "'artifactType' must be model-artifact"),
        (MODEL_ARTIFACT, UPSERT, {"experimentId": "1"}, 400, "has no experiments"),
        (METRIC, UPSERT, {"name": "m"}, 400, "a metric needs a 'value'"),
        (METRIC, UPSERT, {"value": "1"}, 400, "'value' must be a number"),
        (METRIC, UPSERT, {"value": 1, "step": 1.5}, 400, "'step' must be an integer"),
        (METRIC, UPSERT, {"value": 1, "step": True}, 400, "'step' must be an integer"),
        (METRIC, UPSERT, {"value": 1, "timestamp": 17}, 400, "'timestamp' must be a string"),
        (METRIC, UPSERT, {"value": 1, "timestamp": "9" * 19}, 400, "at most 18 digits"),
    ],
)
def test_a_wrong_body_is_refused(kind: Kind, purpose: Purpose, body: dict[str, Any], status: int, words: str) -> None:
    with pytest.raises(RegistryError, match=words) as caught:
        read(kind, parse(orjson.dumps(body)), purpose)
    assert caught.value.status == status
    assert caught.value.body()["code"] == "Bad Request"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"1", b"null", b'{"name": NaN}', b'{"name": "\xff"}', b'{"name": "\\ud800"}', b"[" * 5000],
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(RegistryError) as caught:
        parse(body)
    assert caught.value.status == 400


@pytest.mark.parametrize("raw", [{}, {"artifactType": "model"}, {"artifactType": ["metric"]}, {"artifactType": 1}])
def test_an_artifact_must_say_what_it_is(raw: dict[str, Any]) -> None:
    with pytest.raises(RegistryError, match="'artifactType' must be one of"):
        artifact_kind(raw)


def test_null_is_the_same_as_absent_and_unknown_members_of_a_property_are_dropped() -> None:
    body = read(REGISTERED_MODEL, parse(b'{"name": "n", "owner": null, "bogus": null}'), CREATE)
    assert body.fields == {}
    body = read(REGISTERED_MODEL, {"name": "n", "customProperties": {"p": {**text("x"), "extra": 1}}}, CREATE)
    assert body.properties == {"p": text("x")}


def test_a_body_of_another_parent_than_the_paths_is_refused() -> None:
    body = read(MODEL_VERSION, {"name": "v", "registeredModelId": "7"}, UPSERT)
    assert body.under(7).parent == 7
    with pytest.raises(RegistryError, match="'registeredModelId' is 7, but the path says 8"):
        body.under(8)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_WORDS = st.sampled_from(
    sorted(
        {"name", "id", "externalId", "customProperties", "artifactType", *(f for k in KINDS.values() for f in k.fields)}
    )
)


@given(
    kind=st.sampled_from(sorted(KINDS)),
    body=st.dictionaries(_WORDS, _JSON, max_size=4),
    purpose=st.sampled_from(Purpose),
)
@settings(max_examples=300, deadline=None)
def test_any_json_is_read_or_refused(kind: str, body: dict[str, Any], purpose: Purpose) -> None:
    try:
        read(KINDS[kind], {name: value for name, value in body.items() if value is not None}, purpose)
    except RegistryError as error:
        assert error.status in (400, 422)


async def test_a_refused_change_changes_nothing(registry: ModelRegistry, maker: Maker) -> None:
    model = await maker.model(description="first", customProperties={"a": text("1")})
    await maker.model("other", externalId="taken")
    for body in ({"description": "second", "state": "GONE"}, {"description": "second", "externalId": "taken"}):
        with pytest.raises(RegistryError):
            await maker.patch(model, **body)
    assert await registry.get(model.id, (REGISTERED_MODEL,)) == model
    environment = await maker.make(KINDS["ServingEnvironment"], name="e")
    with pytest.raises(RegistryError, match="no model version has the id 999"):
        await maker.make(
            INFERENCE_SERVICE,
            servingEnvironmentId=str(environment.id),
            registeredModelId=str(model.id),
            modelVersionId="999",
        )
    assert (await registry.page(Options((INFERENCE_SERVICE,)))).items == ()
