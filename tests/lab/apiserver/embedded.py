"""The embedded side: MiniKF's daemon in a home of its own, without its controllers unless they are asked for."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from .server import Server, answers, free_ports, running, wait_until, write_kubeconfig

PLATFORM = "lab"


@contextlib.contextmanager
def embedded_server(kubectl: Path, folder: Path, controllers: bool = False) -> Iterator[Server]:
    """A running daemon that was restarted once. Raises StartFailed with the end of its log."""
    home, client, sockets = folder / "home", folder / "client", folder / "run"
    for path in (home, client, sockets):
        path.mkdir(mode=0o700)
    (port,) = free_ports(1)
    env = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "MINIKF_"))}
    env |= {"HOME": str(home), "XDG_RUNTIME_DIR": str(sockets)}
    command = [sys.executable, "-m", "minikf.embedded.daemon", "--platform", PLATFORM, "--port", str(port)]
    log = folder / "daemon.log"
    config = home / ".config" / "minikf" / "platforms" / PLATFORM
    ca, token = config / "ca.crt", config / "token"
    if not controllers:
        command.append("--no-controllers")
    # A first life, ended: the second one keeps only changes from then on, so version 1 is too old there as well.
    with running(command, log, env) as process:
        wait_until(lambda: ca.exists() and token.exists(), process, log)
        server = Server(
            name="embedded",
            url=f"https://127.0.0.1:{port}",
            ca=ca,
            token=token.read_text().strip(),
            kubeconfig=client / "kubeconfig",
            kubectl=kubectl,
            home=client,
        )
        wait_until(lambda: answers(server), process, log)
    write_kubeconfig(server.kubeconfig, server.url, server.ca, server.token)
    with running(command, log, env) as process:
        wait_until(lambda: answers(server), process, log)
        yield server
