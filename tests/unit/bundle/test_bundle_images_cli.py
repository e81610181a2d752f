"""`minikf bundle` with images: digests locked, compared and shown; registries that do not answer named."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from minikf.bundle.lock import FILE, Lock, LockedImage, read, write
from minikf.bundle.model import Bundle
from minikf.bundle.pulling import here
from minikf.bundle.sources import VARIABLE
from minikf.bundle.store import Store
from minikf.cli.main import main
from tests.unit.bundle.conftest import HEAD, entry, kubectl
from tests.unit.bundle.locking import OBJECT, Rendered, damage, made, put, written
from tests.unit.bundle.registries import Site, serving

KUBECTL = kubectl()
SHA = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    return put(tmp_path / "mirror")


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return written(tmp_path / "v1")


def locked(bundle: Bundle, mirror: Path, images: dict[str, LockedImage]) -> Lock:
    """Written beside the bundle; the components run reg.example/base:v1 and reg.example/app:v1."""
    lock = made(bundle, mirror, Store(), renderer=Rendered())
    lock = replace(lock, images={**lock.images, **images})
    assert isinstance(bundle.folder, Path)
    write(lock, bundle.folder / FILE)
    return lock


def dead() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"127.0.0.1:{taken.getsockname()[1]}"


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> tuple[str, str]:
    assert main(["bundle", *words]) == code
    return capsys.readouterr()


def data(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    return json.loads(said(capsys, *words, "--json", code=code)[0])


@pytest.mark.skipif(KUBECTL is None, reason="no kubectl on PATH or in the lab's cache")
def test_lock_asks_the_registries_and_keeps_what_was_known(
    site: Site, mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert KUBECTL is not None
    monkeypatch.setenv("PATH", f"{KUBECTL.parent}:/usr/bin:/bin")
    gone = dead()
    images = f"data:\n  a.yaml: |\n    image: {site.name}/app:v1\n  b.yaml: |\n    image: {gone}/x:v1\n"
    damage(mirror, "acme/manifests/v1/app/app.yaml", OBJECT % "app" + images)
    written(tmp_path / "v1")
    words = ("lock", "--bundle", f"{tmp_path}/v1", "--mirror", str(mirror))

    out, notes = said(capsys, *words)
    assert "2 images, 0 with a digest, 2 by their tag only" in out
    assert "tag only: 2 images without a digest" in notes and "minikf bundle lock --images" in notes

    digest = site.images("app", "v1", "linux/amd64", "linux/arm64")
    out, notes = said(capsys, *words, "--images")
    assert "is written" in out and "2 images, 1 with a digest, 1 by their tag only" in out
    assert f"{gone} did not answer for 1 image: 127.0.0.1 cannot be reached" in notes
    assert "tag only: 1 image without a digest" in notes
    known = read(tmp_path / "v1" / FILE).images[f"{site.name}/app:v1"]
    assert known.digest == digest and known.platforms == ("linux/amd64", "linux/arm64") and known.size > 1100

    assert "is what it was" in said(capsys, *words)[0]
    site.answers.clear()
    found = data(capsys, *words, "--images")
    assert (found["changed"], found["digests"], found["tagOnly"]) == (False, 1, 1)
    assert [(one["registry"], one["images"]) for one in found["silent"]] == sorted(
        [(gone, [f"{gone}/x:v1"]), (site.name, [f"{site.name}/app:v1"])]
    )


def test_show_says_what_this_machine_pulls(
    bundle: Bundle, mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("show", "lite", "--bundle", f"{tmp_path}/v1")
    locked(bundle, mirror, {"reg.example/app:v1": LockedImage(SHA, {here(): 50 << 20, "linux/other": 1 << 40})})
    out, _ = said(capsys, *words)
    assert f"images:   2 that run, 50 MiB to pull on {here()}; 1 of unknown size; 1 by their tag only; 0 more" in out
    totals = data(capsys, *words)["totals"]
    assert (totals["platform"], totals["image_bytes"]) == (here(), 50 << 20)
    assert totals["unsized"] == totals["tag_only"] == ["reg.example/base:v1"] and totals["foreign"] == []
    locked(bundle, mirror, {"reg.example/app:v1": LockedImage(SHA, {"linux/other": 7})})
    assert f"1 not for {here()}" in said(capsys, *words)[0]
    out, _ = said(capsys, "show", "app", "--bundle", f"{tmp_path}/v1")
    assert f"reg.example/app:v1 ({SHA}, not for {here()})" in out
    assert "reg.example/base:v1 (tag only)" in said(capsys, "show", "base", "--bundle", f"{tmp_path}/v1")[0]


def test_verify_says_which_tags_have_moved(
    site: Site, bundle: Bundle, mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    same, moved, lost = (f"{site.name}/{name}:v1" for name in ("same", "moved", "lost"))
    by_digest = f"{site.name}/fixed:v1@{site.image('fixed', 'v1')}"
    site.image("fixed", "v1", "arm64")  # its tag may move
    images = {name: LockedImage(SHA) for name in (moved, lost)}
    images |= {same: LockedImage(site.image("same", "v1")), by_digest: LockedImage(by_digest.partition("@")[2])}
    now = site.image("moved", "v1", "arm64")
    locked(bundle, mirror, images)
    words = ("verify", "--bundle", f"{tmp_path}/v1", "--mirror", str(mirror))
    assert "every byte of small 1" in said(capsys, *words)[0]
    out, notes = said(capsys, *words, "--images", code=5)
    assert f"changed  {moved}\n         its tag has the digest {now} now; {SHA} was locked" in out
    assert f"missing  {lost}" in out and "images:  2 as they were locked, 2 are not" in out
    assert same not in out and "tag only: 2 images without a digest" in notes
    assert {one.method for one in site.asked if one.path != "/v2/"} == {"HEAD"}  # which Docker Hub does not count
    assert [(one["kind"], one["name"]) for one in data(capsys, *words, "--images", code=5)] == [
        ("changed", moved),
        ("missing", lost),
    ]


def test_verify_says_what_could_not_be_asked(
    site: Site, bundle: Bundle, mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    silent, same = f"{dead()}/app:v1", f"{site.name}/same:v1"
    locked(bundle, mirror, {silent: LockedImage(SHA), same: LockedImage(site.image("same", "v1"))})
    words = ("verify", "--bundle", f"{tmp_path}/v1", "--mirror", str(mirror), "--images")
    out, notes = said(capsys, *words, code=12)
    assert "images:  1 as they were locked, 0 are not" in out
    assert f"{silent.partition('/')[0]} did not answer for 1 image" in notes
    (found,) = data(capsys, *words, code=12)
    assert (found["kind"], found["name"]) == ("unasked", silent) and "cannot be reached" in found["cause"]
    locked(bundle, mirror, {same: LockedImage(site.image("same", "v1"))})
    assert data(capsys, *words) == []


def test_verify_asks_for_the_manifest_where_no_digest_is_told(
    site: Site, bundle: Bundle, mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = site.image("same", "v1")
    answer = site.answers["/v2/same/manifests/v1"]
    site.answers["/v2/same/manifests/v1"] = replace(answer, headers={})  # type: ignore[type-var]
    locked(bundle, mirror, {f"{site.name}/same:v1": LockedImage(digest)})
    assert data(capsys, "verify", "--bundle", f"{tmp_path}/v1", "--mirror", str(mirror), "--images") == []
    assert [one.method for one in site.asked] == ["GET", "HEAD", "GET"]


def test_diff_shows_tags_that_have_another_digest(
    bundle: Bundle, mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    locked(bundle, mirror, {"reg.example/app:v1": LockedImage(SHA, {"linux/amd64": 1})})
    head = HEAD.replace('version: "1"', 'version: "2"')
    newer = written(tmp_path / "v2", head=head, extra=entry("new", paths="base"))
    locked(newer, mirror, {"reg.example/app:v1": LockedImage(OTHER), "reg.example/base:v1": LockedImage(SHA)})
    out, _ = said(capsys, "diff", f"{tmp_path}/v1", f"{tmp_path}/v2", code=8)
    assert f"changed  image reg.example/app:v1\n         - {SHA}\n         + {OTHER}" in out
    assert "image reg.example/base" not in out  # nobody knows what it was before
