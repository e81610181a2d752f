"""The main screens as pictures, with the clock stopped."""

from __future__ import annotations

from datetime import datetime

import pytest

from minikf.tui.config import Config
from minikf.tui.messages import Lost
from tests.tui.fake_feed import pod, train_job
from tests.tui.picture import compare, stopped_clock
from tests.tui.screen import SIZES, opened

__all__ = ["stopped_clock"]


def name_of(what: str, size: tuple[int, int]) -> str:
    return f"{what}-{size[0]}x{size[1]}"


@pytest.mark.parametrize("size", SIZES)
async def test_a_list(size: tuple[int, int], stopped_clock: datetime) -> None:
    async with opened(size, Config(animations=False)) as screen:
        screen.feed.runs()
        screen.feed.lists(
            "trainjobs", train_job("learn", minute=3), train_job("done", complete=True, minute=1),
            train_job("broken", failed="the node exploded"),
        )  # fmt: skip
        await screen.open("trainjobs")
        await screen.sees("broken", "learn", "done", "2/2 healthy")
        await screen.press("j", "space")
        await screen.sees("●")
        await compare(screen, name_of("list", size))


@pytest.mark.parametrize("size", SIZES)
async def test_details(size: tuple[int, int], stopped_clock: datetime) -> None:
    async with opened(size, Config(animations=False)) as screen:
        screen.feed.runs()
        screen.feed.lists("pods", pod("web"))
        await screen.open("pods")
        await screen.sees("web")
        await screen.press("d")
        await screen.sees("Pod team/web", "an event" if size[0] > 40 else "State")
        await compare(screen, name_of("details", size))


@pytest.mark.parametrize("theme", ["light", "monochrome"])
async def test_a_connection_that_is_lost_in_other_themes(theme: str, stopped_clock: datetime) -> None:
    async with opened((80, 24), Config(theme=theme, animations=False, read_only=True)) as screen:
        screen.feed.runs()
        screen.feed.lists("pods", pod("web"), pod("bad", phase="Failed"))
        await screen.open("pods")
        await screen.sees("web")
        screen.feed.post(Lost("pods", "the connection was refused", "minikf up"))
        await screen.sees("No answer since", "(0s)")
        await compare(screen, f"lost-{theme}")
