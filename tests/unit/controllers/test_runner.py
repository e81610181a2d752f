"""Queues and the runner: one reconcile per key at a time, pauses after failures, errors told, a clean stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from minikf.embedded.controllers.base import Key, key_of
from minikf.embedded.controllers.context import Context
from minikf.embedded.controllers.events import EventRecorder
from minikf.embedded.controllers.queue import WorkQueue
from minikf.embedded.controllers.runner import Runner
from minikf.embedded.kinds import CONFIG_MAP, EVENT, NAMESPACE
from minikf.embedded.objects import Objects
from minikf.embedded.store import Change, Store, subscription
from minikf.paths import PlatformPaths

A, B = Key("default", "a"), Key("default", "b")


async def test_a_key_is_in_one_hand_and_comes_again_when_added_meanwhile() -> None:
    queue = WorkQueue()
    queue.add(A)
    queue.add(A)
    assert await queue.take() == A
    queue.add(A)
    queue.add(B)
    assert await queue.take() == B, "A is being worked on"
    queue.done(A)
    assert await queue.take() == A
    queue.done(A)
    queue.done(B)
    assert queue.idle


async def test_pauses_double_and_success_forgets() -> None:
    queue = WorkQueue()
    pauses = [queue.add_failed(A) for _ in range(14)]
    assert pauses[:4] == [0.02, 0.04, 0.08, 0.16]
    assert pauses[-1] == 60.0
    queue.forget_failures(A)
    assert queue.add_failed(A) == 0.02
    queue.close()


async def test_of_two_wishes_the_earlier_counts() -> None:
    queue = WorkQueue()
    queue.add_after(A, 60)
    queue.add_after(A, 0.01)
    queue.add_after(A, 30)
    assert await asyncio.wait_for(queue.take(), 1) == A
    queue.done(A)
    assert queue.idle
    queue.close()


class Recording:
    """A controller of ConfigMaps that does what it is told."""

    component = "recording"
    kinds = (CONFIG_MAP,)

    def __init__(self, act: Callable[[Key], Coroutine[Any, Any, float | None]]) -> None:
        self.act = act
        self.seen: list[str] = []

    def keys(self, change: Change) -> Iterable[Key]:
        return [key_of(change.entry)]

    async def reconcile(self, key: Key) -> float | None:
        self.seen.append(key.name)
        return await self.act(key)


@pytest.fixture
async def objects(tmp_path: Path) -> AsyncIterator[Objects]:
    store = Store(tmp_path / "objects.db")
    made = Objects(store)
    await made.create(NAMESPACE, "", {"metadata": {"name": "default"}})
    yield made
    store.close()


def runner_of(objects: Objects, tmp_path: Path, controller: Recording) -> Runner:
    paths = PlatformPaths("test", tmp_path, tmp_path, tmp_path, tmp_path)
    return Runner(Context(objects, paths, EventRecorder(objects)), [controller])


def set_number(turn: int, obj: dict[str, Any]) -> None:
    obj["data"] = {"n": str(turn)}


async def put(objects: Objects, name: str) -> None:
    await objects.create(CONFIG_MAP, "default", {"metadata": {"name": name}})


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.005)


async def test_existing_objects_are_seen_once_at_start_then_changes(objects: Objects, tmp_path: Path) -> None:
    async def nothing(key: Key) -> None:
        return None

    await put(objects, "old")
    controller = Recording(nothing)
    runner = runner_of(objects, tmp_path, controller)
    await runner.start()
    await until(lambda: controller.seen == ["old"])
    await put(objects, "new")
    await until(lambda: controller.seen == ["old", "new"])
    await objects.delete(CONFIG_MAP, "default", "old")
    await until(lambda: controller.seen == ["old", "new", "old"])
    await runner.stop()
    await put(objects, "late")
    await asyncio.sleep(0.02)
    assert "late" not in controller.seen


async def test_keys_run_side_by_side_but_each_alone(objects: Objects, tmp_path: Path) -> None:
    running: list[str] = []
    most = 0

    async def slow(key: Key) -> None:
        nonlocal most
        assert key.name not in running
        running.append(key.name)
        most = max(most, len(running))
        await asyncio.sleep(0.03)
        running.remove(key.name)

    controller = Recording(slow)
    runner = runner_of(objects, tmp_path, controller)
    await runner.start()
    for name in "abc":
        await put(objects, name)
    for turn in range(5):
        await objects.patch(CONFIG_MAP, "default", "a", partial(set_number, turn))
        await asyncio.sleep(0.01)
    await until(lambda: runner.idle)
    await runner.stop()
    assert most == 3
    assert controller.seen.count("a") < 6, "changes during a reconcile are seen together"


async def test_failures_are_tried_again_and_told(
    objects: Objects, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(key: Key) -> None:
        if controller.seen.count("a") < 5:
            raise ValueError("no such luck")

    controller = Recording(fail)
    runner = runner_of(objects, tmp_path, controller)
    await runner.start()
    await put(objects, "a")
    await until(lambda: len(controller.seen) == 5)
    await runner.stop()
    (event,) = (entry.obj for entry in objects.list(EVENT, "default"))
    assert (event["reason"], event["message"]) == ("ReconcileError", "ValueError: no such luck")
    assert event["count"] == 2, "from the third failure in a row on"
    assert "Traceback" in caplog.text


async def test_an_object_that_goes_while_it_is_looked_at_is_no_failure(
    objects: Objects, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It was deleted between the look and the write; something else that is missing is told all the same."""

    async def lose(key: Key) -> None:
        if key.name == "going" and controller.seen.count("going") == 1:
            await objects.delete(CONFIG_MAP, "default", "going")
            await objects.patch(CONFIG_MAP, "default", "going", partial(set_number, 1))
        if key.name == "asking" and controller.seen.count("asking") == 1:
            await objects.patch(CONFIG_MAP, "default", "missing", partial(set_number, 1))

    controller = Recording(lose)
    runner = runner_of(objects, tmp_path, controller)
    await runner.start()
    await put(objects, "going")
    await until(lambda: controller.seen.count("going") >= 2 and runner.idle)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    await put(objects, "asking")
    await until(lambda: controller.seen.count("asking") >= 2)
    await runner.stop()
    assert 'configmaps "missing" not found' in caplog.text


