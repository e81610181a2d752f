"""`pods/<name>/exec` over a websocket: another program beside a container, its streams apart.

Protocol: k8s.io/apimachinery v0.34, pkg/util/remotecommand (v4.channel.k8s.io, v5.channel.k8s.io).
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import struct
import termios

import orjson

from minikf.embedded.api.call import Receive, Scope, Send
from minikf.embedded.controllers.context import Context
from minikf.embedded.forkserver.client import CannotStart, NotServing, Process
from minikf.embedded.pods import ending
from minikf.embedded.pods.descriptors import read_chunks, write_all
from minikf.embedded.pods.request import Frames, Query, as_status, running
from minikf.embedded.pods.run import Run
from minikf.embedded.pods.runtime import PodRuntime
from minikf.embedded.pods.state import not_started
from minikf.embedded.status import ApiError, bad_request
from minikf.embedded.store import Entry

V4, V5 = "v4.channel.k8s.io", "v5.channel.k8s.io"
STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
# A program that it left in the background may hold the streams open; it is not waited for longer.
_DRAIN_SECONDS = 0.5


async def execute(context: Context, entry: Entry, scope: Scope, receive: Receive, send: Send) -> None:
    """Runs a command for the client. Raises ApiError 400 before the websocket is accepted."""
    query = Query(scope)
    command = query.texts("command")
    if not command:
        raise bad_request("you must specify at least 1 command for the container")
    run = running(context, entry.obj, query.text("container"))
    protocol = choose_protocol(scope, (V5, V4))
    runtime: PodRuntime = context.pods
    await receive()  # websocket.connect
    await send({"type": "websocket.accept", "subprotocol": protocol})
    frames = Frames(send)
    await Session(runtime, run, query, receive, frames).serve(command)
    await frames.close()


def choose_protocol(scope: Scope, ours: tuple[str, ...]) -> str:
    """The first of our subprotocols that the client offers. Raises ApiError 400."""
    if scope["type"] != "websocket":
        raise bad_request(
            "Upgrade request required: the embedded engine speaks websockets here, not SPDY; "
            "use kubectl 1.31 or newer (and leave KUBECTL_REMOTE_COMMAND_WEBSOCKETS on)"
        )
    offered = scope.get("subprotocols") or []
    for protocol in ours:
        if protocol in offered:
            return protocol
    raise bad_request(f"none of the subprotocols {offered} is known here; known are {list(ours)}")


class Session:
    """One command with its streams."""

    def __init__(self, runtime: PodRuntime, run: Run, query: Query, receive: Receive, frames: Frames) -> None:
        self._runtime = runtime
        self._run = run
        self._receive = receive
        self._frames = frames
        self._tty = query.flag("tty")
        self._wants = {STDIN: query.flag("stdin"), STDOUT: query.flag("stdout"), STDERR: query.flag("stderr")}
        self._input = -1
        self._gone = asyncio.Event()

    async def serve(self, command: list[str]) -> None:
        """From the command's start to its status, or to the client's going away."""
        ours, theirs = self._open_terminal() if self._tty else self._open_pipes()
        try:
            process = await self._runtime.host.run_beside(
                self._run.attempt, self._run.pid, command, theirs, tty=self._tty
            )
        except (NotServing, CannotStart) as error:
            text = not_started(error, 0.0).message if isinstance(error, CannotStart) else str(error)
            status = ApiError(500, "InternalError", f"error executing command in container: {text}").status()
            await self._send(ERROR, orjson.dumps(status))
            _close(*theirs, *ours)
            return
        _close(*theirs)
        try:
            await self._converse(process, ours)
        finally:
            process.close()
            ending.ask(process.pid, signal.SIGKILL)
            _close(*ours, self._input)

    async def _converse(self, process: Process, ours: list[int]) -> None:
        outputs = [asyncio.create_task(self._copy_output(fd, STDOUT + place)) for place, fd in enumerate(ours)]
        inputs = asyncio.create_task(self._copy_input(ours[0] if self._tty else -1))
        wait = asyncio.create_task(process.wait())
        gone = asyncio.create_task(self._gone.wait())
        try:
            await asyncio.wait([wait, gone], return_when=asyncio.FIRST_COMPLETED)
            if not wait.done():
                return
            await asyncio.wait(outputs, timeout=_DRAIN_SECONDS)
            ended = wait.result()
            code = 137 if ended is None else 128 + ended.signal if ended.signal else ended.code
            await self._send(ERROR, orjson.dumps(as_status(code)))
        finally:
            for task in (*outputs, inputs, wait, gone):
                task.cancel()
            await asyncio.gather(*outputs, inputs, wait, gone, return_exceptions=True)

    # -- streams ----------------------------------------------------------------------------------------------

    def _open_pipes(self) -> tuple[list[int], list[int]]:
        """(what we read: stdout, stderr; what the program gets)."""
        if self._wants[STDIN]:
            stdin, self._input = os.pipe()
            os.set_blocking(self._input, False)
        else:
            stdin = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        for fd in (out_read, err_read):
            os.set_blocking(fd, False)
        return [out_read, err_read], [stdin, out_write, err_write]

    def _open_terminal(self) -> tuple[list[int], list[int]]:
        ours, theirs = os.openpty()
        os.set_blocking(ours, False)
        return [ours], [theirs, os.dup(theirs), os.dup(theirs)]

    async def _copy_output(self, fd: int, channel: int) -> None:
        async for chunk in read_chunks(fd):
            if self._wants[channel]:
                await self._send(channel, chunk)

    async def _copy_input(self, terminal: int) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                self._frames.is_gone = True
                self._gone.set()
                return
            data = message.get("bytes") or (message.get("text") or "").encode()
            if not data:
                continue
            await self._take(data[0], data[1:], terminal)

    async def _take(self, channel: int, data: bytes, terminal: int) -> None:
        fd = terminal if terminal >= 0 else self._input
        if channel == STDIN and fd >= 0 and data:
            if not await write_all(fd, data):
                self._close_input()
        elif channel == CLOSE and data[:1] == bytes([STDIN]):
            if terminal >= 0:
                await write_all(terminal, b"\x04")  # end of file, as typed
            self._close_input()
        elif channel == RESIZE and terminal >= 0:
            with contextlib.suppress(ValueError, KeyError, TypeError, struct.error):
                size = orjson.loads(data)
                fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", size["Height"], size["Width"], 0, 0))

    def _close_input(self) -> None:
        _close(self._input)
        self._input = -1

    async def _send(self, channel: int, data: bytes) -> None:
        await self._frames.send(bytes([channel]) + data)


def _close(*fds: int) -> None:
    for fd in fds:
        if fd >= 0:
            with contextlib.suppress(OSError):
                os.close(fd)
