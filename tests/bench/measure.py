"""What a benchmark reports: our figure, the peer's, their ratio, and the bound that was promised."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One figure. `bound` is what `ours` (or with `of_ratio` the ratio ours/peer) may be at most, or at least; None
    where nothing was promised of it."""

    name: str
    ours: float
    unit: str
    bound: float | None
    at_least: bool = False
    peer: float | None = None
    peer_name: str = ""
    of_ratio: bool = False
    inverse: bool = False

    @property
    def ratio(self) -> float | None:
        """ours/peer, or how many times faster we are (peer/ours) with `inverse`."""
        if not self.peer or not self.ours:
            return None
        return self.peer / self.ours if self.inverse else self.ours / self.peer

    @property
    def met(self) -> bool:
        value = self.ratio if self.of_ratio else self.ours
        if self.bound is None:
            return True
        if value is None:
            return False
        return value >= self.bound if self.at_least else value <= self.bound

    def text(self) -> str:
        peer = f"{self.peer:10.3f} {self.unit:<4} {self.peer_name}" if self.peer is not None else ""
        ratio = f"x{self.ratio:.2f}" if self.ratio is not None else ""
        bound = f"{'>=' if self.at_least else '<='} {'x' if self.of_ratio else ''}{self.bound:g}" if self.bound else ""
        verdict = "" if self.bound is None else "met" if self.met else "MISSED"
        return f"{self.name:<44} {self.ours:10.3f} {self.unit:<4} | {peer:<44} | {ratio:>8} {bound:>9}  {verdict}"


def timed(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def median(work: Callable[[], object], runs: int = 7, warmup: int = 1) -> float:
    """The median of several calls, in seconds."""
    for _ in range(warmup):
        work()
    return statistics.median(timed(work) for _ in range(runs))


def paired(ours: Callable[[], object], peer: Callable[[], object], runs: int = 9) -> tuple[float, float]:
    """Medians of two calls made in turn, so that a machine whose speed drifts is fair to both."""
    ours(), peer()
    pairs = [(timed(ours), timed(peer)) for _ in range(runs)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def command(*argv: str, env: dict[str, str] | None = None) -> Callable[[], None]:
    """A call that runs a program to its end. Raises CalledProcessError when it fails."""

    def run() -> None:
        subprocess.run(argv, env=environment() | (env or {}), check=True, capture_output=True)

    return run


def environment() -> dict[str, str]:
    """This process's environment with compiled modules allowed, as on a user's machine."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
