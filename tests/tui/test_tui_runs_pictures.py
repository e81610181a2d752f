"""Runs of pipelines as pictures, with the clock stopped."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from minikf.tui.config import Config
from minikf.views.runs.comparing import compare as comparison
from minikf.views.runs.model import Value
from minikf.views.runs.questions import Compared
from minikf.views.text import now
from tests.tui.picture import compare, stopped_clock
from tests.tui.screen import SIZES, opened
from tests.tui.test_tui_runs import in_the_graph, listed, run_graph

__all__ = ["stopped_clock"]


@pytest.mark.parametrize("size", SIZES)
async def test_the_graph_and_two_compared(size: tuple[int, int], stopped_clock: datetime) -> None:
    async with opened(size, Config(animations=False)) as screen:
        end = f"{size[0]}x{size[1]}"
        screen.feed.runs()
        await screen.sees("2/2 healthy")
        await listed(screen)
        await screen.sees("train ran out of memory")
        left = replace(run_graph(), parameters=(Value("rows", 5),))
        right = replace(run_graph("r-2", "good", "SUCCEEDED"), parameters=(Value("rows", 7),))
        screen.feed.answers[Compared("r-1", "r-2")] = comparison(left, right, now())
        await screen.press("space", "G", "space", "v")
        await screen.sees("A bad", "B good", "rows")
        await compare(screen, f"compare-{end}")
        await screen.press("escape", "escape", "g")
        await in_the_graph(screen)
        await screen.sees("✗ train", "✗ bad")
        await screen.pilot.pause(0.3)
        await compare(screen, f"run-{end}")
