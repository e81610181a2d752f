"""Finds the processes of pods: by their mark in the environment, by session, by parentage."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from minikf.embedded.forkserver import identity

_UID_MARK = identity.POD_UID.encode() + b"="
_CONTAINER_MARK = identity.CONTAINER.encode() + b"="
_WARM_MARK = identity.WARM.encode() + b"="
# A process that has just been forked still looks like its parent; after this it has become what it is.
_SETTLED_SECONDS = 1.0
_TICKS = os.sysconf("SC_CLK_TCK")
_EXITING = 0x4  # PF_EXITING of <linux/sched.h>, in the ninth field of proc_pid_stat(5)


@dataclass(frozen=True)
class Member:
    """A process of a pod. `warm` is the pid of the warm server it was forked from, 0 for none."""

    pid: int
    uid: str
    container: str
    warm: int = 0


@dataclass(frozen=True)
class _Session:
    uid: str
    container: str
    born: float


class ProcessTable:
    """The machine's processes, as far as they belong to pods. Looks closely only at those it has not seen before."""

    def __init__(self) -> None:
        self._known: dict[int, Member] = {}
        self._strangers: set[int] = set()
        self._sessions: dict[int, _Session] = {}
        self._suspects: dict[int, float] = {}
        # Orphans of pods become its children (Linux); 0 while there is none.
        self.launcher = 0
        # Pids of fork servers: a child of theirs can become a pod's process long after it was started.
        self.servers: set[int] = set()

    def lead(self, session: int, uid: str, container: str) -> None:
        """Says whose a session is, so that its processes are found even after its leader has ended."""
        about = _about(session)
        self._sessions[session] = _Session(uid, container, about[2] if about else _now())

    def forget(self, uid: str, container: str = "") -> None:
        """The pod's or container's sessions have no processes any more."""
        for number, owner in list(self._sessions.items()):
            if owner.uid == uid and container in ("", owner.container):
                del self._sessions[number]

    def suspects(self) -> dict[int, float]:
        """Unmarked children of the launcher, by pid with their birth: orphans, or programs that are just starting.

        As of the last look at all processes.
        """
        return dict(self._suspects)

    def strays(self, suspects: Mapping[int, float], own: Collection[int]) -> list[int]:
        """Orphans whose pod must have ended: all that ran at their birth have. `own` are no orphans."""
        births = [owner.born for owner in self._sessions.values()]
        births += [about[2] for pid in own if (about := _about(pid)) is not None]
        oldest = min(births, default=float("inf"))
        return [pid for pid, born in suspects.items() if pid not in own and born < oldest]

    def scan(self) -> list[Member]:
        """All living members now."""
        alive = set(_pids())
        self._strangers &= alive
        self._suspects.clear()
        known: dict[int, Member] = {}
        for pid in sorted(alive - self._strangers):
            about = _about(pid)
            if about is None:
                continue
            parent, session, born = about
            member = self._known.get(pid) or self._look(pid, parent, session)
            if member is not None:
                known[pid] = self._known[pid] = member
            elif self.launcher and parent == self.launcher:
                self._suspects[pid] = born
            elif _now() - born > _SETTLED_SECONDS and parent not in self.servers:
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
            owner = self._sessions[session]
            return Member(pid, owner.uid, owner.container)
        relative = self._known.get(parent)
        return None if relative is None else Member(pid, relative.uid, relative.container)


def _pids() -> Iterable[int]:
    if sys.platform == "linux":
        return [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208
    import psutil

    return psutil.pids()


def _now() -> float:
    """The clock that births are told on: since boot on Linux, the wall clock on macOS."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if sys.platform == "linux" else time.time()


def _about(pid: int) -> tuple[int, int, float] | None:
    """(parent, session, birth on the clock of `_now`) of a living process; None for the dead, zombies and the dying."""
    if sys.platform == "linux":
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - many times a second
                stat = file.read()
        except OSError:
            return None
        fields = stat[stat.rindex(b")") + 2 :].split(None, 20)
        if fields[0] in (b"Z", b"X") or int(fields[6]) & _EXITING:
            return None
        return int(fields[1]), int(fields[3]), int(fields[19]) / _TICKS
    import psutil

    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:
            return process.ppid(), os.getsid(pid), process.create_time()
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
