"""Waits for the end of a process that is not our child: pidfd on Linux, kqueue on macOS, no polling."""

from __future__ import annotations

import asyncio
import os
import select
import sys

from minikf.embedded.forkserver import record


class EndOf:
    """A descriptor that becomes readable when process `pid` ends. Raises ProcessLookupError when it is gone."""

    def __init__(self, pid: int) -> None:
        if sys.platform == "linux":
            self.fd = os.pidfd_open(pid)
        else:
            self._queue = select.kqueue()
            self.fd = self._queue.fileno()
            end = select.kevent(pid, select.KQ_FILTER_PROC, select.KQ_EV_ADD, select.KQ_NOTE_EXIT)
            try:
                self._queue.control([end], 0)
            except OSError:
                self._queue.close()
                raise

    def close(self) -> None:
        if sys.platform == "linux":
            os.close(self.fd)
        else:
            self._queue.close()


async def wait_for_end(pid: int, token: str) -> None:
    """Returns when the process recorded as `pid` and `token` has ended, at once if it is gone already."""
    try:
        end = EndOf(pid)
    except ProcessLookupError:
        return
    try:
        # Asked after the descriptor was made: what it watches is now known to be the right process.
        if record.is_alive(pid, token):
            await _readable(end.fd)
    finally:
        end.close()


async def _readable(fd: int) -> None:
    loop = asyncio.get_running_loop()
    seen = asyncio.Event()
    loop.add_reader(fd, seen.set)
    try:
        await seen.wait()
    finally:
        loop.remove_reader(fd)
