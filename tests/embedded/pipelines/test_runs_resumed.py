"""Runs that another daemon takes up: killed, stopped, cut off between two writes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from minikf.embedded.pipelines.records import RunState, TaskState
from tests.embedded.pipelines.runworld import RunWorld, making, steps


async def test_a_killed_daemon_goes_on_where_it_was_and_starts_nothing_twice(tmp_path: Path) -> None:
    world = await RunWorld.open(tmp_path, processors=2)
    commands = {
        "done": f"echo x >> {tmp_path}/done",
        "running": f"echo x >> {tmp_path}/running; while ! test -e {tmp_path}/go; do sleep 0.05; done",
        "waiting": f"echo x >> {tmp_path}/waiting",
    }
    spec = steps(commands)
    spec["root"]["dag"]["tasks"]["waiting"]["dependentTasks"] = ["running"]
    run_id = await world.launch(spec)
    await world.until(run_id, "done", lambda record: record.state.is_over)
    record = await world.until(run_id, "running", lambda record: record.attempts == 1)
    await world.running(record.pods[0])
    world = await world.reopen()
    try:
        await asyncio.sleep(0.2)
        assert world.run(run_id).state is RunState.RUNNING
        (tmp_path / "go").touch()
        assert (await world.finished(run_id)).state is RunState.SUCCEEDED
        assert {name: (tmp_path / name).read_text() for name in commands} == dict.fromkeys(commands, "x\n")
        assert world.tasks(run_id)["running"].pods == record.pods
    finally:
        await world.close()


async def test_a_run_that_is_going_to_fail_goes_on_too(tmp_path: Path) -> None:
    world = await RunWorld.open(tmp_path, processors=3)
    wait = f"while ! test -e {tmp_path}/go; do sleep 0.05; done"
    spec = steps({"bad": "exit 1", "running": f"{wait}; echo x >> {tmp_path}/ran", "after": "true"})
    spec["root"]["dag"]["tasks"]["after"]["dependentTasks"] = ["bad"]
    run_id = await world.launch(spec)
    await world.until(run_id, "bad", lambda record: record.state.is_over)
    record = await world.until(run_id, "running", lambda record: record.attempts == 1)
    await world.running(record.pods[0])
    world = await world.reopen()
    try:
        await asyncio.sleep(0.1)
        (tmp_path / "go").touch()
        assert (await world.finished(run_id)).state is RunState.FAILED
        assert world.states(run_id) == {"bad": "FAILED", "running": "SUCCEEDED", "after": "SKIPPED"}
        assert (tmp_path / "ran").read_text() == "x\n"
    finally:
        await world.close()


async def test_a_platform_that_was_stopped_begins_its_steps_again(tmp_path: Path) -> None:
    world = await RunWorld.open(tmp_path)
    run_id = await world.launch(steps({"long": f"echo x >> {tmp_path}/ran; test -e {tmp_path}/go || sleep 300"}))
    record = await world.until(run_id, "long", lambda record: record.attempts == 1)
    await world.running(record.pods[0])
    await world.close()  # with SIGTERM pods end
    (tmp_path / "go").touch()
    world = await RunWorld.open(tmp_path)
    try:
        assert (await world.finished(run_id)).state is RunState.SUCCEEDED
        assert (tmp_path / "ran").read_text() == "x\nx\n"
    finally:
        await world.close()


async def test_a_step_that_ended_while_no_daemon_ran_is_collected(tmp_path: Path) -> None:
    world = await RunWorld.open(tmp_path)
    run_id = await world.launch(making(f'while ! test -e {tmp_path}/go; do sleep 0.05; done; echo data > "$0"'))
    record = await world.until(run_id, "make", lambda record: record.attempts == 1)
    await world.running(record.pods[0])
    await world.keeper.stop()
    await world.store.close()
    (tmp_path / "go").touch()
    await world.pods.ended(record.pods[0])
    world = await RunWorld._on(world.pods, 4)
    try:
        assert (await world.finished(run_id)).state is RunState.SUCCEEDED
        (made,) = world.tasks(run_id)["make"].outputs.artifacts["data"]
        assert Path(made.uri).read_text() == "data\n" and world.tasks(run_id)["make"].attempts == 1
    finally:
        await world.close()


async def test_a_pod_that_was_named_and_never_made_is_made_once(tmp_path: Path) -> None:
    world = await RunWorld.open(tmp_path)
    run_id = await world.ran(steps({"step": f"echo x >> {tmp_path}/ran"}))
    record = world.tasks(run_id)["step"]
    await world.keeper.stop()
    named = replace(record, state=TaskState.RUNNING, pods=("my-run-step-0000",), finished=0.0)
    await world.store.put_tasks(run_id, [named], replace(world.run(run_id), state=RunState.RUNNING, finished=0.0))
    await world.store.close()
    world = await RunWorld._on(world.pods, 4)
    try:
        assert (await world.finished(run_id)).state is RunState.SUCCEEDED
        assert world.tasks(run_id)["step"].pods == ("my-run-step-0000",)
        assert (tmp_path / "ran").read_text() == "x\nx\n"
    finally:
        await world.close()


async def test_a_cancel_that_was_cut_off_is_brought_to_its_end(tmp_path: Path) -> None:
    world = await RunWorld.open(tmp_path)
    run_id = await world.launch(steps({"long": "sleep 300"}))
    record = await world.until(run_id, "long", lambda record: record.attempts == 1)
    await world.running(record.pods[0])
    await world.keeper.stop()
    await world.store.put_run(replace(world.run(run_id), state=RunState.CANCELING))
    await world.store.close()
    world = await RunWorld._on(world.pods, 4)
    try:
        assert (await world.finished(run_id)).state is RunState.CANCELED
        assert world.states(run_id) == {"long": "CANCELED"} and not world.children(run_id)
    finally:
        await world.close()
