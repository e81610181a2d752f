"""Runs the terminal UI without a terminal, in a process of its own, and prints what it measured as JSON.

`objects`: ten thousand of them by the fake feed. `log POD SECONDS`: a pod's log by the real one, opened, and followed
for so long while keys are pressed. What is timed is from a key until what a terminal would get is made.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import sys
import time
from typing import Any

from textual import events
from textual._compositor import CompositorUpdate
from textual.pilot import Pilot

from minikf.tui.app import MinikfApp
from minikf.tui.feed import LogSource
from minikf.tui.live import LiveFeed
from minikf.tui.messages import Changed
from minikf.tui.widgets.logview import LogView
from tests.tui.fake_feed import FakeFeed, item, pod

OBJECTS = 10_000
KEYS = 100
IDLE_SECONDS = 10.0
CHANGES = 10  # in the time between two keys
SIZE = (160, 50)
MIB = 1024 * 1024


class Painted:
    """Counts what is drawn. Without a terminal Textual stops before it makes the bytes for it: they are made here."""

    def __init__(self, app: MinikfApp) -> None:
        self.count = 0

        def display(screen: Any, renderable: Any) -> None:
            if isinstance(renderable, CompositorUpdate):
                renderable.render_segments(app.console)
            self.count += 1

        app._display = display  # type: ignore[method-assign]

    async def seconds_of(self, app: MinikfApp, key: str) -> float:
        """From a key until something is drawn after it."""
        before, begin = self.count, time.perf_counter()
        app.post_message(events.Key(key, key if len(key) == 1 else None))
        while self.count == before:
            await asyncio.sleep(0.0005)
        return time.perf_counter() - begin


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def memory() -> float:
    """The most that this process ever held, in MiB (kilobytes on Linux: getrusage(2))."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MIB


async def objects() -> dict[str, float]:
    feed = FakeFeed()
    app = MinikfApp("default", feed)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(0.3)
        feed.lists("pods", *(pod(f"pod-{number:05}", phase="Running") for number in range(OBJECTS)))
        app.perform("page.pods")
        await pilot.pause(1.0)
        painted = Painted(app)
        still = [await painted.seconds_of(app, "j") for _ in range(KEYS)]
        changing = []
        for number in range(KEYS):
            for change in range(CHANGES):
                name = f"pod-{(number * CHANGES + change) * 7 % OBJECTS:05}"
                feed.post(Changed(item("pods", pod(name, phase="Pending" if number % 2 else "Running"))))
            await asyncio.sleep(0.05)
            changing.append(await painted.seconds_of(app, "j" if number % 2 else "k"))
        await pilot.pause(1.0)
        idle = await _idle()
    return {"key": p95(still), "key_while_changing": p95(changing), "idle": idle, "memory": memory()}


async def _idle() -> float:
    """The share of a core that is used while nothing happens."""
    begin, used = time.perf_counter(), time.process_time()
    await asyncio.sleep(IDLE_SECONDS)
    return (time.process_time() - used) / (time.perf_counter() - begin)


async def log(name: str, seconds: float) -> dict[str, float]:
    app = MinikfApp("default", LiveFeed("default"))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(1.0)
        before = memory()
        begin = time.perf_counter()
        app.open_logs([LogSource("default", name, "c")])
        await _until_lines(app, pilot)
        opened = time.perf_counter() - begin
        painted, keys, seen = Painted(app), [], 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            keys.append(await painted.seconds_of(app, "t"))
            await asyncio.sleep(0.2)
        view = app.screen.query_one(LogView)
        seen = view.buffer.line(len(view.buffer) - 1).number
    more = memory() - before
    return {"open": opened, "key": p95(keys) if len(keys) > 1 else 0.0, "lines": seen, "memory": memory(), "more": more}


async def _until_lines(app: MinikfApp, pilot: Pilot[int]) -> None:
    """Returns when lines were drawn."""
    while not (found := list(app.screen.query(LogView))) or not found[0].buffer.held:
        await asyncio.sleep(0.001)
    await pilot.pause()


if __name__ == "__main__":
    _, what, *words = sys.argv
    print(json.dumps(asyncio.run(objects() if what == "objects" else log(words[0], float(words[1])))))
