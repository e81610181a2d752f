"""The daemon's side of the fork servers' sockets."""

from __future__ import annotations

import array
import asyncio
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikf.embedded.forkserver import protocol, record
from minikf.embedded.forkserver.watching import wait_for_end

# A server that is stopped or stuck must not hold up its clients; what it finds later it does not start any more.
START_SECONDS = 10.0
_MARGIN_SECONDS = 3.0
# Descriptors go with the first bytes; a fresh socket takes so many without waiting.
_FIRST = 16 << 10


class NotServing(Exception):
    """No fork server answers at the socket."""


class CannotStart(Exception):
    """The program could not be started. `step` is what failed: exec, chdir, mount, cgroup, fork, pool, ..."""

    def __init__(self, report: dict[str, Any]) -> None:
        self.step = str(report.get("step", ""))
        self.errno = int(report.get("errno") or 0)
        self.reason = str(report.get("reason", ""))
        self.what = str(report.get("what", ""))
        super().__init__(f"{self.step} {self.what}: {self.reason}")


@dataclass(frozen=True)
class Exit:
    """How a process ended: by `code`, or by `signal` when that is not 0. Times are epoch seconds."""

    code: int
    signal: int
    started_at: float
    finished_at: float
    max_rss: int = 0

    @classmethod
    def of(cls, data: dict[str, Any]) -> Exit:
        started = float(data.get("startedAt") or 0.0)
        return cls(
            code=int(data.get("exitCode") or 0),
            signal=int(data.get("signal") or 0),
            started_at=started,
            # The wall clock may have been set back meanwhile; an end before the beginning helps nobody.
            finished_at=max(started, float(data.get("finishedAt") or 0.0)),
            max_rss=int(data.get("maxRssBytes") or 0),
        )


class Process:
    """A process that a fork server started. `path` is the base of its records, or "" when none are written."""

    def __init__(self, data: dict[str, Any], path: str, sock: socket.socket | None) -> None:
        self.pid = int(data["pid"])
        self.token = str(data["token"])
        self.started_at = float(data["startedAt"])
        self._path = path
        self._sock = sock

    async def wait(self) -> Exit | None:
        """How it ended; None when it is gone and nobody saw how."""
        if self._sock is not None:
            try:
                message = await _receive(self._sock)
                if "exit" in message:
                    return Exit.of(message["exit"])
            except (OSError, protocol.ProtocolError):
                pass  # the fork server died; its children live on
            finally:
                self.close()
        await wait_for_end(self.pid, self.token)
        return await self._recorded()

    def is_alive(self) -> bool:
        return record.is_alive(self.pid, self.token)

    def close(self) -> None:
        """Lets go of the connection. A tied process ends by that, any other goes on."""
        if self._sock is not None:
            self._sock.close()
            self._sock = None

    async def _recorded(self) -> Exit | None:
        """The record, which a server that lives writes just after the end."""
        for pause in (0.0, 0.05, 0.2, 0.5):
            await asyncio.sleep(pause)
            data = record.read(self._path + record.EXIT) if self._path else None
            if data is not None:
                return Exit.of(data)
        return None


async def start(path: Path, request: dict[str, Any], fds: list[int]) -> Process:
    """Starts a process by the server at `path`. Raises NotServing or CannotStart; the caller closes its `fds`."""
    sock = await _connect(path)
    try:
        frame = protocol.encode({"verb": "start", "until": time.monotonic() + START_SECONDS, **request})
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
        async with asyncio.timeout(START_SECONDS + _MARGIN_SECONDS):
            sent = sock.sendmsg([frame[:_FIRST]], ancillary)
            if sent < len(frame):
                await asyncio.get_running_loop().sock_sendall(sock, frame[sent:])
            answer = await _receive(sock)
    except (OSError, protocol.ProtocolError) as error:
        sock.close()
        raise NotServing(str(error)) from error
    except BaseException:
        sock.close()
        raise
    if "error" in answer:
        sock.close()
        raise CannotStart(answer["error"])
    return Process(answer, request.get("record", ""), sock)


async def adopt(home: Path, run: dict[str, Any], base: str) -> Process:
    """A process that an earlier daemon had started; `run` is its run record, `home` the folder of the sockets.

    If the server that started it is gone, or did not keep it, the process is watched by its pid.
    """
    try:
        sock = await _connect(home / f"{run.get('server', 'launcher')}.sock")
    except NotServing:
        return Process(run, base, None)
    try:
        await _send(sock, {"verb": "wait", "pid": run["pid"], "token": run["token"]})
        answer = await _receive(sock)
    except (OSError, protocol.ProtocolError):
        answer = {"unknown": True}
    if "unknown" in answer:
        sock.close()
        return Process(run, base, None)
    return Process(run, base, sock)


async def attend(path: Path) -> tuple[dict[str, Any], socket.socket]:
    """What the server says about itself, and a connection that ends when it ends. Raises NotServing."""
    sock = await _connect(path)
    try:
        await _send(sock, {"verb": "attend"})
        async with asyncio.timeout(10.0):
            return await _receive(sock), sock
    except (OSError, protocol.ProtocolError, TimeoutError) as error:
        sock.close()
        raise NotServing(f"{path}: {error}") from error


async def until_gone(sock: socket.socket) -> None:
    """Returns when the server of an attended connection has ended."""
    try:
        while await asyncio.get_running_loop().sock_recv(sock, 4096):
            pass
    except OSError:
        pass  # a reset is an end, too
    finally:
        sock.close()


async def children(path: Path) -> set[int]:
    """The pids of all that the server has started and that still live. Raises NotServing."""
    sock = await _connect(path)
    try:
        await _send(sock, {"verb": "children"})
        async with asyncio.timeout(START_SECONDS):
            return set((await _receive(sock))["children"])
    except (OSError, protocol.ProtocolError, KeyError) as error:
        raise NotServing(f"{path}: {error}") from error
    finally:
        sock.close()


async def drain(path: Path) -> None:
    """Tells the server to end once its children have. Raises NotServing."""
    sock = await _connect(path)
    try:
        await _send(sock, {"verb": "drain"})
        await _receive(sock)
    except (OSError, protocol.ProtocolError) as error:
        raise NotServing(f"{path}: {error}") from error
    finally:
        sock.close()


async def _connect(path: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    sock.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(sock, str(path))
    except OSError as error:
        sock.close()
        raise NotServing(f"{path}: {error}") from error
    return sock


async def _send(sock: socket.socket, message: dict[str, Any]) -> None:
    await asyncio.get_running_loop().sock_sendall(sock, protocol.encode(message))


async def _receive(sock: socket.socket) -> dict[str, Any]:
    head = await _exactly(sock, protocol.HEADER.size)
    return protocol.decode(head + await _exactly(sock, protocol.HEADER.unpack(head)[0]))


async def _exactly(sock: socket.socket, size: int) -> bytes:
    parts = []
    while size:
        part = await asyncio.get_running_loop().sock_recv(sock, size)
        if not part:
            raise protocol.ProtocolError("the fork server hung up")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
