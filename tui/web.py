"""`minikf tui --web`: the terminal UI in a browser of this machine, for its user only."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable

from minikf.commands import command
from minikf.errors import Refused

LOOPBACK = "127.0.0.1"


def serve(platform: str, port: int, said: Callable[[str], None], *, read_only: bool = False) -> None:
    """Serves until it is interrupted. `said` gets the link once a browser can open it; port 0 stands for a free one.

    Raises UsageError on a bad platform name, and Refused where it cannot be served.
    """
    from minikf.engine.choose import engine_of

    engine_of(platform)
    from minikf.engine.forwarding.addresses import browser_host
    from minikf.kube.forward.door import Door
    from minikf.tui.webserver import WebTerminal

    with _listening(port, platform) as server:
        # The credential is nobody's: the only way in is the link.
        door = Door(secrets.token_urlsafe(32), server.getsockname()[1])
        said(f"http://{browser_host(door.label)}:{door.port}{door.link()}")
        WebTerminal(platform, door, read_only=read_only).run(server)


def _listening(port: int, platform: str) -> socket.socket:
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind((LOOPBACK, port))
        server.listen()
    except OSError as error:
        server.close()
        raise Refused(
            "the terminal UI was not served",
            cause=f"port {port} of {LOOPBACK} cannot be had: {error.strerror}",
            advice=command("tui --web", platform),
        ) from error
    return server
