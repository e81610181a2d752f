"""An API server of the tests: Services, EndpointSlices, and `portforward` to ports of this machine as if to pods.

The protocol is kubelet's: subprotocol v4.channel.k8s.io, two channels for a port, its number first on each.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import wsproto
from wsproto import events

from minikf.kube.forward.carry import SUBPROTOCOL

Json = dict[str, Any]


@dataclass
class ApiServer:
    """`pods` are ports of this machine by the pod's name; `services` and `slices` are objects by namespace/name.

    `refuse` answers a portforward in place of the server, `mute` says nothing more on it, `glue` sends the port's
    number and what the pod says in one message.
    """

    address: str = ""
    pods: dict[str, int] = field(default_factory=dict)
    services: dict[str, Json] = field(default_factory=dict)
    slices: dict[str, list[Json]] = field(default_factory=dict)
    refuse: tuple[int, str] | None = None
    mute: bool = False
    glue: bool = False
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    opened: int = 0
    open_now: int = 0

    def serve(self, name: str, *pods: str, port: int = 80) -> None:
        """A Service in the namespace shop whose ready pods these are."""
        self.services[f"shop/{name}"] = {"ports": [{"name": "http", "port": port}]}
        endpoints = [
            {"targetRef": {"kind": "Pod", "name": pod, "namespace": "shop"}, "conditions": {"ready": True}}
            for pod in pods
        ]
        self.slices[f"shop/{name}"] = [{"ports": [{"name": "http", "port": 8080}], "endpoints": endpoints}]


@contextlib.asynccontextmanager
async def proxy(asked: list[str], user: str = "") -> AsyncIterator[str]:
    """The address of an HTTP proxy that does CONNECT and nothing else, and notes where to."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked.append(head)
        host, _, port = head.split(" ")[1].rpartition(":")
        if user and user not in head:
            writer.write(b"HTTP/1.1 407 Who are you\r\n\r\n")
            writer.close()
            return
        there, back = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(_pour(reader, back), _pour(there, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def api_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[ApiServer]:
    """One that listens for as long as the block."""
    api = ApiServer()
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await _one(api, reader, writer)
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    api.address = f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield api
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _one(api: ApiServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode().removesuffix("\r\n\r\n").split("\r\n")
    path = first.split(" ")[1]
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    api.asked.append((path, headers))
    url = urlsplit(path)
    if url.path.endswith("/portforward"):
        pod = url.path.split("/")[-2]
        if api.refuse is not None:
            await _answer(writer, *api.refuse)
        elif pod not in api.pods:
            await _answer(writer, 404, json.dumps({"kind": "Status", "message": f'pods "{pod}" not found'}))
        else:
            await _forward(api, reader, writer, head, pod, int(parse_qs(url.query)["ports"][0]))
        return
    found = _object(api, url.path, url.query)
    status = {"kind": "Status", "message": "not found", "reason": "NotFound"}
    await _answer(writer, 200 if found is not None else 404, json.dumps(found if found is not None else status))


def _object(api: ApiServer, path: str, query: str) -> Json | None:
    parts = path.strip("/").split("/")
    if parts[-2:-1] == ["services"]:
        spec = api.services.get(f"{parts[-3]}/{parts[-1]}")
        return {"spec": spec} if spec is not None else None
    if parts[-1] == "endpointslices":
        name = parse_qs(query)["labelSelector"][0].partition("=")[2]
        return {"items": api.slices.get(f"{parts[-2]}/{name}", [])}
    return None


async def _answer(writer: asyncio.StreamWriter, status: int, body: str) -> None:
    data = body.encode()
    head = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + data)
    await writer.drain()


async def _forward(
    api: ApiServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, pod: str, port: int
) -> None:
    socket = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
    socket.receive_data(head)
    (request,) = socket.events()
    assert isinstance(request, events.Request) and request.subprotocols == [SUBPROTOCOL]
    number = port.to_bytes(2, "little")
    api.opened += 1

    def send(channel: int, data: bytes) -> bytes:
        return socket.send(events.BytesMessage(data=bytes((channel,)) + data))

    start = socket.send(events.AcceptConnection(subprotocol=SUBPROTOCOL))
    start += b"" if api.glue else send(0, number)
    writer.write(start + send(1, number))
    try:
        pod_reader, pod_writer = await asyncio.open_connection("127.0.0.1", api.pods[pod])
    except OSError as error:
        writer.write(send(1, f"error forwarding port {port}: {error.strerror}".encode()))
        await writer.drain()
        return
    api.open_now += 1
    back = asyncio.create_task(_back(api, pod_reader, writer, send, number))
    message = b""
    back.add_done_callback(lambda _: writer.close() if not api.mute else None)
    try:
        while data := await reader.read(65536):
            socket.receive_data(data)
            for event in socket.events():
                if isinstance(event, events.BytesMessage) and not api.mute:
                    message += bytes(event.data)
                    if event.message_finished:
                        assert message[:1] == b"\0"
                        pod_writer.write(message[1:])
                        await pod_writer.drain()
                        message = b""
                elif isinstance(event, events.Ping) and not api.mute:
                    writer.write(socket.send(event.response()))
                elif isinstance(event, events.CloseConnection):
                    return
    finally:
        api.open_now -= 1
        back.cancel()
        pod_writer.close()


async def _back(
    api: ApiServer,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    send: Callable[[int, bytes], bytes],
    number: bytes,
) -> None:
    first = number if api.glue else b""
    while data := await reader.read(65536):
        if not api.mute:
            writer.write(send(0, first + data))
            first = b""
            await writer.drain()
