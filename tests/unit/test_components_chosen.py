"""What a platform is to have of the bundle: what it was made with, else what is asked for, else the default."""

from __future__ import annotations

from pathlib import Path

import pytest

from minikf.components import chosen
from minikf.engine.record import Platform
from minikf.errors import Refused
from minikf.install.choice import Choice, forget
from minikf.paths import PlatformPaths
from minikf.spec import Plan, Wishes


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlatformPaths:
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    return PlatformPaths.of("test")


def profile(paths: PlatformPaths, plan: Plan, wishes: Wishes) -> str:
    found = chosen(paths, plan, wishes)
    return found.profile if found is not None else ""


def test_a_new_platform_gets_what_was_planned(paths: PlatformPaths) -> None:
    assert profile(paths, Plan("test", "kind", profile="lite"), Wishes()) == "lite"
    assert profile(paths, Plan("test", "kind", profile="none"), Wishes(profile="none")) == ""
    assert profile(paths, Plan("test", "embedded"), Wishes()) == ""


def test_a_platform_that_was_made_without_stays_so_until_somebody_asks(paths: PlatformPaths) -> None:
    Platform("kind", 1).write(paths)
    assert profile(paths, Plan("test", "kind"), Wishes()) == ""
    assert profile(paths, Plan("test", "kind"), Wishes(profile="none")) == ""
    assert profile(paths, Plan("test", "kind"), Wishes(profile="standard")) == "standard"


def test_what_is_written_down_is_kept(paths: PlatformPaths) -> None:
    Platform("kind", 1).write(paths)
    Choice("kubeflow@26.03", "standard", ("kueue",)).write(paths)
    found = chosen(paths, Plan("test", "kind"), Wishes())
    assert found == Choice("kubeflow@26.03", "standard", ("kueue",))
    for asked in ("none", "lite"):
        with pytest.raises(Refused, match=f"has standard of kubeflow@26.03, not --profile {asked}"):
            chosen(paths, Plan("test", "kind"), Wishes(profile=asked))


def test_a_choice_of_a_platform_that_never_came_to_be_counts_for_nothing(paths: PlatformPaths) -> None:
    """`up` was killed after it wrote that down, and before it wrote what it was to make."""
    Choice("kubeflow@26.03", "full").write(paths)
    assert profile(paths, Plan("test", "kind", profile="lite"), Wishes()) == "lite"
    assert profile(paths, Plan("test", "kind", profile="none"), Wishes(profile="none")) == ""


def test_forgetting_leaves_no_empty_folder(paths: PlatformPaths) -> None:
    Choice("kubeflow@26.03", "full").write(paths)
    forget(paths)
    assert not paths.state.exists()
    forget(paths)
    Platform("kind", 1).write(paths)
    Choice("kubeflow@26.03", "full").write(paths)
    forget(paths)
    assert paths.platform_file.exists()
