"""Answers in place of a model server that is not there, so that a client learns why instead of waiting."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import cast

from minikf.embedded.serving.guard import Hosts

_HEAD_LIMIT = 64 * 1024
_PATIENCE_SECONDS = 10.0


class Backstop:
    """Accepts on a copy of a service's listening socket and answers 503 with the cause."""

    def __init__(self, listening: socket.socket, cause: str) -> None:
        self._listening = listening
        self.cause = cause
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Answer(self), sock=self._listening.dup())

    def stop(self) -> None:
        """From now on connections wait for the next server."""
        if self._server is not None:
            self._server.close()
            self._server = None


class _Answer(asyncio.Protocol):
    """One connection: reads a request's head, answers, ends."""

    def __init__(self, backstop: Backstop) -> None:
        self._backstop = backstop
        self._head = b""
        self._done = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._timer = asyncio.get_running_loop().call_later(_PATIENCE_SECONDS, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        # What comes after the head is read and dropped, so that the client can finish sending and read the answer.
        if self._done:
            return
        self._head += data
        if b"\r\n\r\n" in self._head or len(self._head) > _HEAD_LIMIT:
            self._done = True
            self._transport.write(self._answer())
            self._transport.write_eof()

    def _answer(self) -> bytes:
        # Only loopback's names: what a foreign page must not read is not told to it.
        reason = Hosts().why_not(header(self._head, b"host"), None)
        return refusal("403 Forbidden", reason) if reason else refusal("503 Service Unavailable", self._backstop.cause)


def refusal(status: str, error: str) -> bytes:
    """An HTTP/1.1 answer that ends the connection; `status` is code and words."""
    body = json.dumps({"error": error}).encode()
    lines = (f"HTTP/1.1 {status}", "content-type: application/json", f"content-length: {len(body)}")
    return "\r\n".join((*lines, "connection: close", "", "")).encode() + body


def header(head: bytes, name: bytes) -> str | None:
    """The value of a header in the head of an HTTP/1 request, or None."""
    for line in head.split(b"\r\n\r\n", 1)[0].split(b"\r\n")[1:]:
        key, colon, value = line.partition(b":")
        if colon and key.strip().lower() == name:
            return value.strip().decode("latin-1")
    return None
