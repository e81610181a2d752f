"""A platform's port: held from its choice on, kept from start to start, and explained when it is lost."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from minikf.engine import ports, record
from minikf.engine.record import Platform
from minikf.paths import PlatformPaths


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlatformPaths:
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    return PlatformPaths.of("test")


def test_the_remembered_port_is_kept_and_another_given_only_where_it_is_taken(paths: PlatformPaths) -> None:
    with ports.claim(paths).listener as first:
        port = first.getsockname()[1]
        assert not ports.is_free(port)
    assert ports.is_free(port)
    again = ports.claim(paths, port)
    with again.listener:
        assert (again.port, again.said) == (port, "")
    with listening(port):
        other = ports.claim(paths, port)
        with other.listener:
            assert other.port != port and not ports.is_free(other.port)
        assert f"port {port} is taken by process {os.getpid()} (" in other.said and str(other.port) in other.said
        assert 'eval "$(minikf env --platform test)"' in other.said


def test_a_port_that_a_stopped_platform_remembers_is_not_given_away(paths: PlatformPaths) -> None:
    with ports.claim(paths).listener as first:
        port = first.getsockname()[1]
    Platform("embedded", port, record.STOPPED).write(PlatformPaths.of("other"))
    (paths.state.parent / "Not A Platform").mkdir()
    with ports.claim(paths).listener as second:
        assert second.getsockname()[1] != port


def test_platforms_of_many_homes_that_choose_at_once_all_get_a_port_of_their_own(paths: PlatformPaths) -> None:
    many = len(ports.PREFERRED) + 3  # more than have a preferred port: the last ones get any port
    with contextlib.ExitStack() as held:
        claims = [ports.claim(paths) for _ in range(many)]  # nothing is written down, as in other homes
        for claim in claims:
            held.enter_context(claim.listener)
        assert len({claim.port for claim in claims}) == many


def test_processes_that_choose_at_once_never_get_the_same_port(tmp_path: Path) -> None:
    program = (
        "import sys; from minikf.engine import ports; from minikf.paths import PlatformPaths; sys.stdin.readline();"
        "claim = ports.claim(PlatformPaths.of('p')); print(claim.port, flush=True); sys.stdin.readline()"
    )
    homes = [os.environ | {"HOME": str(tmp_path / str(number)), "XDG_STATE_HOME": ""} for number in range(4)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([sys.executable, "-c", program], env=home, **pipes) for home in homes]  # type: ignore[call-overload]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    chosen = [process.stdout.readline().strip() for process in processes]
    for process in processes:
        process.communicate("end\n", timeout=30)
    assert all(chosen) and len(set(chosen)) == len(processes)


def test_looking_whether_a_port_is_free_is_in_nobodys_way(paths: PlatformPaths) -> None:
    with ports.claim(paths).listener as other:
        port = other.getsockname()[1]
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((ports.LOOPBACK, port))
        assert ports.is_free(port)
        server.listen()
        assert not ports.is_free(port)


def listening(port: int) -> socket.socket:
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((ports.LOOPBACK, port))
    server.listen()
    return server
