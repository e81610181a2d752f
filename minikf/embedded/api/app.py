"""The daemon's application: which path belongs to which surface."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

from minikf.embedded.api import answers
from minikf.embedded.api.call import Receive, Scope, Send, no_such_path
from minikf.embedded.api.serviceproxy import proxied
from minikf.embedded.status import ApiError

App = Callable[[Scope, Receive, Send], Awaitable[None]]
Report = Callable[[], Awaitable[Any]]


class Router:
    """Mounts by path prefix, and by service where a client goes through the API's proxy of services; what neither takes
    goes to the Kubernetes API."""

    def __init__(self, kubernetes: App, mounts: Mapping[str, App], services: Mapping[str, App] | None = None) -> None:
        self._kubernetes = kubernetes
        self._mounts = tuple(mounts.items())
        self._services = services or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        for prefix, app in self._mounts:
            if path == prefix or path.startswith(prefix + "/"):
                await app(scope, receive, send)
                return
        if "/proxy" in path and (found := proxied(self._services, path)) is not None:
            app, rest = found
            below = {**scope, "path": rest, "raw_path": quote(rest).encode(), "root_path": ""}
            await app(below, receive, send)
            return
        await self._kubernetes(scope, receive, send)


def own_api(reports: Mapping[str, Report]) -> App:
    """`/minikf/v1/<name>`: what the daemon says about itself, as JSON."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        report = reports.get(scope["path"].removeprefix("/minikf/v1/"))
        if scope["type"] != "http" or report is None:
            await answers.send_error(send, no_such_path())
        elif scope["method"] != "GET":
            await answers.send_error(send, ApiError(405, "MethodNotAllowed", "only GET is allowed here"))
        else:
            await answers.send_json(send, await report())

    return app
