"""The lab: real servers to compare the embedded engine with. Each is started once a session, when first asked for."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from apiserver.crds import upstream_crds
from apiserver.demo import demo_server
from apiserver.embedded import embedded_server
from apiserver.real import real_server
from apiserver.report import Report
from apiserver.server import Server, StartFailed
from binaries.build import ensure
from clusters.fixtures import k3d_cluster, kind_cluster, lab, two_clusters  # noqa: F401 - fixtures
from keep import Unavailable

CHECKOUT = Path(__file__).resolve().parents[2]
REPORT = pytest.StashKey[Report]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "core: part of the lab that runs in minutes and belongs to every change")
    config.stash[REPORT] = Report()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for line in config.stash[REPORT].lines():
        terminalreporter.write_line(line)
    if path := os.environ.get("MINIKF_LAB_DIFFERENCES"):
        Path(path).write_text(json.dumps([asdict(one) for one in config.stash[REPORT].unexplained], indent=1))


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Report:
    """What was compared in this session; printed at its end."""
    return request.config.stash[REPORT]


@pytest.fixture(scope="session")
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Prints a line at once, past pytest's capture: a build takes minutes and must not look dead."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    lock = threading.Lock()  # builds run in threads, and capture is one for all

    def line(text: str) -> None:
        with lock, capture.global_and_fixture_disabled():
            print(f"\nlab: {text}", end="", flush=True)

    return line


@pytest.fixture(scope="session")
def no_lab(report: Report) -> Callable[[str], None]:
    """Skips, saying why, where a part of the lab cannot be had; with MINIKF_LAB_REQUIRED=1 it fails."""

    def leave(why: str) -> None:
        if os.environ.get("MINIKF_LAB_REQUIRED") == "1":
            pytest.fail(f"MINIKF_LAB_REQUIRED=1, but there is {why}", pytrace=False)
        report.notes.append(why)
        pytest.skip(why)

    return leave


@pytest.fixture(scope="session")
def lab_binaries(say: Callable[[str], None], no_lab: Callable[[str], None]) -> Path:
    """The folder with etcd, kube-apiserver and kubectl, built when they are missing."""
    try:
        return ensure(say)
    except Unavailable as why:
        no_lab(f"no real API server here: {why}")
        raise  # not reached: the test is skipped or fails


@pytest.fixture(scope="session")
def crds(report: Report) -> list[dict[str, Any]]:
    """The upstream CustomResourceDefinitions, or [] when no mirror is here (its cases are then skipped)."""
    mirror = Path(os.environ.get("MINIKF_UPSTREAM") or CHECKOUT.parent / "shared" / "upstream")
    try:
        return upstream_crds(mirror)
    except FileNotFoundError as why:
        if os.environ.get("MINIKF_LAB_REQUIRED") == "1":
            pytest.fail(f"MINIKF_LAB_REQUIRED=1, but there are no upstream CRDs: {why}", pytrace=False)
        report.notes.append(f"cases of custom resources skipped: {why}; name the mirror with MINIKF_UPSTREAM")
        return []


@pytest.fixture(scope="session")
def real_apiserver(
    lab_binaries: Path, crds: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A real kube-apiserver on etcd, with the upstream CRDs."""
    with real_server(lab_binaries, tmp_path_factory.mktemp("real"), crds) as server:
        yield server


@pytest.fixture
def fresh_apiserver(
    lab_binaries: Path, crds: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A real kube-apiserver of the test's own, that no case was played against."""
    with real_server(lab_binaries, tmp_path_factory.mktemp("fresh"), crds) as server:
        yield server


@pytest.fixture(scope="session")
def embedded_apiserver(lab_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The embedded engine's daemon, without controllers: nothing but calls changes objects, as on the real side."""
    try:
        with embedded_server(lab_binaries / "kubectl", tmp_path_factory.mktemp("embedded")) as server:
            yield server
    except StartFailed as why:
        pytest.fail(str(why), pytrace=False)


@pytest.fixture(scope="session")
def demo_platform(lab_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A platform with its controllers on, after `minikf demo`."""
    try:
        with demo_server(lab_binaries / "kubectl", tmp_path_factory.mktemp("demo")) as server:
            yield server
    except StartFailed as why:
        pytest.fail(str(why), pytrace=False)
