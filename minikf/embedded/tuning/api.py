"""Reading the observation log over HTTP: `GET /katib/observation_log?namespace=N&trialName=T`. Credentials come first.

The answer has the shape of GetObservationLogReply of Katib's db-manager (kubeflow/katib v0.19.0, api.proto).
`GET /katib/db_manager` has the db-manager itself started, and says where it listens: `{"address": "127.64.0.1:6789"}`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import orjson

from minikf.embedded.api.call import Receive, Scope, Send
from minikf.embedded.kinds import TRIAL
from minikf.embedded.rest import first_values
from minikf.embedded.status import ApiError, bad_request
from minikf.embedded.tuning.dbmanager.service import DbManager, NotThere
from minikf.embedded.tuning.observations import ObservationLog

if TYPE_CHECKING:
    from minikf.embedded.api.app import App
    from minikf.embedded.objects import Objects

PREFIX = "/katib"


def observation_app(objects: Objects, log: ObservationLog, manager: DbManager) -> App:
    """The application to be mounted at PREFIX."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        try:
            code, body = 200, await _answer(objects, log, manager, scope)
        except ApiError as error:
            code, body = error.code, error.status()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": code, "headers": headers})
        await send({"type": "http.response.body", "body": orjson.dumps(body)})

    return app


async def _answer(objects: Objects, log: ObservationLog, manager: DbManager, scope: Scope) -> dict[str, object]:
    path = scope["path"].rstrip("/").removeprefix(PREFIX)
    if path not in ("/observation_log", "/db_manager") or scope["method"] not in ("GET", "HEAD"):
        text = f"there is nothing but GET {PREFIX}/observation_log and GET {PREFIX}/db_manager here"
        raise ApiError(404, "NotFound", text)
    if path == "/observation_log":
        return await _read(objects, log, scope)
    try:
        await manager.ensure()
    except NotThere as error:
        raise ApiError(503, "ServiceUnavailable", str(error)) from error
    return {"address": manager.address}


async def _read(objects: Objects, log: ObservationLog, scope: Scope) -> dict[str, object]:
    try:
        query = first_values(scope["query_string"])
    except ValueError as error:
        raise bad_request(str(error)) from error
    if not query.get("trialName"):
        raise bad_request("the query must have trialName")
    entry = objects.get(TRIAL, query.get("namespace", "default"), query["trialName"])
    wanted = query.get("metricName", "")
    logs = [
        {"timeStamp": one.time, "metric": {"name": one.name, "value": one.value}}
        for one in await asyncio.to_thread(log.read, entry.uid)
        if wanted in ("", one.name)
    ]
    return {"observationLog": {"metricLogs": logs}}
