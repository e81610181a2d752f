"""`minikf data` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from minikf.cli.main import main


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    for name in ("MINIKF_PLATFORM", "MINIKF_DATASETS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "wine").mkdir()
    (tmp_path / "wine" / "a.csv").write_text("a\n1\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def say(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(list(arguments)) == code
    return capsys.readouterr().out


def test_the_way_of_a_data_set(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = json.loads(say(capsys, "data", "add", "wine", "wine", "-m", "as it came", "--json"))
    assert (first["version"], first["files"], first["bytes"], first["new"]) == ("v1", 1, 4, True)
    assert first["uri"] == f"dataset://wine@{first['digest']}"
    assert json.loads(say(capsys, "data", "add", "wine", "wine", "--json"))["new"] is False
    (home / "wine" / "b.csv").write_text("b\n")
    assert "wine@v2 is 2 files" in say(capsys, "data", "add", "wine", "wine")
    listed = json.loads(say(capsys, "data", "versions", "wine", "--json"))
    assert [one["version"] for one in listed] == ["v1", "v2"] and listed[0]["message"] == "as it came"
    assert "+ b.csv" in say(capsys, "data", "diff", "wine", "v1", "latest", code=8)
    assert json.loads(say(capsys, "data", "diff", "wine", "v1", "v2", "--json", code=8))["added"] == ["b.csv"]
    assert "0 changed" in say(capsys, "data", "diff", "wine", "v2", "2")
    assert "read-only" in say(capsys, "data", "checkout", "wine@v1", "out")
    assert [path.name for path in (home / "out").iterdir()] == ["a.csv"]
    shown = json.loads(say(capsys, "data", "show", first["uri"], "--json"))
    assert [one["name"] for one in shown["content"]] == ["a.csv"] and "a.csv" in say(capsys, "data", "show", "wine")
    assert "wine" in say(capsys, "data", "list")
    assert json.loads(say(capsys, "data", "list", "--json", "--platform", "other")) == []
    assert "v1" in say(capsys, "data", "remove", "wine@v1")
    assert json.loads(say(capsys, "data", "gc", "--json"))["files"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["add", "WINE", "wine"],
        ["add", "wine", "nothing"],
        ["show", "wine"],
        ["checkout", "wine", "out"],
        ["remove", "a@b"],
    ],
)
def test_refusals_say_why_and_what_next(home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main(["data", *arguments, "--json"]) == 10
    said = json.loads(capsys.readouterr().err)
    assert said["message"] and (said["advice"] or said["cause"])
    assert not (home / "out").exists()
