"""`minikf kubeconfig`: where the platform's own file is, and what is said about a change of the user's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from minikf.cli.main import main
from minikf.kube import kubeconfig
from minikf.kube.contexts import Context
from minikf.paths import PlatformPaths


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's file; the platform `lab` has a kubeconfig of its own."""
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "xdg" / name.lower()))
    file = tmp_path / "config"
    file.write_text(yaml.safe_dump({"current-context": "work", "clusters": [], "users": [], "contexts": []}))
    monkeypatch.setenv("KUBECONFIG", str(file))
    monkeypatch.delenv("MINIKF_PLATFORM", raising=False)
    context = Context("x", {"server": "https://127.0.0.1:5"}, {"token": "s3cret"})
    kubeconfig.write_context(context, PlatformPaths.of("lab"), "kind")
    return file


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    assert main(["kubeconfig", *arguments]) == code
    return capsys.readouterr()


def test_it_prints_where_the_platforms_own_file_is(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = str(PlatformPaths.of("lab").kubeconfig)
    assert said(capsys, "--platform", "lab") == (f"{own}\n", "")
    assert "s3cret" in said(capsys, "--platform", "lab", "--raw")[0]
    found = json.loads(said(capsys, "--platform", "lab", "--json")[0])
    assert found == {"kubeconfig": own, "context": "minikf-lab", "mergedInto": []}
    assert "has no kubeconfig" in said(capsys, code=10)[1]


def test_merge_and_unmerge_say_what_they_did(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = config.read_text()
    out, _ = said(capsys, "--platform", "lab", "merge")
    assert f"{config} has the context 'minikf-lab'" in out and "your current context is still 'work'" in out
    assert "config use-context minikf-lab" in out and ".before-minikf-" in out
    assert "already; nothing was changed" in said(capsys, "merge", "--platform", "lab")[0]
    found = json.loads(said(capsys, "--platform", "lab", "--json")[0])
    assert found["mergedInto"] == [str(config)]
    config.write_text(config.read_text().replace("current-context: work", "current-context: minikf-lab"))
    out, notes = said(capsys, "unmerge", "--platform", "lab")
    assert "any more" in out and "your current context is still 'minikf-lab', which is gone" in notes
    assert yaml.safe_load(config.read_text())["contexts"] == []
    done = json.loads(said(capsys, "unmerge", "--platform", "lab", "--json")[0])
    assert done == {
        "file": str(config),
        "changed": False,
        "backup": "",
        "currentContext": "minikf-lab",
        "danglingContexts": [],
    }
    assert before != config.read_text()


def test_another_file_can_be_named(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other"
    said(capsys, "merge", "--into", str(other), "--platform", "lab")
    assert "minikf-lab" in other.read_text() and "minikf-lab" not in config.read_text()
    said(capsys, "unmerge", "--from", str(other), "--platform", "lab")
    assert "minikf-lab" not in other.read_text()
