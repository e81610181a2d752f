"""Finds the processes of pods: by their mark in the environment, by session, by parentage."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from minikf.embedded.forkserver import identity

_UID_MARK = identity.POD_UID.encode() + b"="
_CONTAINER_MARK = identity.CONTAINER.encode() + b"="
_WARM_MARK = identity.WARM.encode() + b"="
# A process that has just been forked still looks like its parent; after this it has become what it is.
_SETTLED_SECONDS = 1.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Member:
    """A process of a pod. `warm` is the pid of the warm server it was forked from, 0 for none."""

    pid: int
    uid: str
    container: str
    warm: int = 0


class ProcessTable:
    """The machine's processes, as far as they belong to pods. Looks closely only at those it has not seen before."""

    def __init__(self) -> None:
        self._known: dict[int, Member] = {}
        self._strangers: set[int] = set()
        self._sessions: dict[int, tuple[str, str]] = {}
        # Pids of fork servers: a child of theirs can become a pod's process long after it was started.
        self.servers: set[int] = set()

    def lead(self, session: int, uid: str, container: str) -> None:
        """Says whose a session is, so that its processes are found even after its leader has ended."""
        self._sessions[session] = (uid, container)

    def forget(self, uid: str, container: str = "") -> None:
        """The pod's or container's sessions have no processes any more."""
        gone = [number for number, owner in self._sessions.items() if owner[0] == uid and container in ("", owner[1])]
        for number in gone:
            del self._sessions[number]

    def scan(self) -> list[Member]:
        """All living members now."""
        alive = set(_pids())
        self._strangers &= alive
        known: dict[int, Member] = {}
        for pid in sorted(alive - self._strangers):
            about = _about(pid)
            if about is None:
                continue
            parent, session, age = about
            member = self._known.get(pid) or self._look(pid, parent, session)
            if member is not None:
                known[pid] = self._known[pid] = member
            elif age > _SETTLED_SECONDS and parent not in self.servers:
                self._strangers.add(pid)
        self._known = known
        return list(known.values())

    def of(self, uid: str, container: str = "") -> list[Member]:
        """The living members of a pod or of one of its containers."""
        return [one for one in self.scan() if one.uid == uid and container in ("", one.container)]

    def _look(self, pid: int, parent: int, session: int) -> Member | None:
        marks = _marks(pid)
        if _UID_MARK in marks:
            uid, container = marks[_UID_MARK], marks.get(_CONTAINER_MARK, "")
            return Member(pid, uid, container, int(marks.get(_WARM_MARK) or 0))
        # It may have cleaned its environment; its session or its parent gives it away.
        if session in self._sessions:
            return Member(pid, *self._sessions[session])
        relative = self._known.get(parent)
        return None if relative is None else Member(pid, relative.uid, relative.container)


def _pids() -> Iterable[int]:
    if sys.platform == "linux":
        return [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208
    import psutil

    return psutil.pids()


def _about(pid: int) -> tuple[int, int, float] | None:
    """(parent, session, age in seconds) of a living process; None for zombies and the gone."""
    if sys.platform == "linux":
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - many times a second
                stat = file.read()
        except OSError:
            return None
        fields = stat[stat.rindex(b")") + 2 :].split(None, 20)
        if fields[0] in (b"Z", b"X"):
            return None
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / _TICKS
        return int(fields[1]), int(fields[3]), age
    import psutil

    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:
            return process.ppid(), os.getsid(pid), time.time() - process.create_time()
    return None


def _marks(pid: int) -> dict[bytes, str]:
    return {
        name: entry[len(name) :].decode(errors="replace")
        for entry in _environ(pid)
        for name in (_UID_MARK, _CONTAINER_MARK, _WARM_MARK)
        if entry.startswith(name)
    }


def _environ(pid: int) -> Iterator[bytes]:
    if sys.platform == "linux":
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123
                yield from file.read().split(b"\0")
        except OSError:  # another user's, or gone
            return
    else:
        import psutil

        with contextlib.suppress(psutil.Error, OSError):
            for name, value in psutil.Process(pid).environ().items():
                yield f"{name}={value}".encode(errors="surrogateescape")
