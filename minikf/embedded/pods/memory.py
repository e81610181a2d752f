"""How much memory a container's processes use. Cheap first; exact only when it may matter."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence

from minikf.embedded.pods.processes import Member

_PAGE = os.sysconf("SC_PAGE_SIZE")


def resident(members: Sequence[Member]) -> int:
    """Bytes in RAM, shared pages counted for each: never less than what the container really uses."""
    if sys.platform == "linux":
        return sum(_statm(member.pid) for member in members)
    return used(members)


def used(members: Sequence[Member]) -> int:
    """Bytes that are the container's own.

    Proportional set size counts a page that n processes share as 1/n for each, so memory shared among the
    container's own processes is counted once. Pages still shared with a warm server are the platform's, not the
    container's; they are taken off again.
    """
    if sys.platform != "linux":
        import psutil

        total = 0
        for member in members:
            with contextlib.suppress(psutil.Error):
                total += psutil.Process(member.pid).memory_full_info().uss
        return total
    shared_with_server = {member.warm: _shared(member.warm) for member in members if member.warm}
    total = 0
    for member in members:
        proportional, private = _rollup(member.pid)
        total += max(private, proportional - shared_with_server.get(member.warm, 0))
    return total


def _statm(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123 - ten times a second
            return int(file.read().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _shared(server: int) -> int:
    proportional, private = _rollup(server)
    return proportional - private


def _rollup(pid: int) -> tuple[int, int]:
    """(proportional, private) bytes of a process, from /proc/<pid>/smaps_rollup (Linux 4.14)."""
    sums = {b"Pss:": 0, b"Private_Clean:": 0, b"Private_Dirty:": 0}
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:  # noqa: PTH123
            for line in file:
                name, _blank, rest = line.partition(b" ")
                if name in sums:
                    sums[name] = int(rest.split()[0]) * 1024
    except OSError:  # gone, or not ours to see
        return 0, 0
    return sums[b"Pss:"], sums[b"Private_Clean:"] + sums[b"Private_Dirty:"]
