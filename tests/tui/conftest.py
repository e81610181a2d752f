"""A real platform for the tests of the real feed, in a home of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.embedded.homes import Home


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home with the platform `default` running; in force in this process too. A test may kill its daemon."""
    home = Home(tmp_path_factory.mktemp("tui"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in home.variables.items():
            patch.setenv(name, value)
        home.minikf("up")
        yield home
        home.end()


@pytest.fixture(autouse=True)
def drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many changes are one redraw here, too, but nobody waits a tenth of a second for it."""
    monkeypatch.setattr("minikf.tui.app.REDRAW_SECONDS", 0.01)


@pytest.fixture(autouse=True)
def rested_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pilot takes a program for idle that did nothing for 20 ms, two or three times a key (textual/_wait.py). A
    quarter of that tells as much and makes the suite minutes shorter."""
    monkeypatch.setattr("textual._wait.SLEEP_GRANULARITY", 0.005)
    monkeypatch.setattr("textual._wait.SLEEP_IDLE", 0.005 / 20)
