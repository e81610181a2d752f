"""A server that stands for a component, an API server that leads to it, and a way in."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from minikf.kube.credentials import of
from minikf.kube.forward.gate import Cluster
from minikf.kube.rest import RestClient
from minikf.spec import Access
from tests.unit.forward.apiserver import ApiServer, api_server


@dataclass
class Component:
    """Answers as its paths say: /who its name, /echo the request, /cut half an answer, /never nothing, /drop closes."""

    name: str
    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    extra: str = ""
    answers: dict[bytes, bytes] = field(default_factory=dict)


@contextlib.asynccontextmanager
async def component(name: str, tls: ssl.SSLContext | None = None) -> AsyncIterator[Component]:
    made = Component(name)
    writers: set[asyncio.StreamWriter] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made.connections += 1
        writers.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while await _answer(made, reader, writer):
                pass
        writers.discard(writer)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()


async def _answer(made: Component, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    body = b""
    if b"content-length:" in lower:
        body = await reader.readexactly(int(lower.split(b"content-length:")[1].split(b"\r\n")[0]))
    while b"transfer-encoding: chunked" in lower:
        size = int(await reader.readline(), 16)
        body += await reader.readexactly(size)
        await reader.readline()
        if not size:
            break
    made.requests.append(head + body)
    path = head.split(b" ")[1]
    if path == b"/drop":
        return False
    if path == b"/never":
        await asyncio.sleep(60)
    if b"upgrade:" in lower:
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhello ")
        while data := await reader.read(1024):
            writer.write(data)
        return False
    if path == b"/cut":
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await writer.drain()
        return False
    answer = head + body if path == b"/echo" else made.answers.get(path.partition(b"?")[0], made.name.encode())
    extra = made.extra.encode()
    writer.write(b"HTTP/1.1 200 OK\r\n" + extra + b"Content-Length: %d\r\n\r\n" % len(answer) + answer)
    await writer.drain()
    return True


@pytest.fixture
async def api() -> AsyncIterator[ApiServer]:
    async with api_server() as made:
        yield made


@pytest.fixture
async def till(api: ApiServer) -> AsyncIterator[Component]:
    """A component behind Service shop/till, port 80, with one pod."""
    async with component("till-0") as made:
        api.pods["till-0"] = made.port
        api.serve("till", "till-0")
        yield made


@pytest.fixture
def cluster(api: ApiServer, tmp_path: Path) -> Cluster:
    access = access_to(api.address, tmp_path)
    return Cluster(RestClient(access), of(access))


def access_to(server: str, folder: Path) -> Access:
    token = folder / "token"
    token.write_text("cluster-token")
    return Access("one", "kind", server, folder / "kubeconfig", folder / "ca.crt", token)
