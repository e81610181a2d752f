"""The official clients, unmodified, over TLS with the platform's own CA and credential."""

from __future__ import annotations

import asyncio
import hashlib
import warnings
from pathlib import Path
from typing import Any

import pytest
from kubeflow.hub import ModelRegistryClient, StorageConfig
from model_registry import ModelRegistry
from model_registry.core import ModelRegistryAPIClient
from model_registry.exceptions import StoreError
from model_registry.types import (
    ArtifactState,
    DataSet,
    DocArtifact,
    ListOptions,
    ModelArtifact,
    ModelVersion,
    ModelVersionState,
    Parameter,
    ParameterType,
    RegisteredModel,
    RegisteredModelState,
)
from mr_openapi.exceptions import ConflictException, UnauthorizedException

from tests.embedded.registry.conftest import Endpoint


@pytest.fixture
def client(endpoint: Endpoint) -> ModelRegistry:
    """With the environment that `minikf env` exports, the address is all that must be given."""
    return ModelRegistry(endpoint.url, author="ada")


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    file = tmp_path / "model.joblib"
    file.write_bytes(b"weights")
    return file


def register(client: ModelRegistry, name: str, uri: str, version: str = "v1", **more: Any) -> RegisteredModel:
    return client.register_model(
        name, uri, version=version, model_format_name="sklearn", model_format_version="1", **more
    )


def test_register_and_read_back(client: ModelRegistry, model_file: Path) -> None:
    metadata = {"accuracy": 0.97, "epochs": 3, "tuned": True, "minikf.trainjob": "default/train-digits"}
    more = {"storage_key": "k", "model_source_kind": "trainer", "version_description": "the first"}
    model = register(client, "digits", model_file.as_uri(), metadata=metadata, **more)
    assert (model.name, model.owner, model.state) == ("digits", "ada", RegisteredModelState.LIVE)
    assert client.get_registered_model("digits") == model
    version = client.get_model_version("digits", "v1")
    assert version is not None
    assert (version.name, version.author, version.description) == ("v1", "ada", "the first")
    assert version.custom_properties == metadata
    assert version.registered_model_id == model.id
    artifact = client.get_model_artifact("digits", "v1")
    assert artifact is not None
    assert (artifact.name, artifact.uri, artifact.model_format_name) == ("digits", model_file.as_uri(), "sklearn")
    assert (artifact.storage_key, artifact.model_source_kind) == ("k", "trainer")
    assert artifact.custom_properties == {
        "minikf.sha256": hashlib.sha256(b"weights").hexdigest(),
        "minikf.size": 7,
        "minikf.content": "file",
        "minikf.filename": "model.joblib",
    }


def test_a_version_twice_is_refused_by_client_and_server(client: ModelRegistry) -> None:
    model = register(client, "twice", "s3://b/m")
    with pytest.raises(StoreError, match="already exists"):
        register(client, "twice", "s3://b/m")
    api = client._api
    with pytest.raises(ConflictException, match="the model version 'v1' already exists"):
        asyncio.run(api.upsert_model_version(ModelVersion(name="v1"), model.id))
    register(client, "twice", "s3://b/m2", version="v2")
    assert [version.name for version in client.get_model_versions("twice")] == ["v1", "v2"]


def test_updates(client: ModelRegistry, model_file: Path) -> None:
    model = register(client, "changing", model_file.as_uri())
    model.description, model.custom_properties = "better", {"team": "ml"}
    assert client.update(model).custom_properties == {"team": "ml"}
    version = client.get_model_version("changing", "v1")
    assert version is not None
    version.state = ModelVersionState.ARCHIVED
    assert client.update(version).state is ModelVersionState.ARCHIVED
    artifact = client.get_model_artifact("changing", "v1")
    assert artifact is not None and artifact.custom_properties is not None
    stored = artifact.custom_properties["minikf.sha256"]
    model_file.write_bytes(b"something else by now")
    artifact.description, artifact.state = "as it was registered", ArtifactState.LIVE
    updated = client.update(artifact)
    assert updated.custom_properties is not None
    assert (updated.state, updated.custom_properties["minikf.sha256"]) == (ArtifactState.LIVE, stored)


def test_what_is_not_there(client: ModelRegistry, tmp_path: Path) -> None:
    assert client.get_registered_model("nobody") is None
    with pytest.raises(StoreError, match="Model nobody does not exist"):
        client.get_model_version("nobody", "v1")
    register(client, "somebody", f"file://{tmp_path}/absent.joblib")
    assert client.get_model_version("somebody", "v9") is None
    artifact = client.get_model_artifact("somebody", "v1")
    assert artifact is not None and artifact.custom_properties is not None
    assert artifact.uri == f"file://{tmp_path}/absent.joblib"
    assert "there is no" in str(artifact.custom_properties["minikf.warning"])


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_the_pager_meets_every_model_once(client: ModelRegistry, size: int) -> None:
    names = [f"page {number}" for number in range(5)]
    for name in names:
        if client.get_registered_model(name) is None:
            register(client, name, "s3://b/m")
    everyone = [model.name for model in client.get_registered_models()]
    assert set(names) <= set(everyone)
    assert [model.name for model in client.get_registered_models().page_size(size)] == everyone
    newest_first = client.get_registered_models().page_size(size).order_by_creation_time().descending()
    assert [model.name for model in newest_first] == everyone[::-1]
    by_update = client.get_registered_models().page_size(size).order_by_update_time()
    assert sorted(model.name for model in by_update) == sorted(everyone)


