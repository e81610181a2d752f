"""Warm starts where fork is unsafe (macOS: Accelerate and Objective-C do not survive it).

A few interpreters have imported the modules and wait; each runs one program and is replaced. To clients it is the
same server; only the price differs: every spare holds its own memory.
"""

from __future__ import annotations

import os
import socket
import sys

from minikf.embedded.forkserver import protocol
from minikf.embedded.forkserver.forking import StartFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from minikf.embedded.forkserver.server import Server

SPARES = 2
# A spare that is ready needs milliseconds to set itself up.
SETUP_SECONDS = 5.0


class Pool:
    """Keeps spare interpreters ready. `start` has the signature of every starter."""

    def __init__(self, server: Server, modules: list[str]) -> None:
        self._server = server
        self._modules = modules
        self._loading: dict[socket.socket, int] = {}
        self._ready: list[tuple[socket.socket, int]] = []

    def fill(self) -> None:
        """Starts as many spares as are missing."""
        while len(self._loading) + len(self._ready) < SPARES:
            ours, theirs = socket.socketpair()
            ours.settimeout(SETUP_SECONDS)
            theirs.set_inheritable(True)
            main = os.path.join(os.path.dirname(os.path.abspath(__file__)), "__main__.py")  # noqa: PTH100, PTH118, PTH120
            argv = [sys.executable, main, "spare", str(theirs.fileno()), *self._modules]
            pid = os.posix_spawn(sys.executable, argv, os.environ)
            theirs.close()
            self._loading[ours] = pid
            self._server.listen_to(ours, self._on_spare)

    def start(self, request: dict[str, Any], fds: list[int], _abandon: Callable[[], None]) -> int:
        """Gives the request to a spare. Raises StartFailed, also when none is ready yet."""
        while self._ready:
            channel, pid = self._ready.pop()
            try:
                protocol.send(channel, request, fds)
                report = channel.recv(65536)
                if report:
                    raise StartFailed(protocol.decode(report))
            except (OSError, protocol.ProtocolError):  # this spare died while it waited, or got stuck
                continue
            finally:
                channel.close()
                self.fill()
            return pid
        self.fill()
        raise StartFailed({"step": "pool", "errno": 0, "reason": "no interpreter is ready yet", "what": ""})

    def _on_spare(self, channel: socket.socket) -> None:
        """A spare says that it has imported everything, or is gone."""
        self._server.stop_listening_to(channel)
        pid = self._loading.pop(channel)
        try:
            news, _none = protocol.receive(channel)
        except protocol.ProtocolError:
            channel.close()
            # Not refilled before the next request, so that a broken package does not keep a processor busy.
            if not self._ready:
                self._server.say("failed", cause=f"interpreter {pid} ended while it imported; see the server's log")
            return
        self._ready.append((channel, pid))
        self._server.say("ready", **news)
