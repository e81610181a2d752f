"""The HTTPS server of the daemon: uvicorn on a loopback socket, stopped by us and not by its own signal handlers."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

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


class Coalescing:
    """A transport that sends what is written in one turn of the event loop at once.

    uvicorn writes head and body of an answer apart, which are two TLS records and two system calls.
    """

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def plain(self) -> Any:
        """The transport beneath, with everything written so far on its way."""
        self._flush()
        return self._transport

    def _flush(self) -> None:
        if self._parts:
            data, self._parts = b"".join(self._parts), []
            if not self._transport.is_closing():
                self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 over a coalescing transport; a connection that becomes a websocket leaves it."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(Coalescing(transport, self.loop))  # type: ignore[arg-type]

    def handle_websocket_upgrade(self) -> None:
        # A message of a websocket is a record of its own: the Python client waits for the socket, not for what is
        # left of a record that it has read already, and would see a second message only when a third arrives.
        if isinstance(self.transport, Coalescing):
            self.transport = self.transport.plain()
        super().handle_websocket_upgrade()


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
        http=Protocol,
        proxy_headers=False,
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
