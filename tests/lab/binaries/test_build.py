"""The recipe's hashes, and builds that are damaged, cut off or refused. Uses the smallest command of the recipe."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from keep import Unavailable

from . import recipe
from .build import ensure
from .recipe import GROUPS, MODULES, Module

pytestmark = pytest.mark.core
(PAUSE,) = (binary for module in MODULES for binary in module.binaries if binary.name == "pause")
LAB = Path(__file__).resolve().parents[1]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lab_binaries: Path) -> Path:
    """An empty cache of the lab, where the lab can be built at all."""
    monkeypatch.setenv("MINIKF_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MINIKF_LAB_BIN", raising=False)
    return tmp_path / "cache"


def _built(said: list[str]) -> int:
    return sum("built in" in line for line in said)


def test_a_damaged_command_is_built_again(cache: Path) -> None:
    said: list[str] = []
    command = ensure(said.append, ("pause",)) / "pause"
    assert _built(said) == 1
    assert ensure(said.append, ("pause",)) / "pause" == command and _built(said) == 1
    good = command.read_bytes()
    command.resolve().chmod(0o755)
    command.resolve().write_bytes(good[:-1] + b"?")
    assert ensure(said.append, ("pause",)) / "pause" == command
    assert _built(said) == 2 and any("is damaged" in line for line in said)
    assert command.read_bytes() == good, "the same sources and flags give the same bytes"


def test_a_build_that_was_killed_goes_on(cache: Path) -> None:
    """Killed while Go runs: the lock is free, Go ends too, and the next builder finishes."""
    script = "import sys; from binaries.build import ensure; ensure(lambda line: print(line, flush=True), ('pause',))"
    # A Go that first takes its time: the kill comes while it runs.
    slow = cache.parent / "go"
    slow.write_text('#!/bin/sh\necho $$ >"$0.pid"\nexec sleep 600\n')
    slow.chmod(0o755)
    env = os.environ | {"PATH": f"{slow.parent}{os.pathsep}{os.environ['PATH']}"}
    builder = subprocess.Popen([sys.executable, "-c", script], cwd=LAB, env=env, stdout=subprocess.PIPE)
    pid_file = Path(f"{slow}.pid")
    end = time.monotonic() + 20
    while not (pid_file.exists() and pid_file.read_text()):
        assert time.monotonic() < end
        time.sleep(0.05)
    builder.send_signal(signal.SIGKILL)
    builder.communicate()
    said: list[str] = []
    assert (ensure(said.append, ("pause",)) / "pause").exists()
    assert _built(said) == 1
    while Path(f"/proc/{pid_file.read_text().strip()}").exists():
        assert time.monotonic() < end, "Go outlived its builder"
        time.sleep(0.05)


def test_a_failing_build_says_what_go_said(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = dataclasses.replace(PAUSE, package="minikf.invalid/lab/pause/nowhere")
    monkeypatch.setattr(recipe, "MODULES", (Module("pause", (wrong,)),))
    with pytest.raises(Unavailable, match=r"go build exited 1(.|\n)*python tests/lab build(.|\n)*nowhere"):
        ensure(lambda _: None, ("pause",))


def test_a_command_of_another_version_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = dataclasses.replace(PAUSE, version="pause 2")
    monkeypatch.setattr(recipe, "MODULES", (Module("pause", (wrong,)),))
    with pytest.raises(Unavailable, match="it should say 'pause 2' but said \"pause of MiniKF's lab\""):
        ensure(lambda _: None, ("pause",))


def test_a_hash_changes_with_sources_flags_and_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "HERE", tmp_path)
    module = dataclasses.replace(MODULES[1], name="one")
    module.folder.mkdir()
    (module.folder / "go.sum").write_text("a h1:b\n")
    hashes = [module.hash, module.hash]
    hashes.append(dataclasses.replace(module, ldflags="-X a=b").hash)
    hashes.append(dataclasses.replace(module, binaries=()).hash)
    (module.folder / "go.sum").write_text("a h1:c\n")
    hashes.append(module.hash)
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 4


def test_groups_name_what_modules_build() -> None:
    names = [binary.name for module in MODULES for binary in module.binaries]
    assert len(names) == len(set(names))
    assert all(set(group) <= set(names) for group in GROUPS.values())
    assert all((module.folder / "go.mod").is_file() for module in MODULES)
    with pytest.raises(KeyError, match="no module builds nonsense"):
        recipe.wanted(("nonsense",))