async def test_asked_again_after_a_while(objects: Objects, tmp_path: Path) -> None:
    async def again(key: Key) -> float | None:
        return 0.01 if len(controller.seen) < 3 else None

    controller = Recording(again)
    runner = runner_of(objects, tmp_path, controller)
    await runner.start()
    await put(objects, "a")
    await until(lambda: len(controller.seen) == 3)
    await asyncio.sleep(0.05)
    assert len(controller.seen) == 3
    await runner.stop()


async def test_a_reconcile_in_hand_ends_before_the_stop_returns(objects: Objects, tmp_path: Path) -> None:
    ended = False

    async def slow(key: Key) -> None:
        nonlocal ended
        await asyncio.sleep(0.1)
        ended = True

    controller = Recording(slow)
    runner = runner_of(objects, tmp_path, controller)
    await runner.start()
    await put(objects, "a")
    await until(lambda: controller.seen == ["a"])
    await runner.stop()
    assert ended


async def test_controllers_that_fell_behind_look_at_everything_again(
    objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(key: Key) -> None:
        return None

    await put(objects, "a")
    controller = Recording(nothing)
    runner = runner_of(objects, tmp_path, controller)
    await runner.start()
    await until(lambda: controller.seen == ["a"])
    monkeypatch.setattr(subscription, "QUEUE_LIMIT", 2)
    await asyncio.gather(*(put(objects, name) for name in "bcdefgh"))
    monkeypatch.undo()
    await until(lambda: set("abcdefgh") <= set(controller.seen))
    assert controller.seen.count("a") == 2
    await put(objects, "late")
    await until(lambda: controller.seen[-1] == "late")
    await runner.stop()
