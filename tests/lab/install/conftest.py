"""A cluster for a session, and what one test installs on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from binaries.build import ensure
from keep import Unavailable

from minikf.install.uninstall import uninstall
from minikf.paths import PlatformPaths

from .cluster import COMMANDS, Cluster, cluster
from .doing import done


@pytest.fixture(scope="session")
def install_binaries(say: Callable[[str], None], no_lab: Callable[[str], None]) -> Path:
    try:
        return ensure(say, COMMANDS)
    except Unavailable as why:
        no_lab(f"no cluster to install on here: {why}")
        raise  # not reached: the test is skipped or fails


@pytest.fixture(scope="session")
def session_cluster(install_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(install_binaries, tmp_path_factory.mktemp("install")) as made:
        yield made


@pytest.fixture
def on(session_cluster: Cluster, paths: PlatformPaths) -> Iterator[Cluster]:
    """The session's cluster; what the test has left of ours goes afterwards."""
    yield session_cluster
    done(uninstall(session_cluster.access, paths, data=True, patience=40))


@pytest.fixture
def fresh(install_binaries: Path, tmp_path: Path) -> Iterator[Cluster]:
    """A cluster of the test's own, to break."""
    with cluster(install_binaries, tmp_path) as made:
        yield made


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlatformPaths:
    """The files of a platform that nobody else has."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return PlatformPaths.of("lab")
