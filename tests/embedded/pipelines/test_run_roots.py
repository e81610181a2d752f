"""`pipeline_root`: a folder of this machine is used, object storage is told to be a cluster's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from minikf.embedded import kinds
from minikf.embedded.pipelines.records import RunRecord, RunState
from tests.embedded.pipelines.runworld import RunWorld, making, steps

CACHED = {"cachingOptions": {"enableCache": True}}
CONTENT = 'echo data > "$0"'


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[RunWorld]:
    made = await RunWorld.open(tmp_path)
    yield made
    await made.close()


async def at(world: RunWorld, monkeypatch: pytest.MonkeyPatch, root: str, spec: dict[str, Any]) -> RunRecord:
    """A run whose runtime configuration has this root."""
    put = world.store.put_run

    async def put_rooted(run: RunRecord) -> None:
        await put(replace(run, pipeline_root=root))

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "put_run", put_rooted)
        return await world.finished(await world.launch(spec))


def events(world: RunWorld) -> list[dict[str, Any]]:
    found = [entry.obj for entry in world.pods.objects.list(kinds.EVENT, "default")]
    return [one for one in found if one["reason"] == "PipelineRootNotUsed"]


@pytest.mark.parametrize("scheme", ["", "file://"])
async def test_a_root_on_this_machine_is_used(
    world: RunWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, scheme: str
) -> None:
    root = tmp_path / "my outputs"
    run = await at(world, monkeypatch, f"{scheme}{root}", making(CONTENT, **CACHED))
    assert run.state is RunState.SUCCEEDED, run.error
    (made,) = world.tasks(run.id)["make"].outputs.artifacts["data"]
    assert made.uri == str(root / "p" / run.id / "make" / "data") and Path(made.uri).read_text() == "data\n"
    assert [path.name for path in (root / "p").iterdir()] == [run.id], "nothing else is left there"
    assert not (world.artifacts / run.id).exists() and events(world) == []
    # A run elsewhere finds the result by its content, wherever it lies; what is there outlives its run, as in a bucket.
    assert world.states(await world.ran(making(CONTENT, **CACHED))) == {"make": "CACHED"}
    await world.store.delete_run(run.id)
    await world.keeper.forget(run.id, "default")
    assert Path(made.uri).is_file()


async def test_the_root_of_the_pipeline_is_used_where_the_run_has_none(
    world: RunWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spec = {**making(CONTENT), "defaultPipelineRoot": str(tmp_path / "pipelines")}
    first = await world.ran(spec)
    assert (tmp_path / "pipelines" / "p" / first / "make" / "data").is_file()
    second = await at(world, monkeypatch, str(tmp_path / "runs"), spec)
    assert (tmp_path / "runs" / "p" / second.id / "make" / "data").is_file()


async def test_a_root_that_cannot_be_written_fails_the_step(
    world: RunWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    run = await at(world, monkeypatch, str(tmp_path / "file"), making(CONTENT))
    assert run.state is RunState.FAILED and "outputs could not be kept" in run.error


@pytest.mark.parametrize("root", ["s3://bucket/runs", "gs://bucket", "minio://mlpipeline/v2", "relative/path"])
async def test_a_root_in_object_storage_is_told_once(
    world: RunWorld, monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    script = "test {{$.pipeline_root}} = " + str(world.artifacts) + "/{{$.pipeline_job_uuid}}"
    run = await at(world, monkeypatch, root, steps({"one": script, "two": script}))
    assert run.state is RunState.SUCCEEDED, run.error
    async with asyncio.timeout(20):
        while not (found := events(world)):
            await asyncio.sleep(0.02)
    (event,) = found
    assert event["type"] == "Warning" and event["involvedObject"]["kind"] == "Pod"
    assert event["message"].startswith(f"pipeline_root {root} is not used on the embedded engine: outputs are kept in")
