"""One request to the Kubernetes API, read from its ASGI scope."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import parse_qsl

from minikf.embedded import kinds
from minikf.embedded.kinds import Kind
from minikf.embedded.status import ApiError, bad_request

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# The real API server's limit of a request body (apiserver's MaxRequestBodyBytes).
BODY_LIMIT = 3 * 1024 * 1024
_NUMBER = re.compile(r"[+-]?[0-9]+")


@dataclass(frozen=True)
class Target:
    """What a path names: a kind, and perhaps a namespace, a name and a subresource."""

    kind: Kind
    namespace: str
    name: str
    subresource: str


class Call:
    """A request: its headers, query and body."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.method: str = scope.get("method", "GET")
        self.path: str = scope["path"]
        self._receive = receive

    @cached_property
    def headers(self) -> dict[str, str]:
        """By lower-case name; several headers of one name are joined by commas."""
        out: dict[str, str] = {}
        for name, value in self.scope["headers"]:
            key, text = name.decode("latin-1"), value.decode("latin-1")
            out[key] = f"{out[key]}, {text}" if key in out else text
        return out

    @cached_property
    def query(self) -> dict[str, list[str]]:
        return _parsed(self.scope["query_string"])

    def param(self, name: str) -> str:
        """The first value of a query parameter, or ""."""
        return self.query[name][0] if name in self.query else ""

    def flag(self, name: str) -> bool:
        """Whether a parameter is there and not false; any other value counts as true, as in the real API server."""
        return name in self.query and self.param(name).lower() not in ("0", "false")

    def number(self, name: str) -> int | None:
        """A whole number of 64 bits. Raises ApiError 400."""
        text = self.param(name)
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
        if not -(2**63) <= int(text) < 2**63:
            raise bad_request(f'strconv.ParseInt: parsing "{text}": value out of range')
        return int(text)

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @cached_property
    def accept(self) -> str:
        return self.headers.get("accept", "")

    async def body(self) -> bytes:
        """The whole body. Raises ApiError 413 past the limit, before more of it is kept."""
        parts, size = [], 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise bad_request("the client closed the connection before the body was complete")
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > BODY_LIMIT:
                raise ApiError(413, "RequestEntityTooLarge", f"Request entity too large: limit is {BODY_LIMIT}", {})
            parts.append(chunk)
            if not message.get("more_body"):
                return b"".join(parts)


# Clients ask with the same few queries all the time; nobody changes what is parsed.
@lru_cache(maxsize=64)
def _parsed(query: bytes) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for key, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        out.setdefault(key, []).append(value)
    return out


class NoSuchPath(ApiError):
    """404 of a path that no part of the API serves; the real API server answers it with plain text."""


def no_such_path() -> NoSuchPath:
    return NoSuchPath(404, "NotFound", "404 page not found")


def no_such_resource() -> ApiError:
    """404 below an API version of the core kinds."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", bare_details=True)


def not_allowed() -> ApiError:
    """405 of a path that has no such method."""
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message, bare_details=True)


def outside(plural: str, group: str) -> ApiError:
    """404 for a kind outside the subset: says which engines have it, or in which version it is here."""
    name = f"{plural}.{group}" if group else plural
    if versions := kinds.other_versions(group, plural):
        here = ", ".join(f"{group}/{version}" if group else version for version in versions)
        text = f"the server could not find the requested resource: {name} is served here as {here}; change apiVersion"
        return ApiError(404, "NotFound", text, bare_details=True)
    return ApiError(
        404,
        "NotFound",
        f"the server could not find the requested resource: the embedded engine does not serve {name}; "
        "a real cluster does (minikf up --engine k3d, kind or context)",
        bare_details=True,
    )


def target(path: str) -> Target:
    """The kind, namespace, name and subresource of a resource path. Raises ApiError 404."""
    parts = path.strip("/").split("/")
    if parts[0] == "api" and len(parts) > 2:
        group, version, rest = "", parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        raise no_such_path()
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and not (group == "" and rest[2] in ("status", "finalize")):
        namespace, rest = rest[1], rest[2:]
    kind = kinds.by_path(group, version, rest[0])
    if kind is None:
        raise outside(rest[0], group)
    name = rest[1] if len(rest) > 1 else ""
    lost = bool(name) and kind.namespaced and not namespace
    if len(rest) > 3 or bool(namespace) > kind.namespaced or lost:
        raise no_such_path() if kind.is_custom else no_such_resource()
    return Target(kind, namespace, name, rest[2] if len(rest) > 2 else "")
