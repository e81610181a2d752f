"""One pre-imported interpreter of the pool: waits for a request on its channel, then runs it and ends."""

from __future__ import annotations

import os
import socket

from minikf.embedded.forkserver import loaded, program, protocol
from minikf.embedded.forkserver.child import SetupError, prepare


def main(argv: list[str]) -> int:
    """`argv` is the channel's descriptor and the modules. 0 when the pool went away before it had a use for us."""
    channel = socket.socket(fileno=int(argv[0]))
    channel.set_inheritable(False)
    news = loaded.load(argv[1:], lambda _name: None)
    snapshot = loaded.Loaded()
    protocol.send(channel, news)
    try:
        request, fds = protocol.receive(channel)
    except protocol.ProtocolError:
        return 0
    server = os.getppid()
    try:
        prepare(request, fds)
    except SetupError as error:
        protocol.send(channel, error.report)
        return 0
    # Its closing is what tells the pool that the set-up is complete, as with the pipe of a forked child.
    program.run(request, channel.detach(), snapshot, server)
