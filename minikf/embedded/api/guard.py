"""The door of the daemon: a loopback Host, no foreign Origin, and the platform's credential, before anything else."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from minikf.embedded.api import answers
from minikf.embedded.api.call import Receive, Scope, Send
from minikf.embedded.api.kubernetes import refuse_websocket
from minikf.embedded.status import ApiError

App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK_NAMES = frozenset(("127.0.0.1", "localhost", "[::1]"))
# What tells nothing and starts nothing may be asked without the credential, as on a real cluster.
OPEN_PATHS = frozenset(("/healthz", "/livez", "/readyz"))


class Guard:
    """Wraps the whole application. Answers 421 to a foreign Host, 403 to a foreign Origin, 401 without credential."""

    def __init__(self, app: App, token: str, port: int) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = frozenset(f"{name}:{port}" for name in LOOPBACK_NAMES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        error = self.refusal(scope)
        if error is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await refuse_websocket(scope, send, error)
        else:
            await answers.send_error(send, error)

    def refusal(self, scope: Scope) -> ApiError | None:
        """Why a request is refused, or None."""
        host = origin = authorization = b""
        hosts = 0
        for name, value in scope["headers"]:
            if name == b"host":
                host, hosts = value, hosts + 1
            elif name == b"origin":
                origin = value
            elif name == b"authorization":
                authorization = value
        if hosts != 1 or host.decode("latin-1").lower() not in self._hosts:
            text = "this server answers to loopback names only; the Host header names another"
            return ApiError(421, "Forbidden", text)
        if origin and not self._is_own(origin.decode("latin-1")):
            return ApiError(403, "Forbidden", "requests from other web sites are refused (Origin header)")
        if scope["path"] in OPEN_PATHS:
            return None
        scheme, _, given = authorization.partition(b" ")
        if scheme.lower() != b"bearer" or not hmac.compare_digest(given.strip(), self._token):
            text = "Unauthorized: the platform's credential is missing or wrong (minikf env)"
            return ApiError(401, "Unauthorized", text)
        return None

    def _is_own(self, origin: str) -> bool:
        parts = urlsplit(origin)
        return parts.scheme == "https" and parts.netloc.lower() in self._hosts
