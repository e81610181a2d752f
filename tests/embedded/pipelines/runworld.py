"""A platform with real pods, a real store of pipelines and a keeper of runs; pipelines are compiled by the SDK."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from minikf.embedded import kinds
from minikf.embedded.controllers.context import Context
from minikf.embedded.pipelines.execution.keeper import RunKeeper
from minikf.embedded.pipelines.records import RunRecord, RunState, TaskRecord
from minikf.embedded.pipelines.store.listing import Listing
from minikf.embedded.pipelines.store.store import PipelineStore
from tests.embedded.pods.world import World

WARM = (
    "json",
    "packaging.requirements",
    "minikf.embedded.forkserver.shims.pip",
    "kfp.dsl.executor_main",
)


@dataclass
class RunWorld:
    """`open` it, and `close` it; `reopen` is what a killed and restarted daemon does."""

    pods: World
    store: PipelineStore
    keeper: RunKeeper
    processors: int

    @classmethod
    async def open(cls, root: Path, processors: int = 4, **changes: Any) -> RunWorld:
        return await cls._on(await World.open(root, **changes), processors)

    @classmethod
    async def _on(cls, pods: World, processors: int) -> RunWorld:
        context = Context(pods.objects, pods.runtime.host.place.paths, pods.events, pods=pods.runtime)
        store = PipelineStore.open(pods.root / "pipelines.db")
        keeper = RunKeeper(context, store, processors=processors)
        await keeper.start()
        return cls(pods, store, keeper, processors)

    async def close(self, *, leave_pods: bool = False) -> None:
        await self.keeper.stop()
        await self.store.close()
        await self.pods.close(leave_pods=leave_pods)

    async def reopen(self) -> RunWorld:
        await self.keeper.stop()
        await self.store.close()
        return await RunWorld._on(await self.pods.reopen(), self.processors)

    @property
    def artifacts(self) -> Path:
        return self.pods.root / "data" / "artifacts"

    # -- runs -------------------------------------------------------------------------------------------------

    async def launch(self, spec: Mapping[str, Any], platform: Mapping[str, Any] | None = None, **arguments: Any) -> str:
        """Begins a run of compiled documents."""
        (experiment,) = self.store.experiments(Listing()).items
        run = RunRecord(
            str(uuid.uuid4()), "my run", "default", experiment.id, RunState.PENDING, spec, platform or {}, arguments,
            created=time.time(),
        )  # fmt: skip
        await self.store.put_run(run)
        await self.keeper.launch(run.id)
        return run.id

    async def finished(self, run_id: str, seconds: float = 60.0) -> RunRecord:
        """The run's record once it is over."""
        async with asyncio.timeout(seconds):
            while True:
                changed = self.keeper.changed(run_id)
                run = self.run(run_id)
                if run.state.is_over:
                    return run
                await changed

    async def ran(self, spec: Mapping[str, Any], platform: Mapping[str, Any] | None = None, **arguments: Any) -> str:
        """Runs documents to a success, and says which run it was."""
        run_id = await self.launch(spec, platform, **arguments)
        run = await self.finished(run_id)
        assert run.state is RunState.SUCCEEDED, f"{run.error}\n{self.logs(run_id)}"
        return run_id

    async def until(
        self, run_id: str, path: str, holds: Callable[[TaskRecord], bool], seconds: float = 30.0
    ) -> TaskRecord:
        deadline = time.monotonic() + seconds
        while True:
            record = self.tasks(run_id).get(path)
            if record is not None and holds(record):
                return record
            assert time.monotonic() < deadline, f"{path} stays {record}\n{self.logs(run_id)}"
            await asyncio.sleep(0.01)

    async def running(self, pod: str) -> None:
        """Waits until a step's pod runs; its name is in the record before it is made."""
        await self.pods.until_true(lambda: self.pods.objects.find(kinds.POD, "default", pod) is not None)
        await self.pods.running(pod)

    def run(self, run_id: str) -> RunRecord:
        run = self.store.run(run_id)
        assert run is not None
        return run

    def tasks(self, run_id: str) -> dict[str, TaskRecord]:
        return self.store.tasks(run_id)

    def states(self, run_id: str) -> dict[str, str]:
        return {path: record.state.value for path, record in self.tasks(run_id).items()}

    def children(self, run_id: str) -> list[Any]:
        """The processes of the run's pods."""
        pods = [pod for record in self.tasks(run_id).values() for pod in record.pods]
        live = [pod for pod in pods if self.pods.objects.find(kinds.POD, "default", pod)]
        return [member for pod in live for member in self.pods.members(pod)]

    def logs(self, run_id: str) -> dict[str, str]:
        """What the steps' pods have printed, by pod."""
        pods = [pod for record in self.tasks(run_id).values() for pod in record.pods]
        return {pod: self._log(pod) for pod in pods}

    def _log(self, pod: str) -> str:
        try:
            return self.pods.log(pod).decode(errors="replace")
        except Exception as error:  # for messages of failing tests: the pod may be gone
            return f"no log: {error!r}"


def compiled(pipeline: Any, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the SDK makes of a pipeline: the specification and the platform document ({} without one)."""
    from kfp import compiler  # type: ignore[import-untyped]  # it has none

    path = folder / f"{pipeline.name}.yaml"
    compiler.Compiler().compile(pipeline, str(path))
    documents = list(yaml.safe_load_all(path.read_text()))
    return documents[0], documents[1] if len(documents) > 1 else {}


def shell(command: str, **outputs: str) -> dict[str, Any]:
    """A specification with one container step `step` that runs `command`; `outputs` are parameters and their types."""
    declared = {name: {"parameterType": kind} for name, kind in outputs.items()}
    return document(
        {"step": {"componentRef": {"name": "comp"}, "taskInfo": {"name": "step"}}},
        {"comp": {"executorLabel": "exec", "outputDefinitions": {"parameters": declared}}},
        {"exec": {"container": {"image": "any", "command": ["sh", "-c", command]}}},
    )


def document(tasks: Mapping[str, Any], components: Mapping[str, Any], executors: Mapping[str, Any]) -> dict[str, Any]:
    """A specification as the SDK would write it."""
    text = {
        "pipelineInfo": {"name": "p"},
        "root": {"dag": {"tasks": tasks}},
        "components": components,
        "deploymentSpec": {"executors": executors},
        "schemaVersion": "2.1.0",
        "sdkVersion": "kfp-2.17.0",
    }
    plain: dict[str, Any] = json.loads(json.dumps(text))
    return plain


def steps(commands: dict[str, str], **more: Any) -> dict[str, Any]:
    """A step without outputs for each command, all at the same time; `more` are fields of their tasks."""
    return document(
        {name: {"componentRef": {"name": name}, "taskInfo": {"name": name}, **more} for name in commands},
        {name: {"executorLabel": name} for name in commands},
        {name: {"container": {"image": "any", "command": ["sh", "-c", text]}} for name, text in commands.items()},
    )


def making(command: str, **task: Any) -> dict[str, Any]:
    """A step `make` whose command finds the path of its output artifact in $0."""
    spec = steps({"make": command}, **task)
    kind = {"artifactType": {"schemaTitle": "system.Dataset", "schemaVersion": "0.0.1"}}
    spec["components"]["make"]["outputDefinitions"] = {"artifacts": {"data": kind}}
    spec["deploymentSpec"]["executors"]["make"]["container"]["args"] = ["{{$.outputs.artifacts['data'].path}}"]
    return spec
