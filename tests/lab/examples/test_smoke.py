"""`minikf test` against Kubeflow's own controllers on a cluster, and where kwok plays the pods."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from apiserver.real import real_server
from apiserver.server import Server
from controllers import kwok
from keep import Unavailable

from minikf.smoke import FAILED, SIMULATED, TESTED, place
from minikf.smoke.model import Result, Smoke
from minikf.smoke.run import SMOKES, one
from minikf.spec import Access

from .sides import Kind

_THERE = ("trainer", "kserve", "training-operator")


def _results(kind: Kind, *words: str) -> tuple[int, dict[str, Any]]:
    done = kind.home.minikf("test", *words, "--json", "--platform", kind.platform)
    assert done.out, done.err
    return done.code, {result["component"]: result for result in done.json}


def _namespaces(kind: Kind) -> list[str]:
    return [one["metadata"]["name"] for one in kind.get("namespaces", "-l", place.LABEL)["items"]]


def test_real_controllers_are_tested(kind: Kind) -> None:
    code, results = _results(kind, "--image", kind.image)
    assert code == 0
    assert {name: result["outcome"] for name, result in results.items()} == dict.fromkeys(_THERE, TESTED)
    assert all("controller " in result["ran"] for result in results.values()), results
    assert not _namespaces(kind)
    shown = kind.home.minikf("status", "--json", "--platform", kind.platform).json["tests"]
    assert {one["component"]: one["outcome"] for one in shown} == dict.fromkeys(_THERE, TESTED)
    file = kind.home.state(kind.platform) / "tests.json"
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_blocks_is_named_and_nothing_is_left(kind: Kind) -> None:
    code, results = _results(kind, "trainer", "--image", "minikf.invalid/nowhere:1", "--patience", "8")
    assert code == 9
    result = results["trainer"]
    assert result["outcome"] == FAILED
    assert "makes no progress" in result["cause"] and "ImagePull" in result["cause"], result["cause"]
    assert not result["left"] and not _namespaces(kind)


def test_a_component_that_is_not_there_is_refused(kind: Kind) -> None:
    done = kind.home.minikf("test", "katib", "--json", "--platform", kind.platform)
    assert done.code == 10
    assert "no katib" in done.error["message"]


@pytest.fixture
def playing(say: Any, no_lab: Any, tmp_path: Path) -> Iterator[Callable[[Path], Path]]:
    """Starts kwok against a kubeconfig and gives its log; it ends with the test."""
    with contextlib.ExitStack() as stack:

        def start(kubeconfig: Path) -> Path:
            try:
                return stack.enter_context(kwok.playing(kubeconfig, tmp_path, say))
            except Unavailable as why:
                no_lab(f"no kwok here: {why}")
                raise  # not reached: the test is skipped or fails

        yield start


def _result(access: Access, smoke: Smoke) -> Result:
    steps = one(access, smoke, "python", 20)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result


@pytest.fixture
def played(lab_binaries: Path, crds: list[dict[str, Any]], tmp_path: Path) -> Iterator[Server]:
    """A real kube-apiserver with Trainer's kinds and nobody to act on them."""
    if not crds:
        pytest.skip("no upstream CRDs here")
    with real_server(lab_binaries, tmp_path, [one for one in crds if "trainer" in one["metadata"]["name"]]) as server:
        yield server


@pytest.mark.core
def test_a_controller_that_kwok_plays_is_not_tested(
    played: Server, playing: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bare API server also removes no namespace: that is told."""
    monkeypatch.setattr(place, "END_SECONDS", 1.0)
    token = tmp_path / "token"
    token.write_text(played.token)
    server = played
    access = Access("lab", "context", server.url, server.kubeconfig, server.ca, token)
    labels = dict(pair.split("=") for pair in SMOKES["trainer"].pods.split(","))
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "manager", "labels": labels},
        "spec": {
            "nodeName": "kwok-0",
            "serviceAccountName": "default",
            "automountServiceAccountToken": False,
            "containers": [{"name": "manager", "image": "trainer:played"}],
        },
    }
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    log = playing(server.kubeconfig)
    for path, body in (
        ("/api/v1/nodes", kwok.node("kwok-0")),
        ("/api/v1/namespaces/default/serviceaccounts", account),
        ("/api/v1/namespaces/default/pods", pod),
    ):
        code, answer = server.request("POST", path, body)
        assert code in (201, 409), answer
    deadline = time.monotonic() + 30
    while (
        server.request("GET", "/api/v1/namespaces/default/pods/manager")[1].get("status", {}).get("phase") != "Running"
    ):
        assert time.monotonic() < deadline, log.read_text()[-2000:]
        time.sleep(0.2)
    result = _result(access, SMOKES["trainer"])
    assert result.outcome == SIMULATED, result
    assert "trainer:played" in result.ran
    assert result.left.startswith("minikf-test-trainer-")


def test_pods_that_kwok_plays_are_not_tested(kind: Kind, playing: Any) -> None:
    """The real Trainer, but nothing runs what it makes: last, since nothing real can be scheduled meanwhile."""
    playing(kind.home.folder / ".config/minikf/platforms" / kind.platform / "kubeconfig")
    (real,) = (node["metadata"]["name"] for node in kind.get("nodes")["items"])
    kind.kubectl("create", "-f", "-", stdin=json.dumps(kwok.node("kwok-0")))
    kind.kubectl("cordon", real)
    kind.kubectl("wait", "node/kwok-0", "--for=condition=Ready", "--timeout=60s")
    try:
        code, results = _results(kind, "trainer", "--image", kind.image)
    finally:
        kind.kubectl("uncordon", real)
        kind.kubectl("delete", "node", "kwok-0")
    assert code == 0
    assert results["trainer"]["outcome"] == SIMULATED, results
    assert "kwok-0" in results["trainer"]["ran"]
