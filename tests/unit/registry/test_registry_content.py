"""Model content: what is stored, what is said where nothing is, and what serving gets."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from minikf.blobs import BlobStore
from minikf.embedded.registry import RegistryError, parse_model_uri, resolve_model
from minikf.embedded.registry.content import Content, ingest
from minikf.embedded.registry.kinds import MODEL_ARTIFACT
from minikf.embedded.registry.resource import Resource
from tests.unit.registry.conftest import Maker, text


def shown(artifact: Resource) -> dict[str, object]:
    """The registry's own custom properties, as plain values."""
    found = {name: value for name, value in artifact.properties.items() if name.startswith("minikf.")}
    return {name: value.get("string_value", value.get("double_value")) for name, value in found.items()}


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    file = tmp_path / "model.joblib"
    file.write_bytes(b"weights")
    return file


@pytest.fixture
async def version(maker: Maker) -> Resource:
    return await maker.version(await maker.model(), "v1")


SHA = hashlib.sha256(b"weights").hexdigest()
STORED = {
    "minikf.sha256": SHA,
    "minikf.size": 7,
    "minikf.content": "file",
    "minikf.filename": "model.joblib",
}


async def test_a_local_file_is_stored_and_the_uri_stays(maker: Maker, version: Resource, model_file: Path) -> None:
    artifact = await maker.artifact(version, name="digits", uri=model_file.as_uri(), modelFormatName="sklearn")
    assert shown(artifact) == STORED
    assert artifact.text("uri") == model_file.as_uri()
    model_file.unlink()
    resolved = await resolve_model(maker.registry, "digits", "v1")
    assert resolved.path is not None and resolved.path.read_bytes() == b"weights"
    assert (resolved.digest, resolved.size, resolved.filename) == (f"sha256:{SHA}", 7, "model.joblib")
    assert (resolved.format, resolved.uri, resolved.version) == ("sklearn", model_file.as_uri(), "v1")


async def test_a_local_folder_is_stored(maker: Maker, version: Resource, tmp_path: Path) -> None:
    (tmp_path / "saved/variables").mkdir(parents=True)
    (tmp_path / "saved/model.pb").write_bytes(b"graph")
    artifact = await maker.artifact(version, name="digits", uri=f"file://{tmp_path}/saved/")
    assert shown(artifact)["minikf.content"] == "folder"
    assert shown(artifact)["minikf.filename"] == "saved"
    resolved = await resolve_model(maker.registry, "digits")
    assert resolved.path is not None and (resolved.path / "model.pb").read_bytes() == b"graph"
    assert (resolved.path / "variables").is_dir()
    assert resolved.digest.startswith("tree-sha256:")


async def test_a_missing_file_is_accepted_said_and_stored_when_it_is_there(
    maker: Maker, version: Resource, tmp_path: Path
) -> None:
    file = tmp_path / "later.joblib"
    artifact = await maker.artifact(version, name="digits", uri=f"file://{file}")
    assert shown(artifact)["minikf.content"] == "not stored"
    assert f"there is no {file}" in str(shown(artifact)["minikf.warning"])
    with pytest.raises(RegistryError, match=r"cannot be served.*there is no") as caught:
        await resolve_model(maker.registry, "digits", "v1")
    assert caught.value.reason == "ContentNotStored"
    file.write_bytes(b"weights")
    assert shown(await maker.patch(artifact, description="now it is there")) == STORED | {
        "minikf.filename": "later.joblib"
    }


async def test_stored_content_stays_until_the_uri_changes(maker: Maker, version: Resource, model_file: Path) -> None:
    artifact = await maker.artifact(version, name="digits", uri=model_file.as_uri())
    model_file.write_bytes(b"retrained")
    assert shown(await maker.patch(artifact, uri=model_file.as_uri(), description="d")) == STORED
    assert shown(await maker.patch(artifact, customProperties={})) == STORED
    other = model_file.with_name("other.joblib")
    other.write_bytes(b"other")
    changed = await maker.patch(artifact, uri=other.as_uri())
    assert shown(changed)["minikf.sha256"] == hashlib.sha256(b"other").hexdigest()
    assert shown(await maker.patch(artifact, uri="s3://bucket/model")) == {}


async def test_clients_cannot_write_what_the_registry_says(maker: Maker, version: Resource, model_file: Path) -> None:
    forged = {"minikf.sha256": text("0" * 64), "minikf.content": text("file"), "mine": text("kept")}
    stored = await maker.artifact(version, name="one", uri=model_file.as_uri(), customProperties=forged)
    assert shown(stored) == STORED
    assert stored.properties["mine"] == text("kept")
    remote = await maker.artifact(version, name="two", uri="s3://bucket/model", customProperties=forged)
    assert remote.properties == {"mine": text("kept")}
    assert shown(await maker.patch(remote, customProperties=forged)) == {}


