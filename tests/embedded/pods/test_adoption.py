"""The daemon ends and another comes: pods go on, and what ended meanwhile is told truly."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from minikf.embedded import kinds
from minikf.embedded.forkserver import record
from minikf.embedded.objects import Objects
from minikf.embedded.options import DeleteOptions
from minikf.embedded.store import Store
from tests.embedded.pods.world import World, alive, kill, make_paths, pod

# Another process with the same files: it starts pods, says their names, and is killed.
DAEMON = """
import asyncio, sys
from pathlib import Path
from tests.embedded.pods.world import World, pod
async def main():
    world = await World.open(Path(sys.argv[1]))
    await world.create(pod("runs", "sh", "-c", "echo one; while ! test -e go; do sleep 0.02; done; echo two; exit 4"))
    await world.create(pod("ends", "sh", "-c", "echo begun; sleep 0.7; echo done"))
    await world.create(pod("lost", "sh", "-c", "echo begun; sleep 60"))
    await world.create(pod("again", "sh", "-c", "echo run; sleep 60", restartPolicy="Always"))
    for name in ("runs", "ends", "lost", "again"):
        await world.running(name)
    print("running", flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


async def test_a_killed_daemon_loses_nothing(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", DAEMON, str(tmp_path)], stdout=subprocess.PIPE) as daemon:
        assert daemon.stdout is not None
        assert daemon.stdout.readline() == b"running\n"
        daemon.send_signal(signal.SIGKILL)
    launcher = record.read(f"{make_paths(tmp_path).sockets}/launcher.json")
    assert launcher is not None
    assert alive(launcher["pid"])
    await asyncio.sleep(1.0)  # "ends" has ended by now, and nobody but the launcher saw it
    world = await World.open(tmp_path)
    try:
        status = await world.ended("ends")
        assert (status["phase"], world.log("ends")) == ("Succeeded", b"begun\ndone\n")
        assert world.runtime.host.launcher.pid == launcher["pid"]
        await world.running("runs")  # told anew where the kill came before the status was written
        assert world.status("again")["containerStatuses"][0]["restartCount"] == 0
        # What is adopted is looked after as before: its end is seen, its log goes on, it restarts.
        (world.folder("runs").container("main").work / "go").touch()
        status = await world.ended("runs")
        assert status["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 4
        assert world.log("runs") == b"one\ntwo\n"
        kill(world.members("again")[0].pid)
        await world.until("again", lambda status: status["containerStatuses"][0]["restartCount"] == 1)
    finally:
        await world.close()


async def test_what_died_with_its_fork_server_is_told_as_unknown(world: World) -> None:
    await world.create(pod("a", "sh", "-c", "echo up; sleep 60"))
    await world.until_logged("a", b"up")
    run = world.folder("a").container("main").attempt(0).run()
    assert run is not None
    launcher = world.runtime.host.launcher.pid
    await world.close(leave_pods=True)
    kill(launcher)
    kill(run["pid"])
    again = await World._open(world.root, world.settings)
    world.__dict__.update(again.__dict__)  # the fixture closes what is open now
    status = await world.ended("a")
    state = status["containerStatuses"][0]["state"]["terminated"]
    assert (state["exitCode"], state["reason"]) == (137, "ContainerStatusUnknown")


async def test_a_pid_that_belongs_to_another_by_now_is_not_adopted(world: World) -> None:
    await world.create(pod("a", "sh", "-c", "echo up; sleep 60"))
    await world.until_logged("a", b"up")
    attempt = world.folder("a").container("main").attempt(0)
    pids = [member.pid for member in world.members("a")]
    await world.close(leave_pods=True)
    for pid in pids:
        kill(pid)
    Path(f"{attempt.base}{record.EXIT}").unlink(missing_ok=True)
    run = attempt.run()
    assert run is not None
    await asyncio.sleep(0.3)
    Path(f"{attempt.base}{record.EXIT}").unlink(missing_ok=True)
    record.write(f"{attempt.base}{record.RUN}", run | {"pid": os.getpid()})  # as if we had got its pid
    again = await World._open(world.root, world.settings)
    world.__dict__.update(again.__dict__)
    await world.ended("a")
    assert alive(os.getpid())


async def test_leftovers_of_pods_that_are_gone_are_ended(world: World) -> None:
    await world.create(pod("a", "sh", "-c", "echo up; setsid sleep 60 & sleep 60"))
    await world.until_logged("a", b"up")
    folder, pids = world.folder("a").path, [member.pid for member in world.members("a")]
    await world.close(leave_pods=True)
    # The object goes while no controller looks.
    store = Store(make_paths(world.root).database)
    await Objects(store).delete(kinds.POD, "default", "a", how=DeleteOptions(grace=0))
    store.close()
    again = await World._open(world.root, world.settings)
    world.__dict__.update(again.__dict__)
    assert [pid for pid in pids if alive(pid)] == []
    assert not folder.exists()


async def test_a_pod_deleted_while_no_daemon_ran_ends_politely(world: World) -> None:
    await world.create(pod("a", "sh", "-c", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done"))
    await world.until_logged("a", b"up")
    kept = world.root / "kept"
    kept.hardlink_to(world.folder("a").container("main").attempt(0).log)
    await world.runner.stop()
    await world.delete("a", grace=5)
    await world.runtime.stop(leave_pods=True)
    await world.events.stop()
    world.store.close()
    again = await World._open(world.root, world.settings)
    world.__dict__.update(again.__dict__)
    await world.gone("a")
    assert kept.read_bytes().endswith(b"bye\n")


async def test_why_it_was_killed_is_remembered(world: World) -> None:
    await world.create(pod("a", "sh", "-c", "echo up; sleep 60"))
    await world.until_logged("a", b"up")
    attempt = world.folder("a").container("main").attempt(0)
    members = world.members("a")
    await world.close(leave_pods=True)
    attempt.write_note("OOMKilled", "used too much")  # what a daemon writes just before the kill, then it dies
    for member in members:
        kill(member.pid)
    again = await World._open(world.root, world.settings)
    world.__dict__.update(again.__dict__)
    status = await world.ended("a")
    state = status["containerStatuses"][0]["state"]["terminated"]
    assert (state["exitCode"], state["reason"], state["message"]) == (137, "OOMKilled", "used too much")


async def test_restart_is_quick(world: World) -> None:
    for number in range(10):
        await world.create(pod(f"p{number}", "sleep", "60"))
    for number in range(10):
        await world.running(f"p{number}")
    begin = time.monotonic()
    again = await world.reopen()
    world.__dict__.update(again.__dict__)
    assert time.monotonic() - begin < 5
    for number in range(10):
        assert json.dumps(world.status(f"p{number}")).count("running")
