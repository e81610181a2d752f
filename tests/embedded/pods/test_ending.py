"""Deleting pods and killing processes: nothing of a pod is left, whatever it does."""

from __future__ import annotations

import asyncio
import time

from tests.embedded.pods.world import World, alive, kill, pod


async def pids_of(world: World, name: str, count: int) -> list[int]:
    for _ in range(500):
        members = world.members(name)
        if len(members) >= count:
            return [member.pid for member in members]
        await asyncio.sleep(0.01)
    raise AssertionError(f"{world.members(name)} are fewer than {count}; log {world.log(name)!r}")


async def test_deleting_ends_politely(world: World) -> None:
    await world.create(pod("a", "sh", "-c", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done"))
    await world.until_logged("a", b"up")
    log = world.folder("a").container("main").attempt(0).log
    kept = log.with_name("kept")
    kept.hardlink_to(log)
    kept = kept.rename(world.root / "kept")
    begin = time.monotonic()
    await world.delete("a")
    await world.gone("a")
    assert kept.read_bytes().endswith(b"bye\n")
    assert time.monotonic() - begin < 5
    await world.until_true(lambda: not log.parent.parent.exists())


async def test_what_ignores_sigterm_is_killed_after_its_time(world: World) -> None:
    await world.create(pod("a", "sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.05; done"))
    await world.until_logged("a", b"up")
    begin = time.monotonic()
    await world.delete("a", grace=1)
    await world.gone("a")
    assert 0.9 < time.monotonic() - begin < 4


async def test_a_second_delete_hastens_the_end(world: World) -> None:
    await world.create(pod("a", "sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.05; done"))
    await world.until_logged("a", b"up")
    begin = time.monotonic()
    await world.delete("a", grace=30)
    await asyncio.sleep(0.2)
    await world.delete("a", grace=1)
    await world.gone("a")
    assert time.monotonic() - begin < 5


async def test_a_forced_delete_leaves_no_process(world: World) -> None:
    await world.create(pod("a", "sh", "-c", "sleep 60 & sleep 60"))
    pids = await pids_of(world, "a", 3)
    folder = world.folder("a").path
    await world.delete("a", grace=0)
    for _ in range(300):
        if not any(alive(pid) for pid in pids) and not folder.exists():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{[pid for pid in pids if alive(pid)]} live, folder {folder.exists()}")


async def test_children_that_escape_end_with_the_container(world: World) -> None:
    # A daemon of the old school: another session, no parent, an empty environment, SIGTERM ignored.
    script = (
        "setsid sh -c 'trap \"\" TERM; sleep 60' & env -i setsid sleep 60 & (setsid sleep 60 &); sleep 0.3; echo done"
    )
    await world.create(pod("a", "sh", "-c", script))
    pids = await pids_of(world, "a", 4)
    await world.ended("a")
    assert [pid for pid in pids if alive(pid)] == []


async def test_kill_of_the_leader_ends_its_children(world: World) -> None:
    await world.create(pod("a", "sh", "-c", "sleep 61 & sleep 62"))
    pids = await pids_of(world, "a", 3)
    leader = world.folder("a").container("main").attempt(0).run()
    assert leader is not None
    kill(leader["pid"])
    status = await world.ended("a")
    assert status["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 137
    assert [pid for pid in pids if alive(pid)] == []


async def test_children_of_a_polite_leader_get_the_same_time(world: World) -> None:
    # bash dies of SIGTERM at once; what it had started may still clean up.
    child = "trap 'sleep 0.4; echo cleaned; exit 0' TERM; echo up; while :; do sleep 0.05; done"
    await world.create(pod("a", "bash", "-c", f'sh -c "{child}"; echo never'))
    await world.until_logged("a", b"up")
    kept = world.root / "kept"
    kept.hardlink_to(world.folder("a").container("main").attempt(0).log)
    await world.delete("a", grace=5)
    await world.gone("a")
    assert kept.read_bytes().endswith(b"cleaned\n")


async def test_pre_stop_runs_before_the_end(world: World) -> None:
    hook = {"preStop": {"exec": {"command": ["sh", "-c", "echo hook > hook; kill -USR1 $(cat pid)"]}}}
    script = "echo $$$$ > pid; trap 'echo usr1; exit 0' USR1; trap '' TERM; echo up; while :; do sleep 0.05; done"
    await world.create(pod("a", "sh", "-c", script, container={"lifecycle": hook}))
    await world.until_logged("a", b"up")
    kept = world.root / "kept"
    kept.hardlink_to(world.folder("a").container("main").attempt(0).log)
    await world.delete("a", grace=10)
    await world.gone("a")
    assert b"usr1\n" in kept.read_bytes()


async def test_a_pod_that_waits_for_something_can_be_deleted(world: World) -> None:
    await world.create(pod("a", "true", container={"envFrom": [{"configMapRef": {"name": "never"}}]}))
    await world.until("a", lambda status: "CreateContainerConfigError" in str(status))
    await world.delete("a")
    await world.gone("a", 3)


async def test_a_pod_in_back_off_can_be_deleted(world: World) -> None:
    await world.create(pod("a", "false", restartPolicy="Always"))
    await world.until("a", lambda status: "CrashLoopBackOff" in str(status))
    await world.delete("a")
    await world.gone("a", 3)


async def test_stopping_the_platform_ends_pods_and_says_so(world: World) -> None:
    await world.create(pod("never", "sleep", "60"))
    await world.create(pod("always", "sh", "-c", "echo run; exec sleep 60", restartPolicy="Always"))
    await world.running("never")
    await world.running("always")
    pids = [member.pid for name in ("never", "always") for member in world.members(name)]
    await world.close()
    assert [pid for pid in pids if alive(pid)] == []
    again = await World._open(world.root, world.settings)
    try:
        status = await again.ended("never")
        assert (status["phase"], status["reason"]) == ("Failed", "Terminated")
        # What restarts always comes back with the platform, at once.
        await again.until("always", lambda status: status["containerStatuses"][0]["restartCount"] == 1, 5)
        await again.until_logged("always", b"run")
    finally:
        await again.close()
    # The fixture closes the first world once more, which must be harmless.
    world.store = again.store