async def test_changes_at_the_same_time_agree_with_the_uri(maker: Maker, version: Resource, tmp_path: Path) -> None:
    artifact = await maker.artifact(version, name="digits", uri="s3://bucket/model")
    files = [tmp_path / f"{number}.joblib" for number in range(6)]
    for file in files:
        file.write_bytes(file.name.encode() * 1000)
    await asyncio.gather(*(maker.patch(artifact, uri=file.as_uri()) for file in files))
    await asyncio.gather(*(maker.patch(artifact, description=str(number)) for number in range(6)))
    found = await maker.registry.get(artifact.id, (MODEL_ARTIFACT,))
    file = Path(found.text("uri").removeprefix("file://"))
    assert shown(found)["minikf.sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    "uri", ["s3://b/m", "https://host/m.onnx", "hf://org/model", "oci://r/m:1", "relative/path", ""]
)
def test_what_lies_elsewhere_is_left_there(tmp_path: Path, uri: str) -> None:
    assert ingest(uri, {}, BlobStore(tmp_path / "blobs"), tmp_path) == Content()


@pytest.mark.parametrize("name", ["plain", "with space", "per%cent", "per%20cent", "hash#tag", "what?", "größe"])
def test_file_uris_as_programs_write_them(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(b"weights")
    store = BlobStore(tmp_path / "blobs")
    for uri in (file.as_uri(), f"file://{file}", f"file://localhost{file}", f"file:{file}", str(file)):
        found = ingest(uri, {}, store, tmp_path)
        assert found.blob is not None and found.blob.sha256 == SHA, uri
        assert found.filename == name


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("file://elsewhere/model", "is no file uri of this machine"),
        ("file:model", "is no file uri of this machine"),
        ("file://", "is no file uri of this machine"),
        ("file:///dev/null", "is no file"),
        ("file:///a%00b", "is no path"),
        ("file:///" + "x" * 5000, "cannot be read"),
        ("pvc://", "names no claim"),
        ("pvc://../x", "names no claim"),
        ("pvc://absent/model", "no volume of a claim 'absent'"),
        ("pvc://*/model", r"no volume of a claim '\*'"),
        ("pvc://claim/../../secret", "leads out of its volume"),
        ("pvc://claim/out/secret", "leads out of its volume"),
        ("pvc://claim/none", "there is no"),
        ("pvc://twice/model", "exist in a, b"),
    ],
)
def test_what_cannot_be_stored_says_why(tmp_path: Path, uri: str, words: str) -> None:
    volumes = tmp_path / "volumes"
    for folder in ("a/claim", "a/twice", "b/twice"):
        (volumes / folder).mkdir(parents=True)
    (tmp_path / "secret").write_bytes(b"s")
    (volumes / "secret").write_bytes(b"s")
    (volumes / "a/claim/out").symlink_to(tmp_path)
    found = ingest(uri, {}, BlobStore(tmp_path / "blobs"), volumes)
    assert found.blob is None
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(found.warning)


async def test_a_claims_namespace_comes_from_the_trainjob_the_property_or_the_only_claim(
    maker: Maker, tmp_path: Path
) -> None:
    for namespace in ("a", "b"):
        folder = tmp_path / "data/volumes" / namespace / "models"
        folder.mkdir(parents=True)
        (folder / "m").write_bytes(namespace.encode())
    (tmp_path / "data/volumes/b/only").mkdir()
    (tmp_path / "data/volumes/b/only/m").write_bytes(b"only")
    model = await maker.model()
    said = await maker.version(model, "said", customProperties={"minikf.trainjob": text("b/train-digits")})
    unsaid = await maker.version(model, "unsaid")
    uri = "pvc://models/m"
    found = [
        await maker.artifact(said, name="1", uri=uri),
        await maker.artifact(said, name="2", uri=uri, customProperties={"minikf.namespace": text("a")}),
        await maker.artifact(unsaid, name="3", uri="pvc://only/m"),
    ]
    hashes = [hashlib.sha256(data).hexdigest() for data in (b"b", b"a", b"only")]
    assert [shown(artifact)["minikf.sha256"] for artifact in found] == hashes
    ambiguous = await maker.artifact(unsaid, name="4", uri=uri)
    assert "set the custom property minikf.namespace" in str(shown(ambiguous)["minikf.warning"])
    now = await maker.patch(ambiguous, customProperties={"minikf.namespace": text("a")})
    assert shown(now)["minikf.sha256"] == hashes[1]


