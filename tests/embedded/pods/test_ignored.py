"""Fields without effect are told once, and a container that must not run as root does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from minikf.embedded import kinds
from minikf.embedded.pods import user
from minikf.embedded.pods.user import User
from tests.embedded.pods.world import Object, World, pod


def container_of(status: Object) -> Object:
    return next(iter(status.get("containerStatuses") or [{}]))


def restarts(status: Object) -> int:
    return int(container_of(status).get("restartCount", 0))


async def test_ignored_fields_are_told_once_whatever_happens_to_the_daemon(tmp_path: Path) -> None:
    world = await World.open(tmp_path)
    crashing = {"command": ["false"], "securityContext": {"readOnlyRootFilesystem": True}}
    try:
        await world.create(pod("a", hostNetwork=True, restartPolicy="Always", container=crashing))
        await world.until("a", lambda status: restarts(status) >= 2)
        world = await world.reopen()
        await world.until("a", lambda status: restarts(status) >= 3)
        found = [event.obj for event in world.objects.list(kinds.EVENT) if event.obj["reason"] == "IgnoredFields"]
        assert [(event["type"], event.get("count")) for event in found] == [("Warning", 1)]
        told = found[0]["message"]
        assert told.endswith("spec.hostNetwork, spec.containers[0].securityContext.readOnlyRootFilesystem")
        assert found[0]["involvedObject"]["name"] == "a"
        await world.delete("a", grace=0)
        await world.gone("a")
    finally:
        await world.close()


async def test_a_plain_pod_is_told_nothing(world: World) -> None:
    state, _log = await world.run(pod("a", "true", securityContext={"runAsUser": os.getuid()}))
    assert state["exitCode"] == 0
    assert await world.event_texts("IgnoredFields") == []


async def test_a_container_that_must_not_run_as_root_waits_where_the_platform_is_roots(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user, "current", lambda: User(0, 0, frozenset({0})))
    marker = world.root / "it-ran"
    await world.create(pod("a", "touch", str(marker), securityContext={"runAsNonRoot": True}))

    def refused(status: Object) -> bool:
        waiting = container_of(status).get("state", {}).get("waiting", {})
        return waiting.get("reason") == "CreateContainerConfigError" and "runAsNonRoot" in waiting["message"]

    await world.until("a", refused)
    assert any("runAsNonRoot" in text for text in await world.event_texts("Failed"))
    assert not marker.exists()
    await world.delete("a")
    await world.gone("a")


async def test_a_container_that_must_not_run_as_root_runs_where_the_platform_is_a_users(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user, "current", lambda: User(1000, 1000, frozenset({1000})))
    state, _log = await world.run(pod("a", "true", securityContext={"runAsNonRoot": True}))
    assert state["exitCode"] == 0
