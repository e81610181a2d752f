"""A platform with everything on, after `minikf demo` and one object of every kind: what objects look like here."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from .population import populate
from .server import Server, StartFailed

PLATFORM = "lab-demo"
_MINUTES = 5


@contextlib.contextmanager
def demo_server(kubectl: Path, folder: Path) -> Iterator[Server]:
    """The API of a platform on which the demo has run. Raises StartFailed with what a command printed."""
    with empty_server(kubectl, folder) as server:
        minikf(server, "demo", "first-model")
        populate(server)
        yield server


@contextlib.contextmanager
def empty_server(kubectl: Path, folder: Path) -> Iterator[Server]:
    """The API of a platform on which nothing has run yet. Raises StartFailed."""
    home, client = folder / "home", folder / "client"
    for path in (home, client):
        path.mkdir(mode=0o700)
    env = _environment(home)
    try:
        try:
            _minikf(env, "up", "--engine", "embedded")
        except StartFailed:
            # Somebody else's platform took the port between its choice and its use; a second `up` takes another.
            _minikf(env, "up", "--engine", "embedded")
        yield _server(kubectl, client, home / ".config" / "minikf" / "platforms" / PLATFORM)
    finally:
        _minikf(env, "down", "--yes")


def minikf(server: Server, *arguments: str) -> str:
    """What the program prints, as the user of that platform. Raises StartFailed with what it said instead."""
    return _minikf(environment(server), *arguments)


def environment(server: Server) -> dict[str, str]:
    """That of the user of that platform, without what the SDKs are told."""
    return _environment(server.kubeconfig.parents[4])


def _environment(home: Path) -> dict[str, str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "MINIKF_"))}
    # Cold: the demo's own imports cost less than preloading everything.
    return env | {"HOME": str(home), "MINIKF_WARM": "0"}


def _minikf(env: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-P", "-m", "minikf", *arguments, "--platform", PLATFORM]
    done = subprocess.run(
        command, env=env, cwd=env["HOME"], capture_output=True, text=True, timeout=_MINUTES * 60, check=False
    )
    if done.returncode != 0:
        said = f"{done.stdout}\n{done.stderr}"[-4000:]
        raise StartFailed(f"minikf {' '.join(arguments)} exited {done.returncode}:\n{said}")
    return done.stdout


def _server(kubectl: Path, client: Path, config: Path) -> Server:
    kubeconfig = config / "kubeconfig"
    url = yaml.safe_load(kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    token = (config / "token").read_text().strip()
    return Server("demo", url, config / "ca.crt", token, kubeconfig, kubectl, client)
