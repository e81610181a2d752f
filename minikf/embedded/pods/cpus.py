"""Which processors a container with a cpu limit may use. Advisory: others may use the same ones."""

from __future__ import annotations

import os


def available() -> list[int]:
    """The processors that this process may use; empty where the system has no affinity (macOS)."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


class Processors:
    """Hands out processors in turn, so that limited containers do not all sit on the first ones."""

    def __init__(self, numbers: list[int] | None = None) -> None:
        self._numbers = available() if numbers is None else numbers
        self._next = 0

    def choose(self, count: int) -> list[int]:
        """`count` processors; [] for no restriction (no limit, or one as large as the machine)."""
        if not count or count >= len(self._numbers):
            return []
        start, self._next = self._next, (self._next + count) % len(self._numbers)
        return sorted((self._numbers * 2)[start : start + count])
