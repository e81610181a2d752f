"""How a server talks to the daemon that started it: it asks for its listening sockets and says how it is doing.

Over a unix socket, one JSON object a line. The server begins with `hello`; the daemon answers with the sockets as
passed descriptors, and holds them itself, so that the port stays the service's own between two servers. When the
daemon was restarted it has lost them, so the server offers its own when it connects again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
from dataclasses import dataclass
from typing import Any

from minikf.errors import MinikfError

log = logging.getLogger("minikf.serving")

# The sockets in the order in which their descriptors are passed.
NAMES = ("rest", "grpc")
_AGAIN_SECONDS = 0.5
_ANSWER_SECONDS = 10.0


class ControlFailed(MinikfError):
    """The daemon did not give a server its sockets."""


@dataclass(frozen=True)
class Listening:
    """Listening sockets of loopback."""

    rest: socket.socket
    grpc: socket.socket


class ControlLink:
    """A server's connection to its daemon. Without a path, nobody is told anything."""

    def __init__(self, path: str, pod: str) -> None:
        self._path = path
        self._pod = pod
        self._socket: socket.socket | None = None
        self._state: dict[str, Any] = {"state": "Loading"}
        self._listening: Listening | None = None

    def ask(self) -> Listening:
        """The service's listening sockets; waits for the daemon's answer. Raises ControlFailed."""
        try:
            self._socket = self._connect()
            self._socket.settimeout(_ANSWER_SECONDS)
            self._send({"hello": self._pod})
            data, fds, _, _ = socket.recv_fds(self._socket, 65536, len(NAMES))
        except OSError as error:
            raise ControlFailed(
                "the model server cannot ask for its ports",
                cause=f"{self._path}: {error.strerror or error}",
                advice="minikf status",
            ) from error
        sockets = [socket.socket(fileno=fd) for fd in fds]
        if len(sockets) != len(NAMES):
            raise ControlFailed("the daemon gave the model server no ports", cause=_error_in(data))
        self._listening = Listening(*sockets)
        return self._listening

    def tell(self, state: str, **details: Any) -> None:
        """Says how the server is doing: Loading, Ready or FailedToLoad, with a `message` or `notices`."""
        self._state = {"state": state} | details
        if self._socket is not None:
            # A daemon that is away hears it when it is back.
            with contextlib.suppress(OSError):
                self._send(self._state)

    def close(self) -> None:
        """Hangs up, which tells that the server is gone."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def stay_connected(self) -> None:
        """Connects again whenever the daemon was restarted, and offers it the sockets. Ends only by cancellation."""
        if not self._path:
            return
        while True:
            if self._socket is not None:
                await self._until_closed(self._socket)
                self._socket = None
            await asyncio.sleep(_AGAIN_SECONDS)
            with contextlib.suppress(OSError):
                self._offer()

    def _offer(self) -> None:
        connection = self._connect()
        try:
            hello = {"hello": self._pod, "offer": True} | self._state
            fds = [self._listening.rest.fileno(), self._listening.grpc.fileno()] if self._listening else []
            socket.send_fds(connection, [_line(hello)], fds)
        except OSError:
            connection.close()
            raise
        self._socket = connection
        log.info("connected to the daemon again")

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(self._path)
        except OSError:
            connection.close()
            raise
        return connection

    async def _until_closed(self, connection: socket.socket) -> None:
        """The daemon says nothing more after its first answer, so anything readable is the end."""
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            while await loop.sock_recv(connection, 4096):
                log.debug("the daemon said something that was not expected")
        connection.close()

    def _send(self, message: dict[str, Any]) -> None:
        if self._socket is not None:
            self._socket.sendall(_line(message))


def bind(port: int) -> socket.socket:
    """A listening TCP socket of 127.0.0.1; port 0 takes a free one. Raises OSError when the port is taken."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(("127.0.0.1", port))
        found.listen(1024)
    except OSError:
        found.close()
        raise
    return found


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"


def _error_in(data: bytes) -> str:
    try:
        return str(json.loads(data)["error"])
    except (ValueError, KeyError, TypeError):
        return "it closed the connection"
