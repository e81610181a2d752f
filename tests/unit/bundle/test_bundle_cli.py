"""`minikf bundle`: what it prints, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from minikf.bundle import locking
from minikf.bundle.lock import FILE, write
from minikf.bundle.model import Bundle
from minikf.bundle.sources import VARIABLE, Folder
from minikf.bundle.store import Store
from minikf.cli.main import main
from tests.unit.bundle.conftest import HEAD, kubectl
from tests.unit.bundle.locking import FILES, OBJECT, Rendered, damage, made, put, ran, written

KUBECTL = kubectl()


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    return put(tmp_path / "mirror")


@pytest.fixture
def bundle(tmp_path: Path, mirror: Path) -> Bundle:
    """Locked, in the folder `v1`."""
    bundle = written(tmp_path / "v1")
    write(made(bundle, mirror, Store(), renderer=Rendered()), tmp_path / "v1" / FILE)
    return bundle


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> tuple[str, str]:
    assert main(["bundle", *words]) == code
    return capsys.readouterr()


def data(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    return json.loads(said(capsys, *words, "--json", code=code)[0])


def test_list_names_components_and_profiles(bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = said(capsys, "list", "--bundle", f"{tmp_path}/v1")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["small", "1"] and ["lite", "2", "all", "of", "it"] in lines
    assert ["app", "Parts", "lite,", "standard", "what", "app", "does"] in lines
    assert "what far does (not locked)" in out and "add-on" in out
    found = data(capsys, "list", "--bundle", f"{tmp_path}/v1")
    assert [one["id"] for one in found["components"]] == ["base", "app", "far"]
    assert found["profiles"]["standard"]["components"] == ["base", "app"] and found["components"][2]["locked"] is False


def test_show_a_profile_has_its_totals(bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, notes = said(capsys, "show", "lite", "--bundle", f"{tmp_path}/v1")
    assert "requests: cpu 20m, memory 0 MiB, storage 0 MiB" in out and notes == ""
    assert "2 that run; 2 of unknown size; 2 by their tag only" in out and "objects:  6, from 3 files of" in out
    totals = data(capsys, "show", "lite", "--bundle", f"{tmp_path}/v1")["totals"]
    assert totals["requests"] == {"cpu_milli": 20, "memory_bytes": 40, "storage_bytes": 60}
    names = [name for name in FILES if "small" in name or "v1/base" in name]
    assert (totals["files"], totals["bytes"]) == (3, sum(len(FILES[name]) for name in names))
    assert totals["images"] == ["reg.example/app:v1", "reg.example/base:v1"] and totals["unknown"] == []


def test_show_a_component_has_all_that_is_known(
    bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = said(capsys, "show", "app", "--bundle", f"{tmp_path}/v1")
    for words in ("acme/manifests/v1/app", "acme/manifests/v1/small", "small.yaml", "Kind.acme", "needs:", "base"):
        assert words in out
    found = data(capsys, "show", "app", "--bundle", f"{tmp_path}/v1")
    assert found["variants"]["lite"]["patches"] == ["small.yaml"]
    assert found["variants"]["standard"]["rendered"]["objects"] == 3
    assert "no mirror has it" in said(capsys, "show", "far", "--bundle", f"{tmp_path}/v1")[0]
    assert "did you mean app?" in said(capsys, "show", "apq", "--bundle", f"{tmp_path}/v1", code=2)[1]


def test_show_without_a_lock_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path / "bare")
    out, notes = said(capsys, "show", "lite", "--bundle", f"{tmp_path}/bare")
    assert "?" in out and "bundle.lock is not there" in notes and "minikf bundle lock" in notes
    assert data(capsys, "show", "lite", "--bundle", f"{tmp_path}/bare")["totals"] is None


def test_verify_names_what_differs_and_ends_with_5(
    bundle: Bundle, mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("verify", "--bundle", f"{tmp_path}/v1")
    out, _ = said(capsys, *words, "--mirror", str(mirror))
    assert (
        "every byte of small 1 is as it was locked" in out and "2 images, 0 with a digest, 2 by their tag only" in out
    )
    monkeypatch.setenv(VARIABLE, mirror.as_uri())
    assert data(capsys, *words) == []
    damage(mirror, "acme/manifests/v1/app/app.yaml", OBJECT % "other")
    out, _ = said(capsys, *words, code=5)
    assert out.splitlines()[0] == "changed  acme/manifests/v1/app/app.yaml" and out.count("sha256") == 1
    (found,) = data(capsys, *words, code=5)
    assert found["kind"] == "changed" and found["name"] == "acme/manifests/v1/app/app.yaml"
    assert "is no folder" in said(capsys, *words, "--mirror", f"{tmp_path}/gone", code=10)[1]


def test_diff_ends_with_8(bundle: Bundle, mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = f"{tmp_path}/v1"
    assert "none changed" in said(capsys, "diff", old, old)[0]
    head = HEAD.replace('version: "1"', 'version: "2"\nupgrades_from: v1')
    newer = written(tmp_path / "v2", head=head)
    damage(mirror, "acme/manifests/v1/app/app.yaml", OBJECT % "other")
    write(made(newer, mirror, Store(), renderer=Rendered()), tmp_path / "v2" / FILE)
    out, _ = said(capsys, "diff", old, f"{tmp_path}/v2", code=8)
    assert "small 1 -> small 2" in out and "files: 1 changed; --files names them" in out
    assert (
        "changed  file acme/manifests/app/app.yaml" in said(capsys, "diff", old, f"{tmp_path}/v2", "--files", code=8)[0]
    )
    (found,) = data(capsys, "diff", old, f"{tmp_path}/v2", code=8)
    assert found["how"] == "changed" and found["sort"] == "file"


def test_a_bundle_that_is_wrong_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "bundle.yaml").write_text("bundle: x\n")
    for words in (("list",), ("show", "x"), ("lock",), ("verify",)):
        _, error = said(capsys, *words, "--bundle", f"{tmp_path}/bad", code=10)
        assert "bundle.yaml, line 1: the field 'version' is missing" in error and "try:" in error
    assert "there is no bundle 'kubeflo'" in said(capsys, "list", "--bundle", "kubeflo", code=2)[1]


@pytest.mark.skipif(KUBECTL is None, reason="no kubectl on PATH or in the lab's cache")
def test_lock_reads_renders_and_writes(
    mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert KUBECTL is not None
    monkeypatch.setenv("PATH", f"{KUBECTL.parent}:/usr/bin:/bin")
    bundle = written(tmp_path / "v1")
    words = ("lock", "--bundle", f"{tmp_path}/v1", "--mirror", str(mirror))
    out, _ = said(capsys, *words)
    assert "bundle.lock is written: 2 components, 7 files" in out
    content = (tmp_path / "v1" / FILE).read_bytes()
    assert b'"objects": 3' in content and b'"renderer": "kustomize v5.' in content
    found = data(capsys, *words)
    assert found["changed"] is False and found["files"] == 7 and (tmp_path / "v1" / FILE).read_bytes() == content
    again = ran(locking.lock(bundle, Folder(mirror), Store(tmp_path / "other")))
    assert not again.changed
    (mirror / "acme/manifests/v1/app/app.yaml").unlink()
    _, error = said(capsys, *words, code=10)
    assert "acme/manifests/v1/app/kustomization.yaml, line 3: 'app.yaml' is not there" in error
    assert (tmp_path / "v1" / FILE).read_bytes() == content
