"""The scripts that make the tables: hashes are read, compared, and never made up."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts import make_node_images, make_tool_table
from scripts.make_tool_table import Source, main, table, text_of

A, B = "a" * 64, "b" * 64
KIND = "https://github.com/kubernetes-sigs/kind/releases/download/v0.33.0/kind-linux-amd64"


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Two sources of kind; `write(name, text)` says what each of them has."""
    named = tuple(Source("kind", f"someone/{name}", "c" * 40, "pins") for name in ("one", "two"))
    monkeypatch.setattr(make_tool_table, "SOURCES", named)

    def write(**texts: str) -> Path:
        for name, text in texts.items():
            file = tmp_path / "someone" / name / "pins"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return tmp_path

    return write


def row(made: dict[str, Any], machine: str = "linux/amd64") -> dict[str, Any]:
    found: dict[str, Any] = made["kind"]["files"][machine]
    return found


def test_a_hash_is_read_with_its_sources(sources: Any) -> None:
    made = table(sources(one=f'"{KIND}": "{A}",\n', two=f"# {KIND}\nlinux-amd64: sha256:{A}\n"))
    assert row(made)["sha256"] == A and row(made)["url"] == KIND
    assert row(made)["sources"] == [f"https://github.com/someone/{n}/blob/{'c' * 40}/pins" for n in ("one", "two")]


def test_what_no_source_says_stays_empty(sources: Any) -> None:
    for text in (
        "nothing",
        f'"{KIND}-musl": "{A}"',
        f'"{KIND}" https://other/ "{A}"',
        KIND.replace("33", "32") + f' "{A}"',
    ):
        made = table(sources(one=text, two=""))
        assert row(made)["sha256"] == "" and row(made)["sources"] == []


def test_sources_that_disagree_stop_it(sources: Any) -> None:
    with pytest.raises(SystemExit, match="disagree"):
        table(sources(one=f'"{KIND}": "{A}"', two=f'"{KIND}": "{B}"'))
    with pytest.raises(SystemExit, match="says 2 hashes"):
        table(sources(one=f'"{KIND}": "{A}"\n"{KIND}": "{B}"', two=""))


def test_a_clone_is_read_at_the_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin")
    if shutil.which("git") is None:
        pytest.skip("git is not here")
    place = tmp_path / "someone" / "cloned"
    place.mkdir(parents=True)

    def git(*words: str) -> str:
        base = ["git", "-C", str(place), "-c", "user.name=t", "-c", "user.email=t@t"]
        return subprocess.run([*base, *words], capture_output=True, text=True, check=True).stdout.strip()

    git("init", "-q")
    (place / "pins").write_text("then")
    git("add", "pins")
    git("commit", "-qm", "pins")
    commit = git("rev-parse", "HEAD")
    (place / "pins").write_text("now")
    assert text_of(Source("kind", "someone/cloned", commit, "pins"), tmp_path) == "then"


def test_check_says_whether_the_table_is_current(sources: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_tool_table, "OUT", tmp_path / "out.json")
    folder = sources(one=f'"{KIND}": "{A}"', two="")
    assert main([str(folder), "--check"]) == 8
    assert main([str(folder)]) == 0 and main([str(folder), "--check"]) == 0
    assert json.loads((tmp_path / "out.json").read_text())["kind"]["version"] == "0.33.0"
    sources(one=f'"{KIND}": "{B}"')
    assert main([str(folder), "--check"]) == 8


def test_an_image_with_two_digests_stops_it() -> None:
    images: dict[str, dict[str, object]] = {}
    make_node_images.add(images, f"rancher/k3s:v1.34.1-k3s1@sha256:{A}", "one")
    make_node_images.add(images, f"rancher/k3s:v1.34.1-k3s1@sha256:{A}", "two")
    assert images == {"1.34.1": {"image": f"rancher/k3s:v1.34.1-k3s1@sha256:{A}", "sources": ["one", "two"]}}
    with pytest.raises(SystemExit, match="disagree"):
        make_node_images.add(images, f"rancher/k3s:v1.34.1-k3s1@sha256:{B}", "three")
