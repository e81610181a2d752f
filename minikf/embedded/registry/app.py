"""The registry's ASGI application, mounted at `/api/model_registry`. Credentials are checked before it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from minikf.embedded.registry.errors import RegistryError, invalid, not_found
from minikf.embedded.registry.lineage import Lookup, lineage
from minikf.embedded.registry.registry import ModelRegistry
from minikf.embedded.registry.routes import VERSIONS, Answer, Call, route

PREFIX = "/api/model_registry"
BODY_LIMIT = 4 * 1024 * 1024  # bytes; far more than the largest resource that is kept

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

_log = logging.getLogger(__name__)


class _Gone(Exception):
    """The client went away before it had sent its request."""


def registry_app(registry: ModelRegistry, lookup: Lookup) -> App:
    """`/api/model_registry/v1/...` and `.../v1alpha3/...` for official clients, `.../minikf/lineage` for our own.

    The application wants whole paths (`scope["path"]`), as a router that mounts by prefix leaves them.
    """

    async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        try:
            answer = await _answer(registry, lookup, scope, receive)
        except _Gone:
            return
        except RegistryError as error:
            answer = Answer(error.status, error.body())
        except Exception:
            _log.exception("%s %s failed", scope["method"], scope["path"])
            message = "the registry failed unexpectedly; its log says why: minikf logs"
            answer = Answer(500, RegistryError(500, "Unexpected", message).body())
        await _send(send, answer)

    return app


async def _answer(registry: ModelRegistry, lookup: Lookup, scope: MutableMapping[str, Any], receive: Receive) -> Answer:
    version, _, path = scope["path"].removeprefix(f"{PREFIX}/").partition("/")
    query = _query(scope["query_string"])
    if (version, path) == ("minikf", "lineage") and scope["method"] == "GET":
        if not query.get("name"):
            raise invalid("the query must have 'name'")
        return Answer(200, await lineage(registry, lookup, query["name"], query.get("version") or None))
    if version not in VERSIONS:
        raise not_found(f"no such path: {scope['path']}", f"use {PREFIX}/v1/")
    handler, identity = route(scope["method"], path)
    return await handler(registry, Call(version, identity, query, await _body(receive)))


def _query(raw: bytes) -> dict[str, str]:
    """The first value of each parameter."""
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict")
    except (UnicodeDecodeError, ValueError) as error:
        raise invalid(f"the query cannot be read: {error}") from error
    if any("\0" in value for _, value in pairs):
        raise invalid("the query contains a NUL character")
    return dict(reversed(pairs))


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        body += message.get("body", b"")
        if len(body) > BODY_LIMIT:
            raise RegistryError(413, "TooLarge", f"the body has more than {BODY_LIMIT} bytes")
        if not message.get("more_body", False):
            return bytes(body)


async def _send(send: Send, answer: Answer) -> None:
    body = orjson.dumps(answer.body)
    headers = [
        (b"content-type", b"application/json; charset=UTF-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    if answer.warning:
        headers.append((b"warning", _warning(answer.warning)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _warning(text: str) -> bytes:
    """A Warning header's value (RFC 7234, section 5.5): a header holds printable ASCII only."""
    plain = "".join(one if " " <= one <= "~" and one not in '"\\' else "?" for one in text)
    return f'299 - "{plain}"'.encode()
