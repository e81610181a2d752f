"""The Kubernetes API as an ASGI application: from a path to a verb."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson

from minikf.embedded.api import answers, documents, listing, scaling, watching, writing
from minikf.embedded.api.call import Call, Receive, Scope, Send, Target, no_such_path, not_allowed, target
from minikf.embedded.objects import Objects
from minikf.embedded.status import ApiError, bad_request, named, not_found, qualified
from minikf.embedded.store import Entry

log = logging.getLogger("minikf.api")

# A subresource that is not plain JSON: logs, exec, port-forward. It owns the connection.
Subresource = Callable[[Entry, Scope, Receive, Send], Awaitable[None]]


class KubernetesApi:
    """Serves objects, discovery and OpenAPI; `subresources` are those of pods, by name."""

    def __init__(self, objects: Objects, subresources: Mapping[str, Subresource], port: int) -> None:
        self._port = port
        self._objects = objects
        self._subresources = subresources

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def tracked(message: Any) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._route(scope, receive, tracked)
        except ApiError as error:
            await self._fail(scope, send, error, started)
        except RecursionError:
            await self._fail(scope, send, bad_request("the body is nested too deeply to be read"), started)
        except Exception:
            log.exception("%s %s failed", scope.get("method", scope["type"]), scope["path"])
            text = "Internal error occurred: see the daemon's log (minikf logs daemon)"
            await self._fail(scope, send, ApiError(500, "InternalError", text), started)

    async def _fail(self, scope: Scope, send: Send, error: ApiError, started: bool) -> None:
        if started:
            # The answer is under way; all that can be done is to end it early.
            log.warning("%s broke off: %s", scope["path"], error.message)
        elif scope["type"] == "websocket":
            await refuse_websocket(scope, send, error)
        else:
            await answers.send_error(send, error)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = Call(scope, receive)
        if call.path in ("/healthz", "/livez", "/readyz"):
            await answers.send_bytes(send, b"ok", content_type=b"text/plain; charset=utf-8")
            return
        found = documents.document(call, self._port)
        if found is not None:
            value, content_type = found
            body = value if isinstance(value, bytes) else orjson.dumps(value)
            await answers.send_bytes(send, body, content_type=content_type.encode())
            return
        goal = target(call.path)
        if goal.kind.kind == "Pod" and goal.subresource in self._subresources:
            entry = await self._objects.store.durable(lambda: self._find(goal))
            await self._subresources[goal.subresource](entry, scope, receive, send)
            return
        if scope["type"] == "websocket":
            raise not_found("", f"{goal.kind.plural}/{goal.subresource}", goal.name)
        await self._verb(call, receive, send, goal)

    def _find(self, goal: Target) -> Entry:
        return self._objects.get(goal.kind.storage, goal.namespace, goal.name)

    async def _verb(self, call: Call, receive: Receive, send: Send, goal: Target) -> None:
        writing.check_subresource(goal, readable=call.method == "GET")
        answers.check_accept(call)
        if call.method in ("GET", "HEAD"):
            await self._read(call, receive, send, goal)
        elif goal.kind.namespaced and not goal.namespace:
            # Only reading goes across namespaces.
            raise no_such_path() if goal.kind.is_custom else not_allowed()
        elif call.method == "POST" and (not goal.name or (goal.kind.is_custom and not goal.subresource)):
            # Below a name, too, a custom resource is made as its body says: so the real API server reads it.
            await writing.create(call, send, self._objects, goal)
        elif call.method == "PUT" and goal.name:
            await writing.update(call, send, self._objects, goal)
        elif call.method == "PATCH" and goal.name:
            await writing.patch(call, send, self._objects, goal)
        elif call.method == "DELETE" and goal.name and not goal.subresource:
            await writing.delete(call, send, self._objects, goal)
        elif call.method == "DELETE" and not goal.subresource and goal.kind.kind != "Namespace":
            await writing.delete_collection(call, send, self._objects, goal)
        elif goal.kind.is_custom and call.method == "PUT" and not goal.name:
            raise bad_request("name must be provided")
        elif goal.kind.is_custom:
            raise _unsupported_verb(call.method, goal)
        else:
            raise not_allowed()

    async def _read(self, call: Call, receive: Receive, send: Send, goal: Target) -> None:
        if goal.name:
            # As in the real API server one object is watched by a field selector: here `watch` means nothing.
            entry = self._objects.find(goal.kind.storage, goal.namespace, goal.name)
            if entry is None or entry.rv > self._objects.store.committed_rv:
                entry = await self._objects.store.durable(lambda: self._find(goal))
            if goal.subresource == scaling.NAME:
                await scaling.send_scale(call, send, goal, entry)
            else:
                await answers.send_entry(call, send, goal.kind, entry)
        elif call.flag("watch"):
            await watching.send_watch(call, receive, send, self._objects.store, goal)
        else:
            await listing.send_list(call, send, self._objects.store, goal)


def _unsupported_verb(method: str, goal: Target) -> ApiError:
    """405 of a custom resource, which names the verb and the resource."""
    verb = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}.get(method, "")
    name = qualified(goal.kind.group, goal.kind.plural)
    message = f'{verb} is not supported on resources of kind "{name}"'
    return ApiError(405, "MethodNotAllowed", message, named(goal.kind.group, goal.kind.plural, ""))


async def refuse_websocket(scope: Scope, send: Send, error: ApiError) -> None:
    """Answers a websocket's handshake with an HTTP error, where the server can."""
    if "websocket.http.response" in scope.get("extensions", {}):
        body = orjson.dumps(error.status())
        headers = [(b"content-type", answers.JSON), (b"content-length", str(len(body)).encode())]
        await send({"type": "websocket.http.response.start", "status": error.code, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": body})
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": error.message[:120]})
