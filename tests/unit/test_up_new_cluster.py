"""A new cluster and what is to be put on it: whichever of the two fails, nothing is left of the other."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from minikf import up
from minikf.engine.record import Platform
from minikf.errors import MinikfError, NoProgress, Refused, Unreachable
from minikf.install import measured
from minikf.install.choice import Choice
from minikf.paths import PlatformPaths
from minikf.spec import Access, Event, Plan, Wishes

CHOICE = Choice("kubeflow@26.03", "lite")


class Engine:
    """Stands for a driver of clusters in Docker: writes the platform's record when the making begins."""

    name = "kind"

    def __init__(self, paths: PlatformPaths, failing: MinikfError | None = None, early: bool = False) -> None:
        self.paths, self.failing, self.early, self.deleted = paths, failing, early, False

    def ensure(self, plan: Plan) -> Generator[Event, None, Access]:
        if self.failing is not None and self.early:
            raise self.failing
        assert self.paths.choice_file.exists(), "an interrupted `up` would not know what it was for"
        Platform("kind", 1).write(self.paths)
        for _ in range(3):
            yield Event("cluster", "progress")
        if self.failing is not None:
            raise self.failing
        return Access("test", "kind", "https://127.0.0.1:1", self.paths.kubeconfig, self.paths.ca)

    def delete(self, *, keep_data: bool = False) -> Generator[Event, None, None]:
        self.deleted = True
        self.paths.platform_file.unlink()
        yield Event("cluster", "done")


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlatformPaths:
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    return PlatformPaths.of("test")


def made(
    monkeypatch: pytest.MonkeyPatch, engine: Engine, unready: MinikfError | None = None, bent: MinikfError | None = None
) -> Any:
    """Runs it; `unready` is how looking and fetching fail, `bent` how rendering does."""

    def ready(*_: object) -> Generator[Event, None, Any]:
        yield Event("fit", "done")
        if unready is not None:
            raise unready
        return SimpleNamespace(fetched="fetched", image_here=True)

    def render(fetched: object) -> Generator[Event, None, str]:
        yield Event("render", "started")
        if bent is not None:
            raise bent
        return f"{fetched} and rendered"

    monkeypatch.setattr("minikf.fitting.ready", ready)
    monkeypatch.setattr("minikf.install.prepare.render", render)
    steps = up._new_cluster(engine, Plan("test", "kind", profile="lite"), CHOICE, Wishes())  # type: ignore[arg-type]
    events = []
    while True:
        try:
            events.append(next(steps).what)
        except StopIteration as end:
            return events, end.value


def test_both_are_there(paths: PlatformPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(paths)
    events, (access, prepared) = made(monkeypatch, engine)
    assert access.engine == "kind" and prepared == "fetched and rendered"
    assert events[0] == "fit" and "render" in events and events.count("cluster") == 3
    assert paths.choice_file.exists() and not engine.deleted and "kind" in measured.read().clusters


def test_what_is_not_to_be_had_fails_before_anything_is_written(
    paths: PlatformPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Unreachable):
        made(monkeypatch, Engine(paths), unready=Unreachable("GitHub cannot be reached"))
    assert not paths.state.exists() and not measured.file().exists()


def test_a_cluster_that_never_began_leaves_nothing(paths: PlatformPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="no room"):
        made(monkeypatch, Engine(paths, Refused("no room"), early=True))
    assert not paths.state.exists()


def test_a_cluster_that_broke_off_remembers_what_it_was_for(
    paths: PlatformPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(paths, NoProgress("it does not get ready"))
    with pytest.raises(NoProgress):
        made(monkeypatch, engine)
    assert paths.choice_file.exists() and not engine.deleted


def test_nothing_is_left_of_a_cluster_whose_content_cannot_be_rendered(
    paths: PlatformPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(paths)
    with pytest.raises(Refused, match="other objects"):
        made(monkeypatch, engine, bent=Refused("rendered to other objects"))
    assert not paths.state.exists()
