"""Processors, memory, disk and GPUs as one line, as wide as the terminal."""

from __future__ import annotations

from dataclasses import dataclass

from minikf.tui.pictures.sparkline import spark
from minikf.views.columns import NARROW
from minikf.views.home.usage import History

WIDE = 120
_NO_GPU = "  gpu none"
_WARN = 90.0
"""Per cent from which something is nearly full: said by a mark, not by colour alone."""


@dataclass(frozen=True)
class Gauge:
    name: str
    values: tuple[float | None, ...]

    @property
    def last(self) -> float | None:
        return self.values[-1] if self.values else None

    def text(self, bars: int) -> str:
        """Its name, its bars, its last value; `!` where that is nearly all."""
        if self.last is None:
            return f"{self.name} …"
        full = "!" if self.last >= _WARN else ""
        row = f" {spark(self.values, bars)}" if bars else ""
        return f"{self.name}{row} {self.last:.0f}%{full}"


def gauges(history: History, width: int) -> str:
    """One line; at 40 columns numbers alone, from 80 on with bars, from 120 on with the platform's own share where
    it is measured."""
    found = [
        Gauge("cpu", tuple(history.cpu())), Gauge("mem", tuple(history.memory())), Gauge("disk", tuple(history.disk())),
    ]  # fmt: skip
    last = history.last
    if width >= WIDE and last is not None and (not last.platform.why_not or last.cores is not None):
        found.insert(1, Gauge("platform cpu", tuple(history.platform_cpu())))
        found.insert(3, Gauge("platform mem", tuple(history.platform_memory())))
    if last is not None and last.gpus:
        found.append(Gauge("gpu", tuple(history.gpu())))
    room = width - 2 - len(_NO_GPU) - sum(len(one.text(0)) + 3 for one in found)
    bars = max(0, min(24, room // len(found))) if width >= NARROW else 0
    text = "  ".join(one.text(bars) for one in found)
    if last is None:
        return "measuring…"
    if not last.gpus:
        text += _NO_GPU if len(text) + len(_NO_GPU) <= width else ""
    return text
