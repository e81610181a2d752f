"""The pipelines API's ASGI application, mounted at `/apis/v2beta1`. Credentials are checked before it."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import orjson

from minikf.embedded.pipelines.api.call import Answer, Call, Catalog, Service
from minikf.embedded.pipelines.api.creation import RunMaker, scheduled_run
from minikf.embedded.pipelines.api.errors import INTERNAL, INVALID, ApiFailure, invalid, not_found, worded
from minikf.embedded.pipelines.api.holding import Holding
from minikf.embedded.pipelines.api.keeper import Keeper
from minikf.embedded.pipelines.api.routes import route
from minikf.embedded.pipelines.api.scheduler import Scheduler
from minikf.embedded.pipelines.store import PipelineStore
from minikf.embedded.rest import ClientGone, Message, Receive, TooLarge, first_values, whole_body

PREFIX = "/apis/v2beta1"
BODY_LIMIT = 32 * 1024 * 1024  # bytes

Send = Callable[[Message], Awaitable[None]]

_log = logging.getLogger(__name__)


class PipelinesApp:
    """An ASGI application that wants whole paths (`scope["path"]`), as a router that mounts by prefix leaves them.

    `scheduler` is to be started and stopped with the platform; `release` lets requests that wait for a run go.
    """

    def __init__(self, service: Service, scheduler: Scheduler) -> None:
        self._service = service
        self.scheduler = scheduler

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        status, body = 200, b""
        try:
            body = _written(await self._answer(scope, receive))
        except ClientGone:
            return
        except Exception as error:
            failure = worded(error)
            if failure is None:
                _log.exception("%s %s failed", scope["method"], scope["path"])
                text = "the pipelines API failed unexpectedly; its log says why: minikf logs"
                failure = ApiFailure(INTERNAL, text)
            status, body = failure.http, _written(failure.body())
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def release(self) -> None:
        self._service.holding.stop()

    async def _answer(self, scope: MutableMapping[str, Any], receive: Receive) -> Answer:
        path = scope["path"]
        if not path.startswith(f"{PREFIX}/"):
            raise not_found(f"no such path: {path[:80]}", f"use {PREFIX}/")
        handler, ids = route(scope["method"], path.removeprefix(f"{PREFIX}/"))
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        call = Call(ids, _query(scope["query_string"]), headers, await _body(receive), scope["query_string"])
        return await handler(self._service, call)


def pipelines_app(
    store: PipelineStore,
    keeper: Keeper,
    *,
    namespace: str = "default",
    has_namespace: Callable[[str], bool] = lambda namespace: True,
    find_program: Callable[[str], str | None] = shutil.which,
    clock: Callable[[], float] = time.time,
    catalog: Catalog | None = None,
) -> PipelinesApp:
    """The API over a store and a keeper of runs; to be made inside the event loop that serves it.

    `namespace` is meant by requests that name none; `find_program` tells which commands the platform's steps have.
    """
    maker = RunMaker(store, namespace, find_program, clock)
    scheduler = Scheduler(
        store,
        lambda recurring, scheduled, run_id: scheduled_run(maker, recurring, scheduled, run_id, clock()),
        keeper.launch,
        clock,
    )
    holding = Holding(store, keeper, clock)
    service = Service(store, keeper, maker, namespace, has_namespace, holding, scheduler.wake, clock, catalog)
    return PipelinesApp(service, scheduler)


def _written(answer: Answer) -> bytes:
    try:
        return orjson.dumps(answer, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        return orjson.dumps(_as_protobuf(answer), option=orjson.OPT_NON_STR_KEYS)


def _as_protobuf(value: Any) -> Any:
    """What records may have and JSON of protobuf has not: larger integers are doubles there, and text is UTF-8 (what a
    step printed need not be)."""
    if isinstance(value, Mapping):
        return {_as_protobuf(key): _as_protobuf(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_as_protobuf(one) for one in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return float(value) if abs(value) < 10**308 else str(value)
    return value


def _query(raw: bytes) -> dict[str, str]:
    try:
        return first_values(raw)
    except ValueError as error:
        raise invalid(str(error)) from error


async def _body(receive: Receive) -> bytes:
    try:
        return await whole_body(receive, BODY_LIMIT)
    except TooLarge as error:
        raise ApiFailure(INVALID, str(error), status=413) from error
