"""The HTTPS server of the daemon: uvicorn on a loopback socket, stopped by us and not by its own signal handlers."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn

from minikf.errors import Refused

BACKLOG = 2048
# Long enough for answers in hand; watches have been ended before.
DRAIN_SECONDS = 3


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1. Raises Refused when the port is taken."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except OSError as error:
        sock.close()
        raise Refused(
            f"port {port} on 127.0.0.1 cannot be used", cause=str(error), advice="minikf up   # chooses another port"
        ) from error
    sock.listen(BACKLOG)
    return sock


class Server(uvicorn.Server):
    """uvicorn's server without its signal handlers: the daemon decides what a signal means."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def make_server(app: Any, certificate: Path, key: Path) -> Server:
    """TLS, HTTP/1.1 by httptools, websockets by wsproto (its peer refuses the subprotocols that kubectl asks for)."""
    config = uvicorn.Config(
        app,
        ssl_certfile=str(certificate),
        ssl_keyfile=str(key),
        http="httptools",
        ws="wsproto",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=120,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        backlog=BACKLOG,
    )
    return Server(config)
