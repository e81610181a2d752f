"""Python code forked from a warm server: it must behave as under `python`, and live through the server's death."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from minikf.embedded.forkserver import protocol
from tests.embedded.pods.world import WARM_FOR_TESTS, World, alive, kill, pod

# Prints what a program can see of its interpreter. Run cold and warm, the answers have to be the same.
MIRROR = """
import json, os, signal, sys, threading
print(json.dumps({
    "argv": sys.argv, "main": __name__, "file": globals().get("__file__"), "path0": sys.path[0],
    "prefix": sys.prefix, "flags": str(sys.flags.safe_path), "cwd": os.getcwd(),
    "sigint": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
    "sigterm": str(signal.getsignal(signal.SIGTERM)), "sigpipe": str(signal.getsignal(signal.SIGPIPE)),
    "sigchld": str(signal.getsignal(signal.SIGCHLD)),
    "blocked": [str(s) for s in signal.pthread_sigmask(signal.SIG_BLOCK, [])],
    "leader": os.getsid(0) == os.getpid(), "threads": [t.name for t in threading.enumerate()],
    "env": {k: v for k, v in os.environ.items() if k.startswith(("MY_", "HOSTNAME"))},
    "stdin": sys.stdin.read(), "fds": sorted(int(fd) for fd in os.listdir("/proc/self/fd") if int(fd) < 3),
    "main_module": sys.modules["__main__"].__dict__ is globals(), "umask": os.umask(0o22),
}, sort_keys=True))
"""


async def is_warm(world: World, name: str) -> bool:
    run = world.folder(name).container("main").attempt(0).run()
    assert run is not None
    return str(run["server"]).startswith("warm")


@pytest.mark.parametrize("how", ["code", "path", "module"])
async def test_a_program_sees_what_it_would_see_under_python(warm_world: World, tmp_path: Path, how: str) -> None:
    world = warm_world
    source = tmp_path / "code" / "mirror.py"
    source.parent.mkdir()
    source.write_text(MIRROR)
    words = {"code": ["-c", MIRROR], "path": [str(source)], "module": ["-m", "mirror"]}[how]
    container: dict[str, Any] = {"env": [{"name": "MY_OWN", "value": "1"}], "args": [*words, "x", "--y"]}
    if how == "module":
        container["env"].append({"name": "PYTHONPATH", "value": str(source.parent)})
    state, log = await world.run(pod("warm", "python", container=container))
    assert await is_warm(world, "warm")
    assert state["exitCode"] == 0, log
    seen = json.loads(log)
    run = world.folder("warm").container("main").attempt(0).plan()
    assert run is not None
    cold = subprocess.run(
        [sys.executable, *words, "x", "--y"], env=run["env"], cwd=run["cwd"], stdin=subprocess.DEVNULL,
        capture_output=True, check=True, start_new_session=True,
    )  # fmt: skip
    expected = json.loads(cold.stdout)
    assert seen == expected


def waiting_child(world: World) -> int:
    """The pid of the child that the warm server has forked ahead; 0 while there is none."""
    warm = world.runtime.host.warm.pids()
    own = [child for pid in warm for child in psutil.Process(pid).children()]
    return own[0].pid if own else 0


async def test_programs_run_whether_a_child_waits_for_them_or_not(warm_world: World) -> None:
    world = warm_world
    await world.until_true(lambda: waiting_child(world) != 0)
    waiting = waiting_child(world)
    await run_warm(world, "print(1)", "waited-for")
    run = world.folder("waited-for").container("main").attempt(0).run()
    assert run is not None
    assert run["pid"] == waiting
    await world.until_true(lambda: waiting_child(world) not in (0, waiting))
    # One that dies while it waits costs its program nothing.
    kill(waiting_child(world))
    state, log = await run_warm(world, "import os; print(os.getpid())", "on-demand")
    assert (state["exitCode"], log.strip().isdigit()) == (0, True)
    # A burst finds one child at most and does not wait for others.
    names = [f"burst-{number}" for number in range(4)]
    for name in names:
        await world.create(pod(name, "python", "-c", "print(1)"))
    for name in names:
        assert (await world.ended(name))["phase"] == "Succeeded"
        assert await is_warm(world, name)


async def run_warm(world: World, code: str, name: str = "a") -> tuple[Any, bytes]:
    state, log = await world.run(pod(name, "python", "-c", code))
    assert await is_warm(world, name)
    return state, log


@pytest.mark.parametrize(
    ("code", "exit_code", "output"),
    [
        ("import sys; sys.exit(7)", 7, b""),
        ("import sys; sys.exit('why')", 1, b"why\n"),
        ("import sys; sys.exit(None)", 0, b""),
        ("import sys; sys.exit(256 + 3)", 3, b""),
        ("import os; os._exit(9)", 9, b""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 137, b""),
        ("raise KeyboardInterrupt", 130, b"KeyboardInterrupt\n"),
        ("import os; os.abort()", 134, b""),
        ("import atexit; atexit.register(print, 'bye')", 0, b"bye\n"),
        ("import threading as t, time; t.Thread(target=lambda: (time.sleep(0.1), print(1))).start()", 0, b"1\n"),
        ("class A:\n def __del__(self): print('freed')\na = A()", 0, b"freed\n"),
        ("from __future__ import annotations\ndef f(x: nope): ...\nprint(f.__annotations__)", 0, b"{'x': 'nope'}\n"),
        ("def f(x: int): ...\nprint(f.__annotations__)", 0, b"{'x': <class 'int'>}\n"),
    ],
)  # fmt: skip
async def test_it_ends_as_python_ends(warm_world: World, code: str, exit_code: int, output: bytes) -> None:
    state, log = await run_warm(warm_world, code)
    assert state["exitCode"] == exit_code, log
    assert log.endswith(output)
    assert b"forkserver" not in log


async def test_an_end_that_is_told_early_gives_files_and_ports_back_first(warm_world: World) -> None:
    """Programs in a row that want the same port and the same lock, each started when the one before was told."""
    world = warm_world
    code = (
        "import fcntl, socket, sys\n"
        "s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
        "s.bind(('127.0.0.1', int(sys.argv[1]))); s.listen()\n"
        "f = open(sys.argv[2], 'a'); fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
        "f.write('once\\n')\n"
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = world.runtime.host.place.paths.data / "shared.txt"
    for number in range(5):
        state, log = await world.run(pod(f"row-{number}", "python", "-c", code, str(port), str(place)))
        assert state["exitCode"] == 0, log
    assert place.read_text() == "once\n" * 5


async def test_nobody_else_can_say_that_a_program_has_ended(warm_world: World) -> None:
    world = warm_world
    await world.create(pod("long", "python", "-c", "import time; print('here', flush=True); time.sleep(1.5)"))
    await world.until_logged("long", b"here")
    run = world.folder("long").container("main").attempt(0).run()
    assert run is not None
    for message in (
        {"verb": "ended", "token": run["token"], "code": 9, "maxRss": 0},
        {"verb": "ended", "code": "nonsense"},
    ):
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(str(world.runtime.host.place.paths.sockets / f"{run['server']}.sock"))
            protocol.send(stranger, message)
            stranger.settimeout(5)
            assert stranger.recv(1) == b""
    assert alive(run["pid"])
    assert (await world.ended("long"))["phase"] == "Succeeded"


async def test_tracebacks_hold_only_the_programs_frames(warm_world: World) -> None:
    _state, log = await run_warm(warm_world, "def f():\n    1/0\nf()")
    lines = log.decode().splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1].strip() == 'File "<string>", line 3, in <module>'
    assert lines[-1] == "ZeroDivisionError: division by zero"


async def test_a_file_left_open_is_written(warm_world: World) -> None:
    await run_warm(warm_world, "f = open('out', 'w'); f.write('all of it')")
    assert (warm_world.folder("a").container("main").work / "out").read_text() == "all of it"


async def test_a_file_left_open_beside_a_daemon_thread_is_written(warm_world: World) -> None:
    code = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    code += "f = open('out', 'w'); f.write('all')"
    await run_warm(warm_world, code)
    assert (warm_world.folder("a").container("main").work / "out").read_text() == "all"


async def test_children_draw_different_random_numbers(warm_world: World) -> None:
    logs = [(await run_warm(warm_world, "import random; print(random.random())", f"r{i}"))[1] for i in range(2)]
    assert logs[0] != logs[1]


async def test_a_module_beside_the_program_wins_over_an_imported_one(warm_world: World, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "packaging.py").write_text("WHO = 'mine'")
    (folder / "train.py").write_text("import packaging; print(packaging.WHO)")
    _state, log = await warm_world.run(pod("a", "python", str(folder / "train.py")))
    assert log == b"mine\n"


async def test_what_only_a_fresh_interpreter_does_runs_in_one(warm_world: World) -> None:
    _state, log = await warm_world.run(pod("a", "python", "-O", "-c", "print(__debug__)"))
    assert log == b"False\n"
    env = [{"name": "PYTHONHASHSEED", "value": "7"}]
    obj = pod("b", "python", "-c", "print(hash('x'))", container={"env": env})
    _state, first = await warm_world.run(obj)
    obj["metadata"]["name"] = "c"
    _state, second = await warm_world.run(pod("c", "python", "-c", "print(hash('x'))", container={"env": env}))
    assert first == second


async def test_multiprocessing_works_in_a_warm_child(warm_world: World, tmp_path: Path) -> None:
    code = """
