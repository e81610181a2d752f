"""Passes the bytes of connections on: from a listening socket that outlives the process to a server behind it.

gRPC's server cannot be given a listening socket, and two of them on one port by SO_REUSEPORT lose the connections that
wait in the queue of the one that ends. So our own socket accepts and a private port of loopback serves.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Protocol, cast


class Watcher(Protocol):
    """Sees what goes back to a client and can say that the connection is to end."""

    def seen(self, data: bytes) -> bytes:
        """Called for each piece; returns what is sent in its place."""

    def farewell(self) -> bytes:
        """What tells the client to open a new connection; may be empty when it has to wait for a better moment."""


# Looks at what a client sent first: None wants more of it, b"" lets it pass, anything else is the answer that ends it.
Gate = Callable[[bytes], bytes | None]


class _Side(asyncio.Protocol):
    """One of the two connections. What comes in goes out at `other`."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.other: _Side | None = None
        self.watcher: Watcher | None = None
        self.last_seen = time.monotonic()
        self.on_lost: Callable[[], None] | None = None
        # What came before there was an other side.
        self.early: list[bytes] = []
        self._has_ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.last_seen = time.monotonic()
        if self.watcher is not None:
            data = self.watcher.seen(data)
        if self.other is not None:
            self.other.write(data)
        else:
            self.early.append(data)

    def eof_received(self) -> bool:
        if self.other is not None:
            self.other.end_writing()
            if self._has_ended:
                # Both have said all they wanted.
                self.close()
                self.other.close()
        return True

    def pause_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()
        if self.on_lost is not None:
            self.on_lost()

    def write(self, data: bytes) -> None:
        if self.transport is not None and not self._has_ended:
            self.transport.write(data)

    def end_writing(self) -> None:
        if self.transport is not None and not self._has_ended and not self.transport.is_closing():
            self._has_ended = True
            self.transport.write_eof()

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()


class _Client(_Side):
    """A client's connection; opens the one to the server behind when it comes in."""

    def __init__(self, relay: Relay) -> None:
        super().__init__()
        self._relay = relay
        self._connecting: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._relay.clients.add(self)
        self.on_lost = lambda: self._relay.clients.discard(self)
        if self._relay.gate is None:
            self._connecting = asyncio.ensure_future(self._connect())

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._connecting is None and self._relay.gate is not None:
            verdict = self._relay.gate(b"".join(self.early))
            if verdict == b"":
                self._connecting = asyncio.ensure_future(self._connect())
            elif verdict is not None:
                self.write(verdict)
                self.close()

    async def _connect(self) -> None:
        assert self.transport is not None
        server = _Side()
        server.other = self
        server.watcher = self._relay.new_watcher()
        try:
            await asyncio.get_running_loop().create_connection(lambda: server, "127.0.0.1", self._relay.port)
        except OSError:
            self.transport.close()
            return
        self.other = server
        for data in self.early:
            server.write(data)
        self.early.clear()
        if self.transport.is_closing():
            server.close()

    @property
    def watcher_back(self) -> Watcher | None:
        return self.other.watcher if self.other is not None else None

    @property
    def quiet_since(self) -> float:
        """When a byte last went either way, by the monotonic clock."""
        return max(self.last_seen, self.other.last_seen if self.other is not None else 0.0)


class Relay:
    """Accepts on `listening` and connects each client to `port` of loopback."""

    def __init__(
        self,
        listening: socket.socket,
        port: int,
        watcher: Callable[[], Watcher] | None = None,
        gate: Gate | None = None,
    ) -> None:
        self._listening = listening
        self.port = port
        self._watcher = watcher
        self.gate = gate
        self._server: asyncio.Server | None = None
        self.clients: set[_Client] = set()

    def new_watcher(self) -> Watcher | None:
        return self._watcher() if self._watcher is not None else None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Client(self), sock=self._listening)

    async def drain(self, quiet: float, longest: float) -> None:
        """Takes no new connection, tells clients to leave and waits until they did.

        Connections without a byte for `quiet` seconds are closed, after `longest` seconds all are.
        """
        if self._server is not None:
            self._server.close()
        for client in self.clients:
            if client.watcher_back is not None:
                client.write(client.watcher_back.farewell())
        end = time.monotonic() + longest
        while self.clients and time.monotonic() < end:
            for client in list(self.clients):
                if time.monotonic() - client.quiet_since > quiet:
                    client.close()
            await asyncio.sleep(0.02)
        for client in list(self.clients):
            client.close()
