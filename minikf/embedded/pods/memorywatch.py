"""Looks ten times a second whether a container uses more memory than it may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from minikf.embedded.pods import memory
from minikf.embedded.pods.processes import Member, ProcessTable
from minikf.embedded.pods.ticker import Ticker

# Called with the bytes in use when they are more than the limit.
TooMuch = Callable[[int], None]


@dataclass(frozen=True)
class _Watched:
    limit: int
    too_much: TooMuch


class MemoryWatch:
    """All containers with a memory limit that no control group holds."""

    def __init__(self, table: ProcessTable, ticker: Ticker) -> None:
        self._table = table
        self._ticker = ticker
        self._watched: dict[tuple[str, str], _Watched] = {}

    def add(self, uid: str, container: str, limit: int, too_much: TooMuch) -> None:
        """Watches until `remove`, or until the limit was passed once."""
        self._watched[uid, container] = _Watched(limit, too_much)
        self._ticker.add(self, self._look)

    def remove(self, uid: str, container: str) -> None:
        self._watched.pop((uid, container), None)
        if not self._watched:
            self._ticker.remove(self)

    def _look(self) -> None:
        members: dict[tuple[str, str], list[Member]] = {}
        for member in self._table.scan():
            members.setdefault((member.uid, member.container), []).append(member)
        for key, watched in list(self._watched.items()):
            mine = members.get(key, [])
            if memory.resident(mine) <= watched.limit:
                continue
            used = memory.used(mine)
            if used > watched.limit:
                self.remove(*key)
                watched.too_much(used)
