"""Which processors a container with a cpu limit may use. Advisory: others may use the same ones."""

from __future__ import annotations

import os


def available() -> list[int]:
    """The processors that this process may use; empty where the system has no affinity (macOS)."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def spare() -> int:
    """How many threads BLAS and OpenMP may have in a container without a cpu limit: one processor is left to others.

    Their threads wait for each other by spinning, so that one more than there are free processors makes them slower
    than a single one: on 2 shared processors scikit-learn's logistic regression on digits took 0.25 to 1.6 s with two
    threads and 0.04 s with one (docs/design/0009).
    """
    return max(1, (len(available()) or os.cpu_count() or 1) - 1)


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
