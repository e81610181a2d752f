"""`pods/<name>/portforward`: connections of the client to ports of the pod, which are ports of loopback here.

kubectl sends SPDY frames through a websocket (KEP-4006), the Python client numbered channels (v4.channel.k8s.io).
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Awaitable, Callable

from minikf.embedded.api.call import Receive, Scope, Send
from minikf.embedded.controllers.context import Context
from minikf.embedded.pods import spdy
from minikf.embedded.pods.exec import V4, choose_protocol
from minikf.embedded.pods.request import Frames, Query
from minikf.embedded.pods.runtime import PodRuntime
from minikf.embedded.pods.status import ADDRESS
from minikf.embedded.status import bad_request
from minikf.embedded.store import Entry

TUNNEL = "SPDY/3.1+portforward.k8s.io"
_CHUNK = 32 << 10


async def portforward(context: Context, entry: Entry, scope: Scope, receive: Receive, send: Send) -> None:
    """Serves until the client goes away. Raises ApiError 400 before the websocket is accepted."""
    runtime: PodRuntime = context.pods
    pod = entry.obj
    if runtime.worker(pod) is None or (pod.get("status") or {}).get("phase") != "Running":
        phase = (pod.get("status") or {}).get("phase", "Pending")
        raise bad_request(f"unable to forward port because pod is not running. Current status={phase}")
    protocol = choose_protocol(scope, (TUNNEL, V4))
    ports = [_port(text) for texts in Query(scope).texts("ports") for text in texts.split(",")]
    if protocol == V4 and not ports:
        raise bad_request("query parameter ports is required")
    await receive()  # websocket.connect
    await send({"type": "websocket.accept", "subprotocol": protocol})
    frames = Frames(send)
    forward = Tunnel(frames.send) if protocol == TUNNEL else Channels(frames.send, ports)
    try:
        if isinstance(forward, Channels):
            await forward.begin()
        while (message := await receive())["type"] != "websocket.disconnect":
            if message.get("bytes"):
                await forward.take(message["bytes"])
    except spdy.SpdyError as error:
        await frames.close(1002, str(error))
    finally:
        frames.is_gone = True
        await forward.connections.close()


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise bad_request(f'"{text}" is no port number')
    return int(text)


class Connections:
    """TCP connections to loopback, each under a number of the client's. `on_data` and `on_end` send to the client."""

    def __init__(
        self, on_data: Callable[[int, bytes], Awaitable[None]], on_end: Callable[[int, str], Awaitable[None]]
    ) -> None:
        self._on_data = on_data
        self._on_end = on_end
        self._writers: dict[int, asyncio.StreamWriter] = {}
        self._pumps: set[asyncio.Task[None]] = set()

    async def open(self, number: int, port: int) -> None:
        """Connects; a failure is told by `on_end` with its text."""
        try:
            reader, writer = await asyncio.open_connection(ADDRESS, port)
        except OSError as error:
            await self._on_end(number, f"dial tcp {ADDRESS}:{port}: {error.strerror or error}")
            return
        self._writers[number] = writer
        pump = asyncio.create_task(self._pump(number, reader))
        self._pumps.add(pump)
        pump.add_done_callback(self._pumps.discard)

    async def write(self, number: int, data: bytes) -> None:
        writer = self._writers.get(number)
        if writer is not None:
            writer.write(data)
            with contextlib.suppress(OSError):  # its pump tells of the end
                await writer.drain()

    def end_input(self, number: int) -> None:
        """The client sends no more on this one; it may still receive."""
        writer = self._writers.get(number)
        if writer is not None and writer.can_write_eof():
            with contextlib.suppress(OSError):
                writer.write_eof()

    def drop(self, number: int) -> None:
        writer = self._writers.pop(number, None)
        if writer is not None:
            writer.close()

    async def close(self) -> None:
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        for number in list(self._writers):
            self.drop(number)

    async def _pump(self, number: int, reader: asyncio.StreamReader) -> None:
        why = ""
        try:
            while chunk := await reader.read(_CHUNK):
                await self._on_data(number, chunk)
        except OSError as error:
            why = str(error)
        await self._on_end(number, why)


class Tunnel:
    """kubectl's way: for every connection an error stream and a data stream with the same `requestID`."""

    def __init__(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        self._send = send
        self._reader = spdy.Reader()
        self._writer = spdy.Writer()
        self._errors: dict[str, int] = {}
        self._error_of: dict[int, int] = {}
        self.connections = Connections(self._on_data, self._on_end)

    async def take(self, data: bytes) -> None:
        """Raises SpdyError."""
        for frame in self._reader.feed(data):
            if frame.kind == 0:
                await self._on_frame(frame)
            elif frame.kind == spdy.SYN_STREAM:
                await self._on_stream(frame)
            elif frame.kind == spdy.PING:
                await self._send(self._writer.pong(frame.body))
            elif frame.kind == spdy.RST_STREAM:
                self.connections.drop(frame.stream)

    async def _on_frame(self, frame: spdy.Frame) -> None:
        if frame.body:
            await self.connections.write(frame.stream, frame.body)
            await self._send(self._writer.window(frame.stream, len(frame.body)))
        if frame.is_last:
            self.connections.end_input(frame.stream)

    async def _on_stream(self, frame: spdy.Frame) -> None:
        await self._send(self._writer.reply(frame.stream))
        request, port = frame.headers.get("requestid", ""), frame.headers.get("port", "")
        if frame.headers.get("streamtype") == "error":
            self._errors[request] = frame.stream
            return
        self._error_of[frame.stream] = self._errors.pop(request, 0)
        if port.isdecimal():
            await self.connections.open(frame.stream, int(port))
        else:
            await self._on_end(frame.stream, f'"{port}" is no port number')

    async def _on_data(self, stream: int, data: bytes) -> None:
        await self._send(self._writer.data(stream, data))

    async def _on_end(self, stream: int, why: str) -> None:
        error = self._error_of.pop(stream, 0)
        if error:
            await self._send(self._writer.data(error, why.encode(), last=True))
        await self._send(self._writer.data(stream, b"", last=True))


class Channels:
    """The Python client's way: port number i has channel 2i for data and 2i+1 for its error text."""

    def __init__(self, send: Callable[[bytes], Awaitable[None]], ports: list[int]) -> None:
        self._send = send
        self._ports = ports
        self.connections = Connections(self._on_data, self._on_end)

    async def begin(self) -> None:
        """Says which port each channel is for, and connects."""
        for place, port in enumerate(self._ports):
            for channel in (2 * place, 2 * place + 1):
                await self._send(bytes([channel]) + struct.pack("<H", port))
        for place, port in enumerate(self._ports):
            await self.connections.open(2 * place, port)

    async def take(self, data: bytes) -> None:
        await self.connections.write(data[0], data[1:])

    async def _on_data(self, channel: int, data: bytes) -> None:
        await self._send(bytes([channel]) + data)

    async def _on_end(self, channel: int, why: str) -> None:
        if why:
            await self._send(bytes([channel + 1]) + why.encode())
