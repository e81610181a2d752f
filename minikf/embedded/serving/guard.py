"""Refuses what must not reach a model: foreign Host or Origin headers and bodies that are too long.

A prediction port is open to everything on this machine, so a web page could reach it by DNS rebinding: its browser
then sends the page's own name as Host. Only names that no foreign page can have are let in.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Hosts:
    """The names under which a server may be addressed: every name of loopback and those given."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = frozenset(name.lower() for name in names)

    def allow(self, host: str) -> bool:
        """Whether a Host header, with or without a port, names this server."""
        name = _without_port(host).rstrip(".").lower()
        if name == "localhost" or name.endswith(".localhost") or name in self._names:
            return True
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return False

    def allow_origin(self, origin: str) -> bool:
        """Whether a page of this origin may send requests: only one that was itself served here."""
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and bool(parts.netloc) and self.allow(parts.netloc)

    def why_not(self, host: str | None, origin: str | None) -> str:
        """Why a request with these headers is refused, or ""."""
        if host is None:
            return "the request has no Host header"
        if not self.allow(host):
            return f"the Host header names '{host}', not this server"
        if origin is not None and not self.allow_origin(origin):
            return f"requests of the web page '{origin}' are not allowed"
        return ""


class Guard:
    """ASGI middleware; the application gets a body that is whole and short enough."""

    def __init__(self, app: App, hosts: Hosts, max_body_bytes: int) -> None:
        self._app = app
        self._hosts = hosts
        self._limit = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        reason = self._hosts.why_not(_text(headers.get(b"host")), _text(headers.get(b"origin")))
        if reason:
            await answer(send, 403, f"{reason}; use http://127.0.0.1 or http://localhost with the port")
            return
        if scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        body = await self._body(headers, receive)
        if body is None:
            await answer(send, 413, f"the request's body is longer than {self._limit:,} bytes; send fewer instances")
            return
        await self._app(scope, _once(body, receive), send)

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes | None:
        """The body, or None when it is too long. Not more than the limit is ever held."""
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > self._limit:
            return None
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return b"".join(parts)
            part = message.get("body", b"")
            size += len(part)
            if size > self._limit:
                return None
            parts.append(part)
            if not message.get("more_body"):
                return parts[0] if len(parts) == 1 else b"".join(parts)


def _once(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body, then whatever comes after it."""
    given = False

    async def once() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once


async def answer(send: Send, status: int, error: str) -> None:
    """Sends an error in the shape that kserve's servers use."""
    body = json.dumps({"error": error}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def _without_port(host: str) -> str:
    if host.startswith("["):
        address, closed, _ = host[1:].partition("]")
        return address if closed else host
    name, _, port = host.rpartition(":")
    return name if name and port.isdigit() else host
