"""Connections to a platform's API that are used again: a handshake costs more than most answers."""

from __future__ import annotations

import http.client
import ssl
import time
from pathlib import Path

# The daemon closes connections that were idle for two minutes.
_IDLE_SECONDS = 60.0
_MOST_IDLE = 4
# How a connection fails that the other side has closed meanwhile.
CLOSED = (ConnectionError, http.client.BadStatusLine, http.client.CannotSendRequest, ssl.SSLError)


class Connections:
    """To one address, trusting one CA; may be used by several threads: adding and taking are each one step."""

    def __init__(self, host: str, port: int, ca: Path, timeout: float) -> None:
        self._host, self._port, self._ca, self._timeout = host, port, ca, timeout
        self._trust: tuple[tuple[int, int], ssl.SSLContext] | None = None
        self._idle: list[tuple[http.client.HTTPSConnection, float]] = []

    def __del__(self) -> None:
        while self._idle:
            self._idle.pop()[0].close()

    def fresh(self) -> http.client.HTTPSConnection:
        """A new one. Raises OSError where the CA cannot be read."""
        about = self._ca.stat()  # a platform that was made anew has another CA
        mark = (about.st_mtime_ns, about.st_ino)
        if self._trust is None or self._trust[0] != mark:
            self._trust = (mark, ssl.create_default_context(cafile=str(self._ca)))
        return http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout, context=self._trust[1])

    def idle(self) -> http.client.HTTPSConnection | None:
        """One that has answered before and is most likely still open."""
        while self._idle:
            connection, since = self._idle.pop()
            if time.monotonic() - since < _IDLE_SECONDS:
                return connection
            connection.close()
        return None

    def give_back(self, connection: http.client.HTTPSConnection) -> None:
        """Its answer was read to the end."""
        if connection.sock is not None and len(self._idle) < _MOST_IDLE:
            self._idle.append((connection, time.monotonic()))
        else:
            connection.close()
