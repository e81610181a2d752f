"""The SDK's `pip install kfp==X --no-deps` in each step is met by the platform's own kfp where that does the same."""

from __future__ import annotations

from importlib import metadata

import pytest

from minikf.embedded.environments import Wanted
from minikf.embedded.forkserver.shims import satisfied
from minikf.embedded.forkserver.shims.pipargs import parse


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """kfp 2.10.1, and otherwise what there is."""
    real = metadata.distribution

    class Kfp:
        version = "2.10.1"
        requires: tuple[str, ...] = ()

    def distribution(name: str) -> object:
        return Kfp if name == "kfp" else real(name)

    monkeypatch.setattr(metadata, "distribution", distribution)
    monkeypatch.setattr(metadata, "version", lambda name: distribution(name).version)  # type: ignore[attr-defined]


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("requirement", "is_met"),
    [
        ("kfp==2.10.1", True),
        ("kfp==2.9.0", True),
        ("KFP==2.0.0b1", True),
        ("kfp==2.10.2", False),
        ("kfp==2.11.0", False),
        ("kfp==1.8.22", False),
        ("kfp==3.0.0", False),
        ("kfp<2.10", False),
        ("kfp==2.9.*", False),
        ("kfp==2.9.0,!=2.8", False),
        ("kfp[all]==2.9.0", False),
        ("kfp @ file:///x.whl", False),
    ],
)
def test_which_versions_count(requirement: str, is_met: bool) -> None:
    assert satisfied.is_satisfied(Wanted((requirement,), no_deps=True)) is is_met


@pytest.mark.usefixtures("installed")
def test_only_without_dependencies_and_only_for_kfp() -> None:
    assert not satisfied.is_satisfied(Wanted(("kfp==2.9.0",)))
    assert not satisfied.is_satisfied(Wanted(("packaging==1.0",), no_deps=True))
    assert not satisfied.is_satisfied(Wanted(("kfp==2.9.0", "no-such-package-anywhere"), no_deps=True))
    assert not satisfied.is_satisfied(Wanted(("kfp==2.9.0",), no_deps=True, upgrade=True))


@pytest.mark.usefixtures("installed")
def test_the_sdks_own_line() -> None:
    words = [
        "--quiet",
        "--no-warn-script-location",
        "kfp==2.9.0",
        "--no-deps",
        'typing-extensions>=3.7.4,<5; python_version<"3.9"',
    ]
    assert satisfied.is_satisfied(parse(words).wanted())
