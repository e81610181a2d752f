"""A target for a session, and a namespace in it for each test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from binaries.build import ensure
from install import objects as o
from keep import Unavailable

from .target import COMMANDS, Target, room, target

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def promote_binaries(say: Callable[[str], None], no_lab: Callable[[str], None]) -> Path:
    try:
        return ensure(say, COMMANDS)
    except Unavailable as why:
        no_lab(f"no API server to promote to here: {why}")
        raise  # not reached: the test is skipped or fails


def _with_kinds(made: Target) -> Target:
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    made.admin("POST", definitions, o.definition("Piece"))
    while made.cluster.server.request("GET", "/apis/lab.minikf.invalid/v1/pieces")[0] != 200:
        pass
    return made


@pytest.fixture(scope="session")
def session_target(promote_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with target(promote_binaries, tmp_path_factory.mktemp("target")) as made:
        yield _with_kinds(made)


@pytest.fixture
def here(session_target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
    """A namespace of the test's own, and files of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return room(session_target, f"to-{next(_numbers)}")


@pytest.fixture
def fresh(promote_binaries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """A target of the test's own, to break."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with target(promote_binaries, tmp_path / "target") as made:
        yield room(_with_kinds(made), "to")
