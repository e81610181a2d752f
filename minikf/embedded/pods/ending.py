"""Ends processes: the leader's group is asked, then everything that belongs to the container is killed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time

from minikf.embedded.forkserver import client
from minikf.embedded.forkserver.client import NotServing
from minikf.embedded.forkserver.supervisor import ForkServer
from minikf.embedded.pods.processes import ProcessTable

log = logging.getLogger("minikf.pods")

_POLL_SECONDS = 0.02
# A killed process goes at once, unless it hangs in the kernel (a dead network file system).
_KILL_SECONDS = 10.0


def ask(leader: int, number: int = signal.SIGTERM) -> None:
    """Sends a signal to the process group that `leader` leads; nothing happens when it is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


async def until_none(table: ProcessTable, uid: str, container: str, deadline: float) -> bool:
    """Waits until no process of the container is left, or for `deadline` on the monotonic clock."""
    while table.of(uid, container):
        if time.monotonic() >= deadline:
            return False
        await asyncio.sleep(_POLL_SECONDS)
    return True


async def kill_all(table: ProcessTable, uid: str, container: str = "") -> bool:
    """Kills every process of a pod or container, and those that they start meanwhile; whether all are gone."""
    deadline = time.monotonic() + _KILL_SECONDS
    pause = 0.001
    while members := table.of(uid, container):
        for member in members:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(member.pid, signal.SIGKILL)
        if time.monotonic() >= deadline:
            log.error("processes %s of pod %s do not end", [member.pid for member in members], uid)
            return False
        await asyncio.sleep(pause)
        pause = min(0.1, pause * 2)
    table.forget(uid, container)
    return True


async def kill_strays(table: ProcessTable, launcher: ForkServer) -> None:
    """Kills processes that gave up session, parent and environment, with the last pod that ran at their birth.

    They have become children of the launcher, which alone knows for sure which children it started itself.
    """
    suspects = table.suspects()
    if not suspects:
        return
    try:
        own = await client.children(launcher.spec.socket)
    except NotServing:  # it died, and with it the trace
        return
    for pid in table.strays(suspects, own):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