import multiprocessing, sys
def double(x): return 2 * x
if __name__ == "__main__":
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            print(pool.map(double, [1, 2, 3]))
"""
    path = tmp_path / "train.py"
    path.write_text(code)
    state, log = await warm_world.run(pod("a", "python", str(path)), 60)
    assert (state["exitCode"], log) == (0, b"[2, 4, 6]\n[2, 4, 6]\n")


async def test_its_place_in_the_process_list_is_its_own(warm_world: World) -> None:
    code = "import time; print('up', flush=True); time.sleep(60)"
    await warm_world.create(pod("a", "python", "-c", code))
    await warm_world.until_logged("a", b"up")
    (member,) = warm_world.members("a")
    assert member.warm
    command = Path(f"/proc/{member.pid}/cmdline").read_bytes()
    assert b"time.sleep" in command
    assert b"forkserver" not in command


async def test_killing_the_warm_server_ends_nobody_and_it_comes_back(warm_world: World) -> None:
    world = warm_world
    code = "import os, time\nprint('up', flush=True)\nwhile not os.path.exists('go'): time.sleep(0.02)\nexit(5)"
    await world.create(pod("a", "python", "-c", code))
    await world.until_logged("a", b"up")
    before = world.runtime.host.warm.pids()
    for pid in before:
        kill(pid)
    await asyncio.sleep(0.1)
    assert world.status("a")["phase"] == "Running"
    (world.folder("a").container("main").work / "go").touch()
    status = await world.ended("a")
    # It could write down by itself how it ended, since nobody else was there to see.
    assert status["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 5
    assert await world.runtime.host.warm.until_ready(30)
    assert world.runtime.host.warm.pids() != before
    _state, log = await run_warm(world, "print('again')", "b")
    assert log == b"again\n"


async def test_an_end_that_nobody_saw_is_told_honestly(warm_world: World) -> None:
    world = warm_world
    await world.create(pod("a", "python", "-c", "import time; print('up', flush=True); time.sleep(60)"))
    await world.until_logged("a", b"up")
    (member,) = world.members("a")
    for pid in world.runtime.host.warm.pids():
        kill(pid)
    await asyncio.sleep(0.1)
    kill(member.pid)
    status = await world.ended("a")
    state = status["containerStatuses"][0]["state"]["terminated"]
    assert (state["exitCode"], state["reason"]) == (137, "ContainerStatusUnknown")
    assert status["phase"] == "Failed"


async def test_killing_the_launcher_ends_nobody_and_it_comes_back(world: World) -> None:
    await world.create(pod("a", "sh", "-c", "echo up; while ! test -e go; do sleep 0.02; done; exit 3"))
    await world.until_logged("a", b"up")
    await world.running("a")
    kill(world.runtime.host.launcher.pid)
    await asyncio.sleep(0.1)
    assert world.status("a")["phase"] == "Running"
    (world.folder("a").container("main").work / "go").touch()
    status = await world.ended("a")
    state = status["containerStatuses"][0]["state"]["terminated"]
    assert (state["exitCode"], state["reason"]) == (137, "ContainerStatusUnknown")
    _state, log = await world.run(pod("b", "echo", "again"))
    assert log == b"again\n"


async def test_until_the_warm_server_is_ready_pods_start_cold(tmp_path: Path) -> None:
    world = await World.open(tmp_path, warm=True, warm_modules=("json", "no.such.module_at_all"))
    _state, log = await world.run(pod("a", "python", "-c", "print('cold')"))
    assert log == b"cold\n"
    assert not await is_warm(world, "a")
    assert await world.runtime.host.warm.until_ready(30)
    (said,) = world.runtime.host.warm.describe()
    assert "no.such.module_at_all" in said["skipped"]
    await world.close()


async def test_the_pool_serves_like_the_warm_server(tmp_path: Path) -> None:
    world = await World.open(tmp_path, warm=True, warm_role="pool", warm_modules=WARM_FOR_TESTS)
    assert await world.runtime.host.warm.until_ready(30)
    for number in range(100):
        state, log = await world.run(pod(f"p{number}", "python", "-c", "import sys; print('hi'); sys.exit(3)"))
        assert (state["exitCode"], log) == (3, b"hi\n")
        if await is_warm(world, f"p{number}"):
            break
        await asyncio.sleep(0.05)
    else:
        raise AssertionError(f"never served by the pool: {world.runtime.host.warm.describe()}")
    await world.close()


async def test_a_warm_leader_killed_takes_its_children_along(warm_world: World) -> None:
    code = (
        "import subprocess, time; subprocess.Popen(['setsid', 'sleep', '60']); print('up', flush=True); time.sleep(60)"
    )
    await warm_world.create(pod("a", "python", "-c", code))
    await warm_world.until_logged("a", b"up")
    await warm_world.until_true(lambda: len(warm_world.members("a")) == 2)
    pids = [member.pid for member in warm_world.members("a")]
    leader = next(member.pid for member in warm_world.members("a") if member.warm)
    os.kill(leader, 9)
    await warm_world.ended("a")
    assert [pid for pid in pids if alive(pid)] == []
