"""The port of a new platform when others want it at the same time: platforms of other homes, and other programs."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from minikf.engine import ports
from minikf.engine.embedded import Embedded
from minikf.engine.record import Platform
from minikf.kube.health import is_ready
from minikf.paths import PlatformPaths
from minikf.spec import Event, Plan
from tests.embedded.homes import Home, finish

SEVERAL = 3


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[list[Home]]:
    made = [Home(tmp_path / f"home-{number}") for number in range(SEVERAL)]
    yield made
    for home in made:
        home.end()


def engine_in(home: Home, monkeypatch: pytest.MonkeyPatch) -> Embedded:
    """The driver of that home's default platform; daemons that this process starts belong to that home from now on."""
    home.root.mkdir(parents=True, exist_ok=True)
    for name, value in home.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MINIKF_WARM", "0")
    return Embedded(PlatformPaths.of("default"))


def test_ups_of_several_homes_at_once_get_a_port_each(homes: list[Home]) -> None:
    ups = [home.start("up", "--json") for home in homes]
    answers = [up.communicate(timeout=120) for up in ups]
    assert [up.returncode for up in ups] == [0] * SEVERAL, answers
    assert len({json.loads(out)["server"] for out, _ in answers}) == SEVERAL
    assert all(home.json("status")["running"] for home in homes)


def test_a_port_cannot_be_taken_between_its_choice_and_its_use(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_in(home, monkeypatch)
    paths = PlatformPaths.of("default")
    events: list[Event] = []
    thieves: list[socket.socket] = []

    def steal() -> None:
        chosen = Platform.read(paths)
        assert chosen is not None
        try:
            thieves.append(socket.create_server((ports.LOOPBACK, chosen.port)))
        except OSError:
            return

    steps = engine.ensure(Plan("default", "embedded"))
    try:
        while True:
            event = next(steps)
            events.append(event)
            if (event.what, event.state) == ("daemon", "started"):
                steal()  # the daemon is a process by now, but far from serving
    except StopIteration as end:
        access = end.value
    finally:
        for thief in thieves:
            thief.close()
    assert not thieves
    assert "failed" not in [event.state for event in events]
    assert is_ready(access)[0]


def test_a_platform_made_while_another_home_makes_its_own_gets_another_port(
    homes: list[Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = engine_in(homes[0], monkeypatch).ensure(Plan("default", "embedded"))
    while next(first).what != "daemon":
        pass
    second = finish(engine_in(homes[1], monkeypatch).ensure(Plan("default", "embedded")))
    assert finish(first).server != second.server


def test_a_daemon_that_is_started_by_hand_on_a_taken_port_says_so(home: Home) -> None:
    home.minikf("up")
    port = int(home.daemon()["address"].rsplit(":", 1)[1])
    home.minikf("stop")

    with socket.create_server((ports.LOOPBACK, port)):
        command = [sys.executable, "-P", "-m", "minikf.embedded.daemon"]
        done = subprocess.run(command, env=home.environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 10 and f"port {port}" in done.stderr and "Traceback" not in done.stderr
