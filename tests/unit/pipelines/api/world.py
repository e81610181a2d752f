"""A pipelines API without a server: requests go straight into the application, over a real store.

`FinishingKeeper` stands for execution: it writes the records that a run would, and runs nothing.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from minikf.embedded.pipelines.api import PREFIX, PipelinesApp, pipelines_app
from minikf.embedded.pipelines.records import Artifact, RunState, TaskRecord, TaskState, Values
from minikf.embedded.pipelines.store import PipelineStore


def specification(name: str = "adder", **more: Any) -> dict[str, Any]:
    """The IR of a pipeline with an integer parameter and one step, as a compiler writes it."""
    number = {"parameters": {"n": {"parameterType": "NUMBER_INTEGER"}}}
    step: dict[str, Any] = {"componentRef": {"name": "comp-add"}, "taskInfo": {"name": "add"}}
    step["inputs"] = {"parameters": {"n": {"componentInputParameter": "n"}}}
    container = {"image": "python:3.11", "command": ["python3", "-c", "print(1)"]}
    return {
        "pipelineInfo": {"name": name},
        "schemaVersion": "2.1.0",
        "sdkVersion": "kfp-2.17.0",
        "root": {
            "inputDefinitions": {
                "parameters": {"n": {"parameterType": "NUMBER_INTEGER", "defaultValue": 2, "isOptional": True}}
            },
            "dag": {"tasks": {"add": step}},
        },
        "components": {"comp-add": {"executorLabel": "exec-add", "inputDefinitions": number}},
        "deploymentSpec": {"executors": {"exec-add": {"container": container}}},
        **more,
    }


@dataclass
class FinishingKeeper:
    """Ends runs `seconds` after their launch; with None they run until they are terminated."""

    store: PipelineStore
    seconds: float | None = 0.0
    launched: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    _waiting: dict[str, list[asyncio.Future[None]]] = field(default_factory=dict)
    _jobs: set[asyncio.Task[None]] = field(default_factory=set)

    async def launch(self, run_id: str) -> None:
        self.launched.append(run_id)
        job = asyncio.create_task(self._finish(run_id))
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    async def terminate(self, run_id: str) -> None:
        await self._to(run_id, RunState.CANCELING)
        await self._to(run_id, RunState.CANCELED, "terminated by the user")

    async def retry(self, run_id: str) -> None:
        await self._to(run_id, RunState.RUNNING)
        await self.launch(run_id)

    async def forget(self, run_id: str, namespace: str) -> None:
        self.forgotten.append(run_id)

    def changed(self, run_id: str) -> Awaitable[None]:
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(run_id, []).append(waiting)
        return waiting

    async def _finish(self, run_id: str) -> None:
        if self.seconds is None:
            return
        await self._to(run_id, RunState.RUNNING)
        await asyncio.sleep(self.seconds)
        now = time.time()
        model = Artifact("model", "system.Model", "file:///m", created=now)
        add = TaskRecord(run_id, "add", "add", TaskState.SUCCEEDED, Values({"n": 2}), Values({}, {"model": (model,)}))
        copy = TaskRecord(run_id, "loop[0]/copy", "copy", TaskState.CACHED, created=now)
        loop = [TaskRecord(run_id, path, "loop", TaskState.SUCCEEDED, created=now) for path in ("loop", "loop[0]")]
        add = replace(add, pods=("add-1", "add-2"), created=now, started=now, finished=now)
        await self.store.put_tasks(run_id, [add, *loop, copy])
        await self._to(run_id, RunState.SUCCEEDED)

    async def _to(self, run_id: str, state: RunState, error: str = "") -> None:
        run = self.store.run(run_id)
        assert run is not None
        now = time.time()
        history = (*run.history, (now, state.value, error))
        finished = now if state.is_over else 0.0
        await self.store.put_run(replace(run, state=state, error=error, history=history, finished=finished))
        for waiting in self._waiting.pop(run_id, []):
            if not waiting.done():
                waiting.set_result(None)


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any


async def request(app: PipelinesApp, method: str, path: str, body: Any = None, **options: Any) -> Reply:
    """`options`: `query`, `headers`, and `raw` for a body of bytes."""
    data: bytes = options["raw"] if "raw" in options else b"" if body is None else json.dumps(body).encode()
    parts = [data[start : start + 2**20] for start in range(0, len(data), 2**20)] or [b""]
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages[-1]["more_body"] = False
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": PREFIX + path,
        "query_string": urlencode(options.get("query", {}), quote_via=quote).encode(),
        "headers": [(key.encode(), value.encode()) for key, value in options.get("headers", {}).items()],
    }
    await app(scope, receive, send)
    return Reply(sent[0]["status"], json.loads(sent[1]["body"]))


class Api:
    """The application over a store in a folder, with the questions that tests ask of it."""

    def __init__(self, folder: Path) -> None:
        self.store = PipelineStore.open(folder / "pipelines.db")
        self.keeper = FinishingKeeper(self.store)
        self.app: PipelinesApp = pipelines_app(
            self.store, self.keeper, has_namespace=lambda name: name in ("default", "team")
        )

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> Reply:
        return await request(self.app, method, path, body, **options)

    async def good(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        reply = await self.call(method, path, body, **options)
        assert reply.status == 200, reply.body
        return reply.body

    async def bad(self, status: int, code: int, method: str, path: str, body: Any = None, **options: Any) -> str:
        """The message of a refusal, which has the gateway's shape."""
        reply = await self.call(method, path, body, **options)
        assert (reply.status, reply.body["code"]) == (status, code), reply.body
        assert set(reply.body) == {"error", "code", "message", "details"}
        assert reply.body["error"] == reply.body["message"] == reply.body["details"][0]["message"]
        return str(reply.body["message"])

    async def run(self, **fields: Any) -> Any:
        return await self.good("POST", "/runs", {"display_name": "r", "pipeline_spec": specification(), **fields})
