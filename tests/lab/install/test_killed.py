"""SIGKILL at each step that is written down, then the same call again."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from minikf.install.run import install
from minikf.install.uninstall import uninstall
from minikf.paths import PlatformPaths

from . import objects as o
from .cluster import Cluster
from .doing import done

NS = "killed"
LAB = Path(__file__).resolve().parents[1]


def test_sigkill_at_each_step(on: Cluster, paths: PlatformPaths, tmp_path: Path) -> None:
    """Each time the next call finishes, applies only what is not known to be there, and removing leaves nothing."""
    definition = o.definition("Piece")
    done(install(on.access, paths, [o.part("definitions", definition)], patience=30))  # the slow one, only once
    parts = [
        o.part("definitions", definition),
        o.part("a", o.namespace(NS), o.config("one", NS, a="1"), o.custom("Piece", "two", NS), o.account("three", NS)),
    ]
    file = tmp_path / "work"
    file.write_bytes(pickle.dumps((on.access, parts)))
    most = 4
    for step in range(100):
        ended = subprocess.run(
            [sys.executable, "-m", "install.killed", str(step), str(file)],
            cwd=LAB,
            env={
                "PYTHONPATH": str(LAB.parents[1]),
                "XDG_STATE_HOME": str(paths.state.parents[2]),
                "HOME": str(tmp_path),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode == 0:
            break
        assert ended.returncode == -9, ended.stderr
        written = len(paths.install_journal.read_text().splitlines()) - 1 if paths.install_journal.exists() else most
        found = done(install(on.access, paths, parts, patience=30))
        assert found.applied <= most - max(0, min(written, most)) + 1, "what was written down is not applied again"
        assert found.adopted == 0, "it is all ours"
        assert not paths.install_journal.exists()
        assert done(install(on.access, paths, parts, patience=30)).applied == 0
        assert done(uninstall(on.access, paths, ["a"], patience=30)).kept == ()
        assert on.server.request("GET", f"/api/v1/namespaces/{NS}")[0] == 404
    assert step >= 2 * (2 + 1 + most + 1), f"killed at {step} steps only"


@pytest.mark.core
def test_killed_while_it_was_applying(on: Cluster, paths: PlatformPaths, tmp_path: Path) -> None:
    parts = [o.part("a", o.namespace(NS), *(o.config(f"c{n}", NS, a=str(n)) for n in range(6)))]
    file = tmp_path / "work"
    file.write_bytes(pickle.dumps((on.access, parts)))
    env = {"PYTHONPATH": str(LAB.parents[1]), "XDG_STATE_HOME": str(paths.state.parents[2]), "HOME": str(tmp_path)}
    words = [sys.executable, "-m", "install.killed", "14", str(file)]
    assert subprocess.run(words, cwd=LAB, env=env, check=False).returncode == -9
    known = len(paths.install_journal.read_text().splitlines()) - 1
    assert 0 < known < 7
    found = done(install(on.access, paths, parts, patience=30))
    assert 7 - known >= found.applied > 0 and found.adopted == 0
