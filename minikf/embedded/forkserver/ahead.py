"""One child that was forked before anybody asked: the next program starts without waiting for the fork.

Forking a process of some hundred megabytes takes longer than all else about a warm start. The child waits on a socket;
its request sets it up as a child that is forked on demand would be. A burst of requests forks on demand as before.
"""

from __future__ import annotations

import os
import signal
import socket

from minikf.embedded.forkserver import protocol
from minikf.embedded.forkserver.child import SetupError, prepare
from minikf.embedded.forkserver.forking import StartFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from minikf.embedded.forkserver.server import Server

    Become = Callable[[dict[str, Any], int], None]
    OnDemand = Callable[[dict[str, Any], list[int], Callable[[], None]], int]

# A child that waits needs milliseconds to set itself up.
_SETUP_SECONDS = 5.0


class Ahead:
    """`start` has the signature of every starter. `ready` is called in a new child, `become` in one with a request."""

    def __init__(self, server: Server, on_demand: OnDemand, ready: Callable[[], None], become: Become) -> None:
        self._server = server
        self._on_demand = on_demand
        self._ready = ready
        self._become = become
        self._waiting: tuple[socket.socket, int] | None = None

    def fill(self) -> None:
        """Forks the child that waits, unless there is one. Without memory or processes to spare there is none."""
        if self._waiting is not None:
            return
        ours, theirs = socket.socketpair()
        ours.settimeout(_SETUP_SECONDS)
        # A signal that hits the child before it has its own handlers would run ours.
        old = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            pid = os.fork()
            if pid == 0:
                _wait(theirs, self._ready, self._become, lambda: self._let_go(ours))
        except OSError:
            ours.close()
            theirs.close()
            return
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, old)
        theirs.close()
        self._waiting = (ours, pid)

    def start(self, request: dict[str, Any], fds: list[int], abandon: Callable[[], None]) -> int:
        """The pid of the child that runs the request. Raises StartFailed."""
        waiting, self._waiting = self._waiting, None
        self._server.when_idle(self.fill)
        if waiting is None:
            return self._on_demand(request, fds, abandon)
        channel, pid = waiting
        try:
            protocol.send(channel, request, fds)
            taken = channel.recv(1)
            report = _rest(channel) if taken else b""
        except OSError:
            taken = b""
        finally:
            channel.close()
        if not taken:  # it was killed while it waited; nothing of the request has begun
            return self._on_demand(request, fds, abandon)
        if report:
            raise StartFailed(protocol.decode(report))
        return pid

    def _let_go(self, ours: socket.socket) -> None:
        self._server.abandon()
        os.close(ours.detach())


def _rest(channel: socket.socket) -> bytes:
    """Everything up to the end, which comes when the child's set-up is complete or has failed."""
    parts = []
    while part := channel.recv(65536):
        parts.append(part)
    return b"".join(parts)


def _wait(channel: socket.socket, ready: Callable[[], None], become: Become, abandon: Callable[[], None]) -> None:
    """The child's life: until its request comes or the server is gone, then as the program."""
    try:
        abandon()
        ready()
        try:
            request, fds = protocol.receive(channel)
        except protocol.ProtocolError:
            os._exit(0)
        channel.sendall(b"\0")  # from here on nobody else may start it
        try:
            prepare(request, fds)
            become(request, channel.detach())
        except SetupError as error:
            channel.sendall(protocol.encode(error.report))
    except BaseException as error:
        text = f"{type(error).__name__}: {error}"
        channel.sendall(protocol.encode({"step": "setup", "errno": 0, "reason": text, "what": ""}))
    finally:
        os._exit(127)
