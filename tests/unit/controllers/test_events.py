"""Events: said once and counted, in the right place, and gone after an hour."""

from __future__ import annotations

from typing import Any

import pytest

from minikf.embedded.controllers import events as events_module
from minikf.embedded.kinds import CONFIG_MAP, EVENT, NAMESPACE
from tests.unit.controllers.conftest import Plane

Object = dict[str, Any]


async def made(plane: Plane) -> Object:
    return await plane.create(CONFIG_MAP, {"metadata": {"name": "it"}})


def about(plane: Plane, name: str = "it", namespace: str = "default") -> list[Object]:
    found = (entry.obj for entry in plane.objects.list(EVENT, namespace))
    return [one for one in found if one["involvedObject"]["name"] == name]


async def test_the_same_thing_said_again_is_counted(plane: Plane) -> None:
    it = await made(plane)
    recorder = plane.context.events.of("tester")
    for _ in range(3):
        recorder.record(it, "Warning", "Broken", "it is broken")
    recorder.record(it, "Warning", "Broken", "it is broken in another way")
    await plane.context.events.flush()
    plane.clock.move(5)
    recorder.record(it, "Warning", "Broken", "it is broken")
    await plane.context.events.flush()
    one = next(event for event in about(plane) if event["message"] == "it is broken")
    assert one["count"] == 4
    assert one["lastTimestamp"] > one["firstTimestamp"]
    assert one["source"] == {"component": "tester"}
    assert one["involvedObject"]["uid"] == it["metadata"]["uid"]
    assert len(about(plane)) == 2


async def test_they_are_counted_on_after_a_restart(plane: Plane) -> None:
    it = await made(plane)
    plane.context.events.record(it, "Normal", "Done", "it is done")
    await plane.restart()
    plane.context.events.record(it, "Normal", "Done", "it is done")
    await plane.context.events.flush()
    assert [event["count"] for event in about(plane)] == [2]


async def test_they_expire_after_an_hour(plane: Plane) -> None:
    it = await made(plane)
    plane.context.events.record(it, "Normal", "Old", "long ago")
    await plane.context.events.flush()
    plane.clock.move(3000)
    plane.context.events.record(it, "Normal", "New", "just now")
    await plane.context.events.flush()
    plane.clock.move(700)
    await plane.context.events.sweep()
    assert [event["reason"] for event in about(plane)] == ["New"]
    plane.context.events.record(it, "Normal", "Old", "again")
    await plane.context.events.flush()
    assert sorted(event["reason"] for event in about(plane)) == ["New", "Old"]


async def test_there_are_never_too_many(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_module, "MOST_EVENTS", 3)
    it = await made(plane)
    for number in range(5):
        plane.clock.move(1)
        plane.context.events.record(it, "Normal", "Said", f"number {number}")
    await plane.context.events.flush()
    await plane.context.events.sweep()
    assert sorted(event["message"] for event in about(plane)) == ["number 2", "number 3", "number 4"]


async def test_events_about_cluster_scoped_objects_are_in_default(plane: Plane) -> None:
    await plane.create(NAMESPACE, {"metadata": {"name": "team"}})
    plane.context.events.record(plane.the(NAMESPACE, "team"), "Normal", "Seen", "there it is")
    await plane.context.events.flush()
    assert [event["reason"] for event in about(plane, "team")] == ["Seen"]


async def test_a_namespace_that_is_gone_does_not_matter(plane: Plane) -> None:
    await plane.create(NAMESPACE, {"metadata": {"name": "team"}})
    it = await plane.create(CONFIG_MAP, {"metadata": {"name": "it"}}, "team")
    await plane.objects.delete(NAMESPACE, "", "team")
    await plane.settle()
    plane.context.events.record(it, "Normal", "Late", "too late")
    await plane.context.events.flush()
    assert about(plane, "it", "team") == []
