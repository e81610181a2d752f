"""A store with a thousand runs: lists come in whole pages, in order, and by an index."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from minikf.embedded.pipelines.records import RunRecord, RunState
from minikf.embedded.pipelines.store import Listing, runs
from minikf.embedded.pipelines.store.listing import query
from tests.unit.pipelines.api.world import Api, specification

COUNT = 1000
STATES = (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELED, RunState.RUNNING)


async def fill(world: Api) -> list[str]:
    """The ids of runs in the order of their making; many have the same time."""
    (experiment,) = world.store.experiments(Listing()).items
    made = [
        RunRecord(
            str(uuid.UUID(int=number * 7919 % 10007)), f"run {number}", "default", experiment.id, STATES[number % 4],
            specification(f"p{number % 10}"), created=1000.0 + number // 10,
        )
        for number in range(COUNT)
    ]  # fmt: skip
    await world.store._database.write(lambda connection: [runs.put(connection, one) for one in made])
    return [one.id for one in made]


async def pages(world: Api, size: int, **query: str) -> list[Any]:
    found: list[Any] = []
    token = ""
    while True:
        asked = {**query, "page_size": str(size)} | ({"page_token": token} if token else {})
        page = await world.good("GET", "/runs", query=asked)
        assert len(page["runs"]) <= size and page["total_size"] == (COUNT if "filter" not in query else COUNT // 4)
        found += page["runs"]
        token = page.get("next_page_token", "")
        if not token:
            return found


@pytest.mark.parametrize("size", [7, 200])
async def test_pages_have_each_run_once_and_in_order(world: Api, size: int) -> None:
    ids = await fill(world)
    newest = await pages(world, size, sort_by="created_at desc")
    assert sorted(run["run_id"] for run in newest) == sorted(ids)
    times = [run["created_at"] for run in newest]
    assert times == sorted(times, reverse=True) and len(set(times)) == COUNT // 10


async def test_a_filter_counts_and_pages_its_own(world: Api) -> None:
    await fill(world)
    predicate = {"operation": "EQUALS", "key": "state", "string_value": "FAILED"}
    found = await pages(world, 60, filter=json.dumps({"predicates": [predicate]}), sort_by="name asc")
    assert [run["display_name"] for run in found] == sorted(f"run {number}" for number in range(1, COUNT, 4))


async def test_a_page_that_goes_meanwhile_takes_nothing_along(world: Api) -> None:
    ids = await fill(world)
    first = await world.good("GET", "/runs", query={"page_size": "10", "sort_by": "created_at desc"})
    await world.good("DELETE", f"/runs/{first['runs'][9]['run_id']}")
    asked = {"page_size": "200", "page_token": first["next_page_token"]}
    second = await world.good("GET", "/runs", query=asked)
    seen = {run["run_id"] for run in (*first["runs"], *second["runs"])}
    assert len(seen) == 210 and seen <= set(ids)


@pytest.mark.parametrize("equal", [(), (("experiment_id", "x"),)])
async def test_the_order_comes_from_an_index(world: Api, equal: Any) -> None:
    await fill(world)
    asked = query("run", "id", Listing(equal=equal, size=20, after=(1050.0, "a"), descending=True))
    plan = world.store._database.rows(f"EXPLAIN QUERY PLAN {asked.sql}", asked.values)
    told = " ".join(row[3] for row in plan)
    assert "USING INDEX run_" in told.replace("COVERING ", "") and "TEMP B-TREE" not in told
