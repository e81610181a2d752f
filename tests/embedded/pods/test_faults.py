"""What goes wrong with fork servers, folders and disks, and what the user is told."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from minikf.embedded import kinds
from minikf.embedded.forkserver import client, protocol
from minikf.embedded.forkserver.supervisor import ForkServer, Spec
from minikf.embedded.pods import plan
from tests.embedded.pods.wheels import make_wheel
from tests.embedded.pods.world import WARM_FOR_TESTS, World, alive, pod


async def test_a_warm_server_that_dies_at_its_imports_has_failed_with_a_cause(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho broken interpreter >&2\nexit 3\n")
    broken.chmod(0o755)
    server = ForkServer(Spec("warm", "warm-x", str(broken), tmp_path / "home", tmp_path / "x.log", ("json",)))
    server.begin()
    for _ in range(300):
        if server.state == "failed":
            break
        await asyncio.sleep(0.02)
    said = server.describe()
    await server.stop(drain=True)
    assert (said["state"], "ended with code 3" in said["cause"]) == ("failed", True)
    assert str(tmp_path / "x.log") in said["cause"]
    assert "broken interpreter" in (tmp_path / "x.log").read_text()


async def test_a_stopped_server_holds_nobody_up_and_starts_nothing_late(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "START_SECONDS", 0.3)
    monkeypatch.setattr(client, "_MARGIN_SECONDS", 0.1)
    launcher = world.runtime.host.launcher
    os.kill(launcher.pid, signal.SIGSTOP)
    try:
        request: dict[str, Any] = {"argv": ["touch", str(tmp_path / "late")], "env": dict(os.environ), "cwd": "/"}
        with Path(os.devnull).open("r+b") as null, pytest.raises(client.NotServing):
            await client.start(launcher.spec.socket, request, [null.fileno()] * 3)
        await asyncio.sleep(0.3)
    finally:
        os.kill(launcher.pid, signal.SIGCONT)
    _state, log = await world.run(pod("a", "echo", "goes on"))
    assert log == b"goes on\n"
    assert not (tmp_path / "late").exists()


async def test_half_a_request_does_not_stop_the_others(world: World) -> None:
    with socket.socket(socket.AF_UNIX) as half:
        half.connect(str(world.runtime.host.launcher.spec.socket))
        half.sendall(b"\0\0\0\x50{")
        _state, log = await world.run(pod("a", "echo", "served"))
        assert log == b"served\n"


@pytest.mark.parametrize("frame", [{"verb": "start"}, {"verb": "nonsense"}, {}, {"verb": "wait", "pid": "x"}])
async def test_nonsense_is_answered_or_hung_up_on(world: World, frame: dict[str, Any]) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(5)
        sock.connect(str(world.runtime.host.launcher.spec.socket))
        protocol.send(sock, frame)
        try:
            answer = protocol.receive(sock)[0]
            assert "error" in answer or "unknown" in answer
        except protocol.ProtocolError:
            pass  # hung up
    _state, log = await world.run(pod("a", "echo", "lives"))
    assert log == b"lives\n"


async def test_sockets_are_for_their_owner_only(world: World) -> None:
    path = world.runtime.host.launcher.spec.socket
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    if os.geteuid() or not shutil.which("setpriv"):
        return
    # Even where the file system would let them through, the kernel tells who they are.
    path.parent.chmod(0o755)
    path.chmod(0o666)
    code = (
        "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
        's.sendall(b\'\\0\\0\\0\\x11{"verb":"attend"}\'); print(s.recv(9))'
    )
    someone = ["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups", "/usr/bin/python3", "-c", code, str(path)]
    done = subprocess.run(someone, capture_output=True, text=True, check=False, timeout=20)
    refused = ("ConnectionReset", "BrokenPipe", "PermissionError")  # the last where a folder above keeps them out
    assert done.stdout == "b''\n" or any(word in done.stderr for word in refused), done


async def test_a_folder_that_belongs_to_somebody_else_is_not_used(tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("takes root to give a folder away")
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 1234, 1234)
    server = ForkServer(Spec("launcher", "launcher", sys.executable, home, tmp_path / "log"))
    server.begin()
    for _ in range(200):
        if server.state == "failed":
            break
        await asyncio.sleep(0.02)
    await server.stop(drain=False)
    assert "belongs to user 1234" in server.cause


async def test_two_daemons_find_the_same_launcher(world: World) -> None:
    spec = world.runtime.host.launcher.spec
    other = ForkServer(spec)
    other.begin()
    assert await other.until_ready(10)
    assert other.pid == world.runtime.host.launcher.pid
    await other.stop(drain=False)
    assert world.runtime.host.launcher.is_ready


async def test_another_version_takes_over_and_old_pods_go_on(world: World) -> None:
    await world.create(pod("a", "sh", "-c", "echo up; while ! test -e go; do sleep 0.02; done; exit 6"))
    await world.until_logged("a", b"up")
    spec, old = world.runtime.host.launcher.spec, world.runtime.host.launcher.pid
    await world.runtime.host.launcher.stop(drain=False)  # the daemon of the earlier release ends first
    newer = ForkServer(Spec(spec.role, spec.name, spec.python, spec.home, spec.log, ("of-a-later-release",)))
    newer.begin()
    assert await newer.until_ready(15)
    assert newer.pid != old
    (world.folder("a").container("main").work / "go").touch()
    status = await world.ended("a")
    assert status["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 6
    await world.until_true(lambda: not alive(old))
    await newer.stop(drain=True)


async def test_a_home_with_blanks_and_umlauts(tmp_path: Path) -> None:
    root = tmp_path / "ein Heim mit Ümläuten 'und' $Zeichen"
    root.mkdir()
    shelf = tmp_path / "wheels"
    make_wheel(shelf, "odd-thing", "1.0", {"odd_thing.py": "X = 'found'"})
    world = await World.open(root, warm=True, warm_modules=WARM_FOR_TESTS)
    assert await world.runtime.host.warm.until_ready(30)
    await world.create({"metadata": {"name": "c"}, "data": {"k": "v"}}, kinds.CONFIG_MAP)
    env = [{"name": "PIP_NO_INDEX", "value": "1"}, {"name": "PIP_FIND_LINKS", "value": str(shelf)}]
    container = {"env": env, "volumeMounts": [{"name": "v", "mountPath": "/cfg"}]}
    volumes = [{"name": "v", "configMap": {"name": "c"}}]
    script = (
        "pip install -q odd-thing && echo 'import odd_thing as o; print(o.X)' > 'ä b.py' && python 'ä b.py' && cat $0"
    )
    obj = pod("a", "bash", "-c", script, container=container, volumes=volumes)
    obj["spec"]["containers"][0]["args"] = ["/cfg/k"]
    state, log = await world.run(obj, 60)
    assert (state["exitCode"], log) == (0, b"found\nv"), (state, log)
    _state, log = await world.run(pod("b", "python", "-c", "import os; print(os.getcwd() == os.environ['HOME'])"))
    assert log == b"True\n"
    await world.close()


async def test_a_full_disk_is_told_and_overcome(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    full = True

    def no_room(*_args: Any) -> Any:
        if full:
            raise OSError(28, "No space left on device")
        return original(*_args)

    original = plan.make_plan
    monkeypatch.setattr("minikf.embedded.pods.run.make_plan", no_room)
    await world.create(pod("a", "echo", "at last"))
    status = await world.until("a", lambda status: "CreateContainerError" in str(status))
    assert "No space left on device" in json.dumps(status)
    full = False
    await world.ended("a")
    assert world.log("a") == b"at last\n"


async def test_hundred_pods_at_once(world: World) -> None:
    await asyncio.gather(*(world.create(pod(f"p{number}", "echo", str(number))) for number in range(100)))
    for number in range(100):
        status = await world.ended(f"p{number}", 60)
        assert world.log(f"p{number}") == f"{number}\n".encode(), status
