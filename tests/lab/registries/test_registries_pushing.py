"""Images go into a real registry by digest: from another one, from an archive; with a password, a helper and tokens."""

from __future__ import annotations

import base64
import io
import json
import tarfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from keep import Unavailable

from minikf.bundle.registry.errors import NotAllowed
from minikf.bundle.registry.manifests import CONTENT_TYPES
from minikf.promote.move.images import CopiedImage, WrongPlatform, copy_image, destination
from minikf.promote.move.origins import origin
from registries.push import digest, image, index
from registries.server import program, registry
from tests.unit.bundle.locking import ran

pytestmark = pytest.mark.core


@pytest.fixture(scope="session")
def binary(say: Callable[[str], None], no_lab: Callable[[str], None]) -> Path:
    try:
        return program(say)
    except Unavailable as why:
        no_lab(f"no real registry here: {why}")
        raise  # not reached: the test is skipped or fails


@pytest.fixture
def here(binary: Path, tmp_path: Path) -> Iterator[str]:
    with registry(binary, tmp_path / "here", tmp_path / "here-storage") as name:
        yield name


@pytest.fixture
def there(binary: Path, tmp_path: Path) -> Iterator[str]:
    with registry(binary, tmp_path / "there", tmp_path / "there-storage") as name:
        yield name


@pytest.fixture(autouse=True)
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The Docker configuration: nobody's."""
    folder = tmp_path / "docker"
    folder.mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return folder


def moved(reference: str, to: str, *wanted: str) -> CopiedImage:
    with origin(reference) as found:
        return ran(copy_image(found, to, wanted))


def pull(name: str) -> bytes:
    host, _, rest = name.partition("/")
    repository, _, of = rest.partition("@")
    asked = urllib.request.Request(
        f"http://{host}/v2/{repository}/manifests/{of}", headers={"Accept": ", ".join(CONTENT_TYPES)}
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return bytes(answer.read())


def test_an_image_comes_whole_and_only_once(here: str, there: str) -> None:
    parts = [image(here, "kubeflow/app", one, layer=3_000_000) for one in ("amd64", "arm64")]
    whole = index(here, "kubeflow/app", "v1", *parts)
    to = destination(f"{here}/kubeflow/app:v1", f"{there}/team")
    assert to == f"{there}/team/kubeflow/app"
    first = moved(f"{here}/kubeflow/app:v1", to)
    assert first.to == f"{to}@{whole}" and first.sent == first.bytes > 6_000_000
    assert digest(pull(first.to)) == whole
    again = moved(f"{here}/kubeflow/app:v1", to)
    assert (again.sent, again.to) == (0, first.to)


def test_one_platform_goes_without_its_index_and_a_missing_one_is_refused(here: str, there: str) -> None:
    arm, amd = (image(here, "app", one) for one in ("arm64", "amd64"))
    index(here, "app", "v1", arm, amd)
    one = moved(f"{here}/app:v1", f"{there}/app", "linux/amd64")
    assert one.digest == amd.descriptor["digest"] and one.platforms == ("linux/amd64",)
    image(here, "single", "arm64", tag="v1")
    with pytest.raises(WrongPlatform, match=r"made for linux/arm64, and the target's nodes are linux/amd64"):
        moved(f"{here}/single:v1", f"{there}/single", "linux/amd64")


def test_blobs_of_the_same_registry_are_mounted(there: str) -> None:
    image(there, "from/app", "amd64", tag="v1", layer=2_000_000)
    copied = moved(f"{there}/from/app:v1", f"{there}/to/app")
    assert copied.sent == 0 and copied.bytes > 2_000_000
    assert digest(pull(copied.to)) == copied.digest


def test_an_archive_goes_there_too(there: str, tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("file"))
    content = layer.getvalue()
    config = {"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": [digest(content)]}}
    told = [{"Config": "config.json", "RepoTags": ["app:v1"], "Layers": ["layer.tar"]}]
    files = {
        "config.json": json.dumps(config).encode(),
        "layer.tar": content,
        "manifest.json": json.dumps(told).encode(),
    }
    with tarfile.open(path, mode="w") as tar:
        for name, body in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    copied = moved(str(path), f"{there}/app", "linux/amd64")
    assert copied.sent == copied.bytes and digest(pull(copied.to)) == copied.digest
    assert moved(str(path), f"{there}/app").sent == 0


def test_a_password_comes_from_the_docker_configuration_or_its_helper(
    binary: Path, here: str, tmp_path: Path, docker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import bcrypt

    image(here, "app", "amd64", tag="v1")
    hashed = bcrypt.hashpw(b"the word", bcrypt.gensalt(4)).decode()
    (tmp_path / "htpasswd").write_text(f"anna:{hashed}\n")
    auth = {"htpasswd": {"realm": "the cellar", "path": str(tmp_path / "htpasswd")}}
    with registry(binary, tmp_path / "closed", tmp_path / "closed-storage", auth) as closed:
        with pytest.raises(NotAllowed) as refused:
            moved(f"{here}/app:v1", f"{closed}/app")
        assert refused.value.advice == f"docker login {closed}"
        entry = {"auth": base64.b64encode(b"anna:wrong").decode()}
        (docker / "config.json").write_text(json.dumps({"auths": {closed: entry}}))
        with pytest.raises(NotAllowed) as refused:
            moved(f"{here}/app:v1", f"{closed}/app")
        assert "wrong" not in str(refused.value.as_dict())
        helper = tmp_path / "bin" / "docker-credential-cellar"
        helper.parent.mkdir()
        helper.write_text('#!/bin/sh\nread server; echo \'{"Username": "anna", "Secret": "the word"}\'\n')
        helper.chmod(0o755)
        monkeypatch.setenv("PATH", f"{helper.parent}:/usr/bin:/bin")
        (docker / "config.json").write_text(json.dumps({"credHelpers": {closed: "cellar"}, "auths": {closed: entry}}))
        copied = moved(f"{here}/app:v1", f"{closed}/app")
        assert copied.sent == copied.bytes
        assert moved(f"{closed}/app@{copied.digest}", f"{here}/back").digest == copied.digest
