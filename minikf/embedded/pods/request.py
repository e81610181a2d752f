"""A call of a pod's subresource: its query, the container it is about, its end when the client goes away."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from minikf.embedded.api.call import Receive, Scope, Send
from minikf.embedded.controllers.context import Context
from minikf.embedded.pods.container import Container
from minikf.embedded.pods.run import Run
from minikf.embedded.pods.runtime import PodRuntime
from minikf.embedded.status import ApiError, Object, bad_request
from minikf.embedded.store import Entry

# Katib's containers that print what a trial prints, by which its clients ask for the trial's log.
_TRIAL_COLLECTORS = ("metrics-logger-and-collector", "metrics-collector")

Handler = Callable[[Context, Entry, Scope, Receive, Send], Awaitable[None]]


class Query:
    """The query of a request. Every reader raises ApiError 400 on nonsense."""

    def __init__(self, scope: Scope) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in parse_qsl(scope.get("query_string", b"").decode(), keep_blank_values=True):
            self._values.setdefault(name, []).append(value)

    def text(self, name: str) -> str:
        return self._values.get(name, [""])[0]

    def texts(self, name: str) -> list[str]:
        return self._values.get(name, [])

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in ("true", "1")

    def number(self, name: str, least: int = 0) -> int | None:
        text = self.text(name)
        if not text:
            return None
        if not text.isdecimal() or int(text) < least:
            raise bad_request(f'{name}: "{text}" must be a whole number of at least {least}')
        return int(text)

    def moment(self, name: str) -> datetime | None:
        text = self.text(name)
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise bad_request(f'{name}: "{text}" is no RFC 3339 time: {error}') from error
        if moment.tzinfo is None:
            raise bad_request(f'{name}: "{text}" names no time zone')
        return moment


def container_spec(pod: Object, name: str) -> Object:
    """The named container, or the only one there is. Raises ApiError 400, worded as by the API server."""
    spec = pod["spec"]
    main, init = spec["containers"], spec.get("initContainers") or []
    if not name:
        if len(main) == 1:
            found: Object = main[0]
            return found
        names = " ".join(one["name"] for one in main)
        more = f" or one of the init containers: [{' '.join(one['name'] for one in init)}]" if init else ""
        text = f"a container name must be specified for pod {pod['metadata']['name']}, choose one of: [{names}]{more}"
        raise bad_request(text)
    for one in (*main, *init):
        if one["name"] == name:
            found = one
            return found
    if name in _TRIAL_COLLECTORS:
        for one in main:
            if any(variable["name"] == "KATIB_TRIAL_NAME" for variable in one.get("env") or []):
                found = one
                return found
    raise bad_request(f"container {name} is not valid for pod {pod['metadata']['name']}")


def container_of(context: Context, pod: Object, name: str) -> tuple[Object, Container | None]:
    """A container's spec, and what runs it while the pod lives. Raises ApiError 400."""
    spec = container_spec(pod, name)
    runtime: PodRuntime = context.pods
    worker = runtime.worker(pod)
    return spec, worker.container(spec["name"]) if worker is not None else None


def running(context: Context, pod: Object, name: str) -> Run:
    """The container's present run. Raises ApiError 400 when it has none."""
    spec, container = container_of(context, pod, name)
    if container is None or container.run is None:
        text = f'container "{spec["name"]}" in pod "{pod["metadata"]["name"]}" is not running'
        raise bad_request(f"unable to upgrade connection: {text}")
    return container.run


@contextlib.contextmanager
def ends_with_client(receive: Receive) -> Iterator[asyncio.Event]:
    """An event that is set when the client has gone away; for answers that only send."""
    gone = asyncio.Event()

    async def listen() -> None:
        while (await receive())["type"] not in ("http.disconnect", "websocket.disconnect"):
            continue
        gone.set()

    task = asyncio.create_task(listen())
    try:
        yield gone
    finally:
        task.cancel()


class Frames:
    """Binary messages of a websocket, one at a time."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._turn = asyncio.Lock()
        self.is_gone = False

    async def send(self, data: bytes) -> None:
        """Sends a message; when the client has gone away nothing happens but that `is_gone` is True."""
        async with self._turn:
            if self.is_gone:
                return
            try:
                await self._send({"type": "websocket.send", "bytes": data})
            except OSError:
                self.is_gone = True

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Ends the conversation, if the client is still there."""
        async with self._turn:
            if not self.is_gone:
                with contextlib.suppress(OSError):
                    await self._send({"type": "websocket.close", "code": code, "reason": reason})


def not_here(subresource: str, why: str) -> ApiError:
    """501 for what real clusters have and this engine has not."""
    return ApiError(501, "NotImplemented", f"pods/{subresource} is not available on the embedded engine: {why}")


def as_status(value: Any) -> Object:
    """A `Status` without failure, or the failure that a command's exit code is."""
    if value == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: exit status {value}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(value)}]},
    }
