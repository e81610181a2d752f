"""Models from files, claims and the registry."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from minikf.embedded.storage import Fetcher, FetchFailed, parse_uri
from minikf.errors import MinikfError
from minikf.paths import PlatformPaths


async def test_a_file_keeps_its_name_and_what_was_stored(fetcher: Fetcher, tmp_path: Path) -> None:
    source = tmp_path / "my model.joblib"
    source.write_bytes(b"model")
    fetched = await fetcher.fetch(parse_uri(f"file://{source}"), "default")
    source.write_bytes(b"changed later")
    folder = fetcher.checkout(fetched, tmp_path / "out")
    assert (folder / "my model.joblib").read_bytes() == b"model"
    assert fetched.digest == f"sha256:{hashlib.sha256(b'model').hexdigest()}"
    assert fetcher.checkout(fetched, tmp_path / "out") == folder


async def test_percent_signs_are_decoded_unless_such_a_file_exists(fetcher: Fetcher, tmp_path: Path) -> None:
    (tmp_path / "a b").write_bytes(b"decoded")
    (tmp_path / "c%20d").write_bytes(b"as it is")
    decoded = await fetcher.fetch(parse_uri(f"file://{tmp_path}/a%20b"), "default")
    literal = await fetcher.fetch(parse_uri(f"file://{tmp_path}/c%20d"), "default")
    assert (decoded.filename, literal.filename) == ("a b", "c%20d")


async def test_a_folder_is_served_from_the_store(fetcher: Fetcher, tmp_path: Path) -> None:
    (tmp_path / "m" / "1").mkdir(parents=True)
    (tmp_path / "m" / "1" / "model.onnx").write_bytes(b"x")
    fetched = await fetcher.fetch(parse_uri(f"{tmp_path}/m"), "default")
    folder = fetcher.checkout(fetched, tmp_path / "out")
    assert (folder / "1" / "model.onnx").read_bytes() == b"x"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["missing", "x" * 300, "nul\0"])
async def test_a_missing_file_is_named(fetcher: Fetcher, tmp_path: Path, name: str) -> None:
    with pytest.raises(FetchFailed) as caught:
        await fetcher.fetch(parse_uri(f"file://{tmp_path}/{name}"), "default")
    assert str(tmp_path) in caught.value.message.replace("\\x00", "\0")


async def test_a_wrong_checksum_is_told_with_both(fetcher: Fetcher, tmp_path: Path) -> None:
    (tmp_path / "m.pkl").write_bytes(b"model")
    wrong, right = "0" * 64, hashlib.sha256(b"model").hexdigest()
    with pytest.raises(FetchFailed) as caught:
        await fetcher.fetch(parse_uri(f"file://{tmp_path}/m.pkl#sha256={wrong}"), "default")
    assert wrong in caught.value.cause
    assert right in caught.value.cause
    await fetcher.fetch(parse_uri(f"file://{tmp_path}/m.pkl", right), "default")
    with pytest.raises(FetchFailed, match="cannot be compared"):
        await fetcher.fetch(parse_uri(str(tmp_path), right), "default")


async def test_a_claim_is_one_of_the_namespace(fetcher: Fetcher, paths: PlatformPaths) -> None:
    claim = paths.volumes / "team" / "models"
    (claim / "iris").mkdir(parents=True)
    (claim / "iris" / "model.pkl").write_bytes(b"x")
    fetched = await fetcher.fetch(parse_uri("pvc://models/iris/model.pkl"), "team")
    assert fetched.filename == "model.pkl"
    with pytest.raises(FetchFailed, match="no PersistentVolumeClaim 'models' in namespace 'default'"):
        await fetcher.fetch(parse_uri("pvc://models/iris"), "default")
    with pytest.raises(FetchFailed) as caught:
        await fetcher.fetch(parse_uri("pvc://models/tulip"), "team")
    assert "it holds iris" in caught.value.cause


async def test_nothing_leads_out_of_a_claim(fetcher: Fetcher, paths: PlatformPaths, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("hidden")
    claim = paths.volumes / "default" / "models"
    (claim / "m").mkdir(parents=True)
    (claim / "m" / "model.pkl").symlink_to(secret / "key")
    (claim / "folder").symlink_to(secret)
    for path in ("m", "m/model.pkl", "folder", "folder/key", "../../../secret/key", "m/../../models/m"):
        with pytest.raises(FetchFailed, match="leads out"):
            await fetcher.fetch(parse_uri(f"pvc://models/{path}"), "default")


async def test_a_pipe_is_no_model(fetcher: Fetcher, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.pkl")
    with pytest.raises(FetchFailed, match="cannot be stored"):
        await fetcher.fetch(parse_uri(f"file://{tmp_path}/model.pkl"), "default")


@dataclass(frozen=True)
class _Found:
    uri: str
    path: Path | None = None
    digest: str = ""
    size: int = 0
    filename: str = ""


async def test_the_registry_gives_stored_files_or_an_address(paths: PlatformPaths, tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(b"x")
    blob = Fetcher(paths).blobs.put_file(tmp_path / "model.pkl")
    answers = {
        "model-registry://a/1": _Found("gone", tmp_path / "model.pkl", blob.digest, blob.size, "model.pkl"),
        "model-registry://b/1": _Found(f"file://{tmp_path}/model.pkl"),
        "model-registry://c/1": _Found("model-registry://c/1"),
        "model-registry://d/1": _Found("s3://bucket/m"),
    }

    async def resolve(uri: str) -> _Found:
        if uri not in answers:
            raise MinikfError(f"no model {uri}", advice="register it")
        return answers[uri]

    fetcher = Fetcher(paths, resolve)
    for name in "ab":
        fetched = await fetcher.fetch(parse_uri(f"model-registry://{name}/1"), "default")
        assert (fetched.digest, fetched.filename) == (blob.digest, "model.pkl")
    for name, text in (("c", "another entry"), ("d", "file, pvc"), ("e", "no model")):
        with pytest.raises(FetchFailed) as caught:
            await fetcher.fetch(parse_uri(f"model-registry://{name}/1"), "default")
        assert text in caught.value.cause
    with pytest.raises(FetchFailed, match="not the model"):
        await fetcher.fetch(parse_uri("model-registry://a/1", "0" * 64), "default")
