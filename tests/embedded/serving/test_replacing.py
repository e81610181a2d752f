"""Servers come and go on the same sockets, and no request is lost."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from minikf.embedded.serving.holder import Ports, Said, SocketHolder
from tests.embedded.serving.conftest import Digits
from tests.embedded.serving.farm import Farm, Started, free_port
from tests.embedded.serving.hammer import Hammer

SERVICE = ("default", "digits")


class Daemon:
    """What the daemon does for servers: holds their sockets and hears what they say."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ports = Ports(free_port(), free_port())
        self.said: dict[str, list[Said]] = {}
        self.holder = self._new()

    def _new(self) -> SocketHolder:
        return SocketHolder(
            self.path,
            lambda pod: SERVICE if pod.startswith("pod") else None,
            lambda pod, said: self.said.setdefault(pod, []).append(said),
        )

    async def start(self) -> None:
        await self.holder.start()
        self.holder.open(SERVICE, self.ports)

    async def restart(self) -> None:
        """A daemon that dies and comes back without the sockets."""
        await self.holder.stop()
        self.said.clear()
        self.holder = self._new()
        await self.holder.start()

    async def until(self, pod: str, state: str) -> Said:
        async with asyncio.timeout(30):
            while not (found := self.said.get(pod)) or found[-1].state != state:
                await asyncio.sleep(0.01)
        return found[-1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports.rest}"


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[Daemon]:
    made = Daemon(tmp_path / "serving.sock")
    await made.start()
    yield made
    await made.holder.stop()


Start = Callable[..., Started]


@pytest.fixture
def start(farm: Farm, daemon: Daemon, digits: Digits) -> Iterator[Start]:
    begun: list[Started] = []

    def one(pod: str, folder: Path = digits.sklearn) -> Started:
        argv = ("--model_name=digits", f"--model_dir={folder}", f"--control={daemon.path}")
        begun.append(farm.start(*argv, MINIKF_POD_UID=pod))
        return begun[-1]

    yield one
    for each in begun:
        if each.pid in farm.running:
            each.signal(9)
            each.wait()


async def test_no_request_is_lost_while_servers_are_replaced(daemon: Daemon, start: Start, digits: Digits) -> None:
    old = start("pod-0")
    await daemon.until("pod-0", "Ready")
    hammer = Hammer(daemon.ports.rest, daemon.ports.grpc, digits.rows)
    with hammer.running():
        for number in (1, 2, 3):
            new = start(f"pod-{number}")
            await daemon.until(f"pod-{number}", "Ready")
            before = hammer.answered.copy()
            old.signal(signal.SIGTERM)
            assert await asyncio.to_thread(old.wait) == 0
            old = new
            while hammer.answered["_rpc"] < before["_rpc"] + 20 or hammer.answered["_new_connections"] < 5:
                await asyncio.sleep(0.02)
    assert hammer.failures == []
    assert min(hammer.answered.values()) > 20
    assert [said.state for said in daemon.said["pod-0"]] == ["Loading", "Ready", "Gone"]


async def test_requests_wait_for_the_next_server_after_a_crash(daemon: Daemon, start: Start, digits: Digits) -> None:
    first = start("pod-0")
    await daemon.until("pod-0", "Ready")
    first.signal(signal.SIGKILL)
    await daemon.until("pod-0", "Gone")
    asked = asyncio.create_task(
        asyncio.to_thread(
            httpx.post, f"{daemon.url}/v1/models/digits:predict", json={"instances": digits.rows}, timeout=30
        )
    )
    await asyncio.sleep(0.3)
    assert not asked.done()
    start("pod-1")
    assert (await asked).json() == {"predictions": digits.expected}


async def test_a_service_that_is_down_answers_with_the_cause(daemon: Daemon, start: Start, digits: Digits) -> None:
    await daemon.holder.answer(SERVICE, "the model file is missing")
    url = f"{daemon.url}/v1/models/digits"
    answer = await asyncio.to_thread(httpx.get, url)
    assert (answer.status_code, answer.json()) == (503, {"error": "the model file is missing"})
    large = await asyncio.to_thread(httpx.post, url, content=bytes(5_000_000))
    assert large.status_code == 503
    foreign = await asyncio.to_thread(httpx.get, url, headers={"Host": "evil.example"})
    assert foreign.status_code == 403
    assert "missing" not in foreign.text
    start("pod-0")
    await daemon.until("pod-0", "Ready")
    assert (await asyncio.to_thread(httpx.get, url)).status_code == 200


async def test_a_model_that_does_not_load_is_told(daemon: Daemon, start: Start, tmp_path: Path) -> None:
    (tmp_path / "model.joblib").write_bytes(b"\x80\x04 cut")
    broken = start("pod-0", tmp_path)
    assert "cannot be loaded" in (await daemon.until("pod-0", "Gone")).message or [
        said for said in daemon.said["pod-0"] if said.state == "FailedToLoad" and "model.joblib" in said.message
    ]
    assert await asyncio.to_thread(broken.wait) == 3


async def test_a_pod_of_nobody_gets_no_sockets(daemon: Daemon, start: Start) -> None:
    stranger = start("stranger")
    assert await asyncio.to_thread(stranger.wait) == 4
    assert "no InferenceService owns the pod stranger" in stranger.log.read_text()


async def test_the_daemon_gets_the_sockets_back_after_a_restart(daemon: Daemon, start: Start, digits: Digits) -> None:
    old = start("pod-0")
    await daemon.until("pod-0", "Ready")
    await daemon.restart()
    assert (await asyncio.to_thread(httpx.get, f"{daemon.url}/v1/models/digits")).status_code == 200
    await daemon.until("pod-0", "Ready")
    assert daemon.holder.ports(SERVICE) == daemon.ports
    hammer = Hammer(daemon.ports.rest, daemon.ports.grpc, digits.rows)
    with hammer.running():
        start("pod-1")
        await daemon.until("pod-1", "Ready")
        old.signal(signal.SIGTERM)
        assert await asyncio.to_thread(old.wait) == 0
        count = hammer.answered["_rpc"]
        while hammer.answered["_rpc"] < count + 20:
            await asyncio.sleep(0.02)
    assert hammer.failures == []


async def test_nonsense_on_the_control_socket_harms_nobody(daemon: Daemon, start: Start) -> None:
    for data in (b"\xff\xff\n", b"[]\n", b'{"hello": 1}\n', b"x" * 200_000):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(str(daemon.path))
            with contextlib.suppress(ConnectionError):
                await asyncio.to_thread(client.sendall, data)
                await asyncio.to_thread(client.recv, 100)
    start("pod-0")
    await daemon.until("pod-0", "Ready")


async def test_a_request_in_hand_is_finished_after_sigterm(daemon: Daemon, start: Start, digits: Digits) -> None:
    server = start("pod-0")
    await daemon.until("pod-0", "Ready")
    body = json.dumps({"instances": digits.rows}).encode()
    head = f"POST /v1/models/digits:predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", daemon.ports.rest)) as client:
        client.sendall(head + body[:10])
        await asyncio.sleep(0.1)
        server.signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        client.sendall(body[10:])
        client.settimeout(10)
        answer = await asyncio.to_thread(_read_to_end, client)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"connection: close" in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {"predictions": digits.expected}
    began = time.monotonic()
    assert await asyncio.to_thread(server.wait) == 0
    assert time.monotonic() - began < 5


def _read_to_end(client: socket.socket) -> bytes:
    found = b""
    while data := client.recv(65536):
        found += data
    return found
