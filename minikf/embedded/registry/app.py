"""The registry's ASGI application, mounted at `/api/model_registry`. Credentials are checked before it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson

from minikf.embedded.registry.errors import RegistryError, invalid, not_found
from minikf.embedded.registry.lineage import Lookup, every_lineage, lineage
from minikf.embedded.registry.registry import ModelRegistry
from minikf.embedded.registry.routes import VERSIONS, Answer, Call, route
from minikf.embedded.rest import ClientGone, Message, Receive, TooLarge, first_values, whole_body

PREFIX = "/api/model_registry"
BODY_LIMIT = 4 * 1024 * 1024  # bytes; far more than the largest resource that is kept

Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

_log = logging.getLogger(__name__)


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
        except ClientGone:
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
            if query.get("version"):
                raise invalid("a query with 'version' must have 'name'")
            return Answer(200, {"models": await every_lineage(registry, lookup)})
        return Answer(200, await lineage(registry, lookup, query["name"], query.get("version") or None))
    if version not in VERSIONS:
        raise not_found(f"no such path: {scope['path']}", f"use {PREFIX}/v1/")
    handler, identity = route(scope["method"], path)
    return await handler(registry, Call(version, identity, query, await _body(receive)))


def _query(raw: bytes) -> dict[str, str]:
    try:
        return first_values(raw)
    except ValueError as error:
        raise invalid(str(error)) from error


async def _body(receive: Receive) -> bytes:
    try:
        return await whole_body(receive, BODY_LIMIT)
    except TooLarge as error:
        raise RegistryError(413, "TooLarge", str(error)) from error


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
