"""Platforms on real clusters, in homes of their own; removed afterwards, whatever a test left."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lab import Lab

from .minikf import Home, docker


@pytest.fixture
def home(lab: Lab, tmp_path: Path) -> Iterator[Home]:
    yield from _home(lab, tmp_path)


@pytest.fixture(scope="module")
def shared_home(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """One for the tests of a module that only look, or put back what they change."""
    yield from _home(lab, tmp_path_factory.mktemp("home"))


def _home(lab: Lab, folder: Path) -> Iterator[Home]:
    made = Home(folder, lab.bin, {"k3d": lab.k3s_image, "kind": lab.node_image})
    try:
        yield made
    finally:
        _sweep(made)


def _sweep(home: Home) -> None:
    """Removes all platforms of a home; what even `down` leaves goes by its mark, and fails the test."""
    platforms = home.folder / ".local/state/minikf/platforms"
    names = sorted(one.name for one in platforms.iterdir()) if platforms.is_dir() else []
    left = []
    for name in names:
        record = home.record(name)
        uid = ((record.get("cluster") or {}).get("uid")) or ""
        if record:
            home.minikf("down", "--yes", "--platform", name)
        for network in docker("network", "ls", "-q", "--filter", f"label=minikf.dev/uid={uid}") if uid else []:
            inside = json.loads("\n".join(docker("network", "inspect", network)))[0]["Containers"]
            for container in (*inside, network):
                left.append(container)
                verb = ("network", "rm") if container == network else ("rm", "-f", "-v")
                with contextlib.suppress(subprocess.CalledProcessError):
                    docker(*verb, container)
    assert not left, f"`minikf down` left {left}"


@pytest.fixture(scope="session")
def platform_name() -> Callable[[str], str]:
    """A name that no other run of the lab on this machine has."""
    return lambda short: f"{short}-{os.getpid() % 100000}"
