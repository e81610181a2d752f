"""An app with a fake feed in a terminal of a given size, and what can be read on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from textual.pilot import Pilot

from minikf.tui.app import MinikfApp
from minikf.tui.config import Config
from tests.tui.fake_feed import FakeFeed

SIZES = ((40, 12), (80, 24), (160, 50))
PATIENCE_SECONDS = 30.0


@dataclass
class Screen:
    app: MinikfApp
    feed: FakeFeed
    pilot: Pilot[int]

    @property
    def lines(self) -> list[str]:
        """The terminal's rows as text."""
        width, height = self.app.size
        strips = self.app.screen._compositor.render_strips()
        return [strip.text[:width].rstrip() for strip in strips[:height]]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    async def open(self, place: str) -> None:
        """Shows a page, whatever its key is."""
        self.app.perform(f"page.{place}")
        await self.shows(place)

    async def shows(self, place: str) -> None:
        """Waits until a page is the one that is open, with its widgets."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.app.place.place != place or not self.app.place.children:  # type: ignore[attr-defined]
                await self.pilot.pause(0.01)
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def sees(self, *words: str, no: str = "") -> None:
        """Waits until all words are on the screen, and `no` is not."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not all(word in self.text for word in words) or (no and no in self.text):
                await self.pilot.pause(0.02)

    async def until(self, true: Callable[[], bool]) -> None:
        """Waits until something is true of the screen."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not true():
                await self.pilot.pause(0.02)

    def order(self, *words: str) -> list[str]:
        """The words in the order in which they stand on the screen, from the top."""
        return sorted(words, key=self.text.index)


@asynccontextmanager
async def opened(size: tuple[int, int] = (80, 24), config: Config | None = None) -> AsyncIterator[Screen]:
    """The app as a user finds it: a platform that runs, before its lists came."""
    feed = FakeFeed()
    app = MinikfApp("default", feed, config)
    async with app.run_test(size=size, notifications=True) as pilot:
        screen = Screen(app, feed, pilot)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not feed.posts:
                await pilot.pause(0.01)
        try:
            yield screen
        except TimeoutError as error:
            raise AssertionError(f"not seen on:\n{screen.text}") from error