async def test_a_store_that_cannot_be_written_is_an_error_and_registers_nothing(
    maker: Maker, version: Resource, model_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "data/blobs").write_bytes(b"in the way")
    with pytest.raises(RegistryError, match="cannot be stored") as caught:
        await maker.artifact(version, name="digits", uri=model_file.as_uri())
    assert caught.value.status == 503
    with pytest.raises(RegistryError) as caught:
        await resolve_model(maker.registry, "digits", "v1")
    assert caught.value.reason == "ArtifactNotFound"


async def test_resolving_without_a_version_takes_the_newest_live_one(maker: Maker, model_file: Path) -> None:
    model = await maker.model()
    versions = [await maker.version(model, name) for name in ("v1", "v2", "v3")]
    for version in versions:
        await maker.artifact(version, name="digits", uri=model_file.as_uri())
    assert (await resolve_model(maker.registry, "digits")).version == "v3"
    await maker.patch(versions[2], state="ARCHIVED")
    assert (await resolve_model(maker.registry, "digits")).version == "v2"
    assert (await resolve_model(maker.registry, "digits", "v3")).version == "v3"
    await maker.patch(versions[0], state="ARCHIVED")
    await maker.patch(versions[1], state="ARCHIVED")
    with pytest.raises(RegistryError) as caught:
        await resolve_model(maker.registry, "digits")
    assert caught.value.reason == "NoLiveVersion"


async def test_resolving_takes_the_artifact_named_as_the_model(maker: Maker, version: Resource) -> None:
    await maker.artifact(version, name="aside", uri="s3://aside")
    await maker.artifact(version, "doc-artifact", name="digits", uri="s3://doc")
    assert (await resolve_model(maker.registry, "digits", "v1")).uri == "s3://aside"
    named = await maker.artifact(version, name="digits", uri="s3://model")
    resolved = await resolve_model(maker.registry, "digits", "v1")
    assert (resolved.uri, resolved.path, resolved.digest) == ("s3://model", None, "")
    await maker.patch(named, state="DELETED")
    assert (await resolve_model(maker.registry, "digits", "v1")).uri == "s3://aside"


async def test_what_cannot_be_resolved_says_why(maker: Maker, version: Resource, model_file: Path) -> None:
    for name, wanted, reason in (
        ("nothing", None, "ModelNotFound"),
        ("digits", "v9", "VersionNotFound"),
        ("digits", "v1", "ArtifactNotFound"),
    ):
        with pytest.raises(RegistryError) as caught:
            await resolve_model(maker.registry, name, wanted)
        assert caught.value.reason == reason
    artifact = await maker.artifact(version, name="digits", uri=model_file.as_uri())
    stored = maker.registry.blobs.path(f"sha256:{SHA}")
    stored.chmod(0o600)
    stored.write_bytes(b"damaged")
    with pytest.raises(RegistryError, match="register the model again") as caught:
        await resolve_model(maker.registry, "digits", "v1")
    assert caught.value.reason == "ContentDamaged"
    stored.unlink()
    with pytest.raises(RegistryError) as caught:
        await resolve_model(maker.registry, "digits", "v1")
    assert caught.value.reason == "ContentMissing"
    again = await maker.version(await maker.model("again"), "v1")
    await maker.artifact(again, name="again", uri=model_file.as_uri())
    assert artifact.id and (await resolve_model(maker.registry, "digits", "v1")).path == stored


@pytest.mark.parametrize(
    ("uri", "wanted"),
    [
        ("model-registry://digits", ("digits", None)),
        ("model-registry://digits/v1", ("digits", "v1")),
        ("model-registry://digits/v1?namespace=x", ("digits", "v1")),
        ("model-registry://a%2Fb/v%201", ("a/b", "v 1")),
        ("model-registry://localhost:8080/digits/v1", ("digits", "v1")),
    ],
)
def test_storage_uris(uri: str, wanted: tuple[str, str | None]) -> None:
    assert parse_model_uri(uri) == wanted


@pytest.mark.parametrize(
    "uri", ["", "model-registry://", "model-registry:///v1", "model-registry://a/b/c/d", "s3://a/b"]
)
def test_bad_storage_uris(uri: str) -> None:
    with pytest.raises(RegistryError, match="names no registered model"):
        parse_model_uri(uri)
