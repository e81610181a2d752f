"""Real platforms for the tests, in a home of their own; every process is gone at the end, or the run fails."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from minikf.engine import strays
from minikf.paths import PlatformPaths
from minikf.spec import Access
from minikf.up import down, up
from tests.embedded.homes import Home, finish

_numbers = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def session_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home for the whole session, in force in this process: no test meets the files of who runs it."""
    home = Home(tmp_path_factory.mktemp("home"))
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("MINIKF_")]:
            patch.delenv(name)
        for name, value in home.variables.items():
            patch.setenv(name, value)
        yield home


@pytest.fixture(scope="session")
def platform(session_home: Home) -> Iterator[Access]:
    """The platform that tests share; objects that a test makes carry names of their own."""
    access = finish(up("default"))
    yield access
    remove("default")


@pytest.fixture
def fresh_platform(session_home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Access]:
    """A platform for one test alone, which may stop, kill or break it; without a warm server, whose imports would
    take a core for ten seconds."""
    name = f"fresh-{next(_numbers)}"
    monkeypatch.setenv("MINIKF_WARM", "0")
    access = finish(up(name))
    yield access
    remove(name)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A home for one test that calls the program itself; its platforms are removed at the end."""
    made = Home(tmp_path / "home")
    yield made
    made.end()


def remove(name: str) -> None:
    """Ends a platform of the session's home, whatever a test has done to it."""
    paths = PlatformPaths.of(name)
    if paths.platform_file.exists():
        finish(down(name))
    left = strays.find(paths)
    for process in left:
        process.signal(9)
    assert not left, f"platform '{name}' left processes behind: {left}"
