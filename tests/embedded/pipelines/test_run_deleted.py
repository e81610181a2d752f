"""Deleting runs: pods and files go, and what another run's cache hit uses stays until that goes, too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from minikf.embedded import kinds
from minikf.embedded.pipelines.records import TaskState
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


async def test_files_of_a_run_that_was_deleted_go_at_the_next_start(tmp_path: Path) -> None:
    world = await RunWorld.open(tmp_path)
    gone, stays = await world.ran(making('echo data > "$0"')), await world.ran(making('echo data > "$0"'))
    await world.store.delete_run(gone)  # a kill came before its files were removed
    world = await world.reopen()
    try:
        assert not (world.artifacts / gone).exists() and (world.artifacts / stays / "make" / "data").exists()
    finally:
        await world.close()
