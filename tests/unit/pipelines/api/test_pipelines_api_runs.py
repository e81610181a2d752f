"""The v2beta1 API of runs: created, waited for, listed, ended, deleted; and what cannot be."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest

from minikf.embedded.pipelines.records import RunState
from tests.unit.pipelines.api.world import Api, specification


async def test_a_run_from_its_creation_to_its_end(world: Api) -> None:
    made = await world.run(runtime_config={"parameters": {"n": 5}, "pipeline_root": "file:///x"}, service_account="me")
    assert made["state"] == "PENDING" and world.keeper.launched == [made["run_id"]]
    found = await world.good("GET", f"/runs/{made['run_id']}")
    assert found["state"] == "SUCCEEDED" and found["runtime_config"]["parameters"] == {"n": 5}
    assert found["pipeline_spec"] == specification() and found["service_account"] == "me"
    assert [status["state"] for status in found["state_history"]] == ["PENDING", "RUNNING", "SUCCEEDED"]
    tasks = {task["display_name"] + task["task_id"]: task for task in found["run_details"]["task_details"]}
    by_name: dict[str, list[Any]] = {}
    for task in tasks.values():
        by_name.setdefault(task["display_name"], []).append(task)
    (add,) = by_name["add"]
    assert add["executor_detail"] == {"main_job": "add-2", "failed_main_jobs": ["add-1"]} and add["pod_name"] == "add-2"
    assert add["outputs"]["model"]["artifact_ids"] == ["1"] and add["state"] == "SUCCEEDED"
    (copy,) = by_name["copy"]
    iteration = next(task for task in by_name["loop"] if task["task_id"] == copy["parent_task_id"])
    loop = next(task for task in by_name["loop"] if task["task_id"] == iteration["parent_task_id"])
    assert copy["state"] == "SUCCEEDED" and loop["child_tasks"] == [{"task_id": iteration["task_id"]}]
    assert "only failed or canceled" in await world.bad(400, 9, "POST", f"/runs/{made['run_id']}:retry")
    assert "is over" in await world.bad(400, 3, "POST", f"/runs/{made['run_id']}:terminate")
    await world.good("POST", f"/runs/{made['run_id']}:archive")
    assert (await world.good("GET", f"/runs/{made['run_id']}"))["storage_state"] == "ARCHIVED"
    await world.good("POST", f"/runs/{made['run_id']}:unarchive")
    await world.good("DELETE", f"/runs/{made['run_id']}")
    await world.bad(404, 5, "GET", f"/runs/{made['run_id']}")


async def test_the_default_experiment_stays_or_is_made_again(world: Api) -> None:
    (default,) = (await world.good("GET", "/experiments"))["experiments"]
    assert "cannot be deleted" in await world.bad(400, 3, "DELETE", f"/experiments/{default['experiment_id']}")
    await world.store.delete_experiment(default["experiment_id"])  # as releases before this one allowed
    assert (await world.run())["experiment_id"] != default["experiment_id"]


async def test_runs_that_cannot_be(world: Api) -> None:
    spec = specification()
    gone = {"pipeline_version_reference": {"pipeline_id": "p", "pipeline_version_id": "v"}}
    for body, status, message in (
        ({"pipeline_spec": spec}, 400, "display_name"),
        ({"display_name": "r"}, 400, "one of"),
        ({"display_name": "r", "pipeline_spec": spec, **gone}, 400, "one of"),
        ({"display_name": "r", **gone}, 404, "no version"),
        ({"display_name": "r", "pipeline_spec": {"pipelineInfo": {}}}, 400, ""),
        ({"display_name": "r", "pipeline_spec": specification(schemaVersion="9.0.0")}, 400, "9.0.0"),
        ({"display_name": "r", "pipeline_spec": {"pipeline_spec": spec, "other": {}}}, 400, "other"),
        ({"display_name": "r", "pipeline_spec": spec, "runtime_config": {"parameters": {"m": 1}}}, 400, "m"),
        ({"display_name": "r", "pipeline_spec": spec, "runtime_config": {"parameters": {"n": "x"}}}, 400, "n"),
        ({"display_name": "r", "pipeline_spec": spec, "experiment_id": "none"}, 404, "no experiment"),
        ({"display_name": "r", "pipeline_spec": spec, "plugins_input": {"mlflow": {"a": 1}}}, 501, "plugins"),
    ):
        reply = await world.call("POST", "/runs", body)
        assert reply.status == status and message in reply.body["message"], (body, reply)
    assert world.store.runs().total == 0 and world.keeper.launched == []


async def test_a_program_that_is_not_here_is_told_before_the_run(world: Api) -> None:
    spec = specification()
    spec["deploymentSpec"]["executors"]["exec-add"]["container"]["command"] = ["no-such-program-anywhere"]
    message = await world.bad(400, 3, "POST", "/runs", {"display_name": "r", "pipeline_spec": spec})
    assert "no-such-program-anywhere" in message and world.store.runs().total == 0


async def test_terminate_retry_and_delete_of_a_run_that_runs(world: Api) -> None:
    world.keeper.seconds = None
    made = await world.run()
    path = f"/runs/{made['run_id']}"
    await world.good("POST", f"{path}:terminate")
    found = await world.good("GET", path)
    assert found["state"] == "CANCELED" and "terminated" in found["error"]["message"]
    await world.good("POST", f"{path}:retry")
    await world.good("DELETE", path)  # it is canceled first
    assert world.keeper.forgotten == [path.removeprefix("/runs/")], "pods and files go with it"
    assert world.store.runs().total == 0


async def test_who_waits_and_who_does_not(world: Api) -> None:
    world.keeper.seconds = 0.3
    path = f"/runs/{(await world.run())['run_id']}"
    start = time.monotonic()
    assert (await world.good("GET", path))["state"] == "SUCCEEDED"  # a new run is waited for
    assert 0.1 < time.monotonic() - start < 2
    world.keeper.seconds = None
    made = await world.run()
    path, start = f"/runs/{made['run_id']}", time.monotonic()
    assert (await world.good("GET", path, headers={"Prefer".lower(): "wait=0"}))["state"] == "PENDING"
    await world.good("GET", "/runs")
    old = world.store.run(made["run_id"])
    assert old is not None
    stored = await world.store._database.write(
        lambda connection: connection.execute("UPDATE run SET created = created - 60").rowcount
    )
    assert stored == 2
    assert (await world.good("GET", path))["state"] == "PENDING"  # an old run's state is told at once
    assert time.monotonic() - start < 0.5
    waiting = asyncio.create_task(world.good("GET", path, headers={"prefer": "respond-async, wait=20"}))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    world.app.release()  # the daemon ends
    assert (await asyncio.wait_for(waiting, 2))["state"] == "PENDING"
    assert replace(old, created=0.0).state is RunState.PENDING


async def test_someone_who_asks_every_five_seconds_is_held(world: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minikf.embedded.pipelines.api.holding._RHYTHM", (0.2, 0.6))
    world.keeper.seconds = None
    made = await world.run()
    await world.store._database.write(lambda connection: connection.execute("UPDATE run SET created = created - 60"))
    path = f"/runs/{made['run_id']}"
    await world.good("GET", path)
    await asyncio.sleep(0.3)
    waiting = asyncio.create_task(world.good("GET", path))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await world.keeper.terminate(made["run_id"])
    assert (await asyncio.wait_for(waiting, 2))["state"] == "CANCELED"