async def test_every_kind_of_artifact(endpoint: Endpoint) -> None:
    api = ModelRegistryAPIClient.secure_connection(
        endpoint.url, user_token=endpoint.token, custom_ca=str(endpoint.paths.ca)
    )
    model = await api.upsert_registered_model(RegisteredModel(name="artifacts", external_id="ext-1"))
    assert model.id is not None
    version = await api.upsert_model_version(ModelVersion(name="v1", external_id="ext-2"), model.id)
    assert version.id is not None
    made = [
        await api.upsert_model_version_artifact(artifact, version.id)
        for artifact in (
            ModelArtifact(name="weights", uri="s3://b/m", external_id="ext-3"),
            DocArtifact(name="card", uri="s3://b/card.md", custom_properties={"pages": 2}),
            DataSet(name="training", uri="s3://b/data", digest="d", schema="{}"),
            Parameter(name="rate", value="0.1", parameter_type=ParameterType.NUMBER),
        )
    ]
    assert await api.get_model_version_artifacts(version.id) == made
    assert await api.get_artifacts(filter_query="name = 'card' AND pages = 2") == [made[1]]
    assert await api.get_artifacts(artifact_type="parameter", filter_query="value = '0.1'") == [made[3]]
    assert await api.get_model_artifact_by_params(external_id="ext-3") == made[0]
    assert await api.get_model_artifact_by_params(name="weights", model_version_id=version.id) == made[0]
    assert await api.get_model_version_by_params(external_id="ext-2") == version
    assert await api.get_registered_model_by_params(external_id="ext-1") == model
    assert await api.get_registered_model_by_id(str(int(model.id) + 10_000)) is None
    options = ListOptions(limit=1)
    assert await api.get_model_artifacts(version.id, options) == [made[0]]
    assert options.next_page_token
    alone = await api.upsert_model_artifact(ModelArtifact(name="alone", uri="s3://b/alone"))
    assert alone.id is not None and await api.get_model_artifact_by_id(alone.id) == alone


def test_the_hub_client(endpoint: Endpoint, model_file: Path) -> None:
    client = ModelRegistryClient(endpoint.url)
    storage = StorageConfig(storage_key="secret", storage_path="models/v1")
    model = client.register_model("hub", model_file.as_uri(), version="v1", storage_config=storage)
    assert client.get_model("hub").id == model.id
    version = client.get_model_version("hub", "v1")
    version.description = "from the hub client"
    assert client.update_model_version(version).description == "from the hub client"
    artifact = client.get_model_artifact("hub", "v1")
    assert (artifact.uri, artifact.storage_path) == (model_file.as_uri(), "models/v1")
    artifact.model_format_name = "sklearn"
    assert client.update_model_artifact(artifact).model_format_name == "sklearn"
    model.description = "d"
    assert client.update_model(model).description == "d"
    assert "hub" in [found.name for found in client.list_models()]
    assert [found.name for found in client.list_model_versions("hub")] == ["v1"]
    with pytest.raises(ValueError, match="not found"):
        client.get_model("nobody")


def test_everything_can_be_given_as_arguments(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KF_PIPELINES_SA_TOKEN_PATH")
    monkeypatch.delenv("SSL_CERT_FILE")
    given = {"user_token": endpoint.token, "custom_ca": str(endpoint.paths.ca)}
    address, _, port = endpoint.url.rpartition(":")
    for client in (
        ModelRegistry(address, int(port), author="ada", **given),
        ModelRegistry(endpoint.url, author="ada", is_secure=True, **given),
    ):
        assert client.get_registered_model("nobody") is None
    ModelRegistryClient(address, port=int(port), **given)


def test_without_credential_or_trust_nothing_is_answered(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnauthorizedException):
        ModelRegistry(endpoint.url, author="ada", user_token="wrong")
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(Exception, match="CERTIFICATE_VERIFY_FAILED"):
        ModelRegistry(endpoint.url, author="ada")
    monkeypatch.delenv("KF_PIPELINES_SA_TOKEN_PATH")
    with warnings.catch_warnings(), pytest.raises(StoreError, match="user token must be provided"):
        warnings.simplefilter("ignore")
        ModelRegistry(endpoint.url, author="ada")
