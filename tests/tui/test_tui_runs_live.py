"""Runs of pipelines in the terminal UI of a real platform."""

from __future__ import annotations

import asyncio
from pathlib import Path

from minikf.pipelines.reaching import api_of
from minikf.status import access
from minikf.tui.app import MinikfApp
from minikf.tui.live import LiveFeed
from minikf.tui.screens.run import RunScreen
from tests.embedded.homes import Home
from tests.embedded.verbs.conftest import pipeline
from tests.tui.screen import Screen

PATIENCE_SECONDS = 60.0


async def test_a_run_is_watched_looked_into_and_made_again(lived_in: Home, tmp_path: Path) -> None:
    """A step fails for want of a file: its cause, its log and its artifact are seen; once it is there, a second run
    goes through, and the two are compared."""
    flag = tmp_path / "flag"
    count = {"parameterType": "NUMBER_INTEGER", "defaultValue": 1}
    steps = ("echo made by hand > $OUT", f"echo looks for it; test -e {flag} && cat $IN > $OUT")
    lived_in.minikf("run", str(pipeline(tmp_path, "watched", *steps, count=count)), "--name", "watched")
    app = MinikfApp("default", LiveFeed("default"))
    async with app.run_test(size=(160, 50), notifications=True) as pilot:
        screen = Screen(app, None, pilot)  # type: ignore[arg-type]  # a real feed: no test speaks through it

        async def sees(*words: str) -> None:
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    while not all(word in screen.text for word in words):
                        await pilot.pause(0.05)
            except TimeoutError as error:
                raise AssertionError(f"{words} not seen on:\n{screen.text}") from error

        await screen.open("pipelines")
        await sees("watched", "FAILED")
        await screen.press("enter")
        await sees("✓ s0", "✗ s1", "2/2 steps", "exit code 1")
        await screen.press("l")
        await sees("looks for it")
        await screen.press("escape", "up", "a")
        await sees("Artifacts of s0", "made by hand")
        await screen.press("escape")
        flag.touch()
        await screen.press("r")
        await sees("count: a whole number")
        await pilot.pause()
        await screen.press("end", "0", "enter")
        await sees("✓ s1", "succeeded", "count = 10")
        assert isinstance(app.screen, RunScreen)
        again = app.screen.run_id
        await screen.press("escape", "escape")
        await sees("NAME", "SUCCEEDED", "FAILED")
        await screen.press("g", "space", "j", "space", "v")
        await sees("A watched", "count", "10", "s1")
    run = api_of(access("default")).run(again)
    assert run["runtime_config"]["parameters"] == {"count": 10}
