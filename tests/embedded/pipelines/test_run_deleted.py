"""Deleting runs: pods and files go, and what another run's cache hit uses stays until that goes, too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from minikf.embedded import kinds
from minikf.embedded.pipelines.execution import caching, step
from minikf.embedded.pipelines.records import TaskRecord, TaskState
from minikf.embedded.pipelines.store import PipelineStore
from tests.embedded.pipelines.runworld import RunWorld, making

CACHED = {"cachingOptions": {"enableCache": True}}


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[RunWorld]:
    made = await RunWorld.open(tmp_path)
    yield made
    await made.close()


async def forget(world: RunWorld, run_id: str) -> None:
    await world.store.delete_run(run_id)
    await world.keeper.forget(run_id, "default")


async def test_a_deleted_run_leaves_nothing_but_what_others_use(world: RunWorld) -> None:
    spec = making('echo data > "$0"; echo more > "$0.more"', **CACHED)
    first = await world.ran(spec)
    second = await world.ran(spec)
    assert world.tasks(second)["make"].state is TaskState.CACHED
    (made,) = world.tasks(first)["make"].outputs.artifacts["data"]
    (pod,) = world.tasks(first)["make"].pods
    (folder,) = world.pods.root.glob(f"data/pods/*{pod}*")
    await forget(world, first)
    assert world.pods.objects.find(kinds.POD, "default", pod) is None
    await world.pods.until_true(lambda: not folder.exists())
    left = [path.name for path in (world.artifacts / first).rglob("*") if path.is_file()]
    assert left == ["data"] and Path(made.uri).read_text() == "data\n"
    assert [one.uri for one in world.store.artifacts(first)] == [made.uri]
    await forget(world, second)
    assert not (world.artifacts / first).exists() and not world.store.artifacts(first)


async def test_a_result_whose_run_is_deleted_in_the_moment_of_a_hit_is_made_anew(
    world: RunWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = making('echo data > "$0"', **CACHED)
    first, second = await world.ran(spec), await world.ran(making('echo data > "$0"'))
    doomed = [first]

    async def find(store: PipelineStore, key: str) -> TaskRecord | None:
        found = await caching.find_result(store, key)
        if found is not None and doomed:  # between the look and the write
            await forget(world, doomed.pop())
        return found

    monkeypatch.setattr(step, "find_result", find)
    third = await world.ran(spec)
    assert not doomed and world.states(third) == {"make": "SUCCEEDED"}
    (made,) = world.tasks(third)["make"].outputs.artifacts["data"]
    assert third in made.uri and Path(made.uri).read_text() == "data\n"
    # The new result, whose run stays, is there for the next one.
    assert world.states(await world.ran(spec)) == {"make": "CACHED"}
    assert world.states(second) == {"make": "SUCCEEDED"}


async def test_files_of_a_run_that_was_deleted_go_at_the_next_start(tmp_path: Path) -> None:
    world = await RunWorld.open(tmp_path)
    gone, stays = await world.ran(making('echo data > "$0"')), await world.ran(making('echo data > "$0"'))
    await world.store.delete_run(gone)  # a kill came before its files were removed
    world = await world.reopen()
    try:
        assert not (world.artifacts / gone).exists() and (world.artifacts / stays / "make" / "data").exists()
    finally:
        await world.close()
