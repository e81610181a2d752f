"""A connection that is lost and found again, and never an exit."""

from __future__ import annotations

import asyncio
import os
from typing import Any
from unittest import mock

import pytest

from minikf.spec import Status
from minikf.tui.messages import Lost, StatusCame
from minikf.tui.pages.page import Page
from minikf.views.home.ask import AskHome
from minikf.views.home.home import Home
from minikf.views.models.looking import Serving
from minikf.views.models.questions import WhatServes
from minikf.views.models.registry import Registry
from minikf.views.models.services import service
from tests.tui.fake_feed import pod, train_job
from tests.tui.screen import SIZES, opened


@pytest.mark.parametrize("size", SIZES)
async def test_lost_is_said_with_cause_and_time_and_found_again_in_place(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        screen.feed.runs()
        screen.feed.lists("trainjobs", *(train_job(f"job-{n}", minute=n) for n in range(3)))
        await screen.open("trainjobs")
        await screen.sees("job-0", "healthy")
        await screen.press("j", "j")
        gone = Status("default", "embedded", False, cause="its daemon ended", advice="minikf up")
        screen.feed.post(StatusCame(gone))
        screen.feed.post(Lost("trainjobs", "its daemon ended", "minikf up"))
        await screen.sees("No answer since", "trying", "job-0")
        assert screen.app.screen.has_class("-lost")
        if size[0] > 40:
            await screen.sees("its daemon ended. Try: minikf up")
        screen.feed.runs()
        await screen.pilot.pause(0.3)
        assert "No answer since" in screen.text, "the list is still old"
        screen.feed.lists("trainjobs", *(train_job(f"job-{n}", minute=n) for n in range(4)))
        await screen.sees("job-3", no="No answer since")
        assert not screen.app.screen.has_class("-lost")
        await screen.press("enter")
        await screen.sees("TrainJob team/job-0")


async def test_of_a_platform_that_was_removed_nothing_is_left() -> None:
    async with opened((120, 24)) as screen:
        screen.feed.runs()
        screen.feed.lists("pods", pod("web", phase="Failed"))
        await screen.sees("Pods!1")
        gone = Status("default", "embedded", False, cause="there is no platform 'default' yet", advice="minikf up")
        screen.feed.post(StatusCame(gone))
        screen.feed.post(Lost("pods", gone.cause, gone.advice))
        await screen.sees("No answer since")
        screen.feed.answers[AskHome()] = Home(gone, made=False)
        screen.feed.tell(AskHome())
        await screen.sees("there is no platform 'default' yet. Try: minikf up", no="No answer since")
        assert "Pods!1" not in screen.text
        await screen.open("pods")
        await screen.sees("There is no platform 'default' yet.", no="Looking")


async def test_a_platform_that_never_ran_is_waited_for() -> None:
    async with opened() as screen:
        screen.feed.post(StatusCame(Status("default", "embedded", False, cause="there is none", advice="minikf up")))
        await screen.sees("not running", "there is none", "minikf up")
        screen.feed.runs()
        await screen.sees("2/2 healthy", no="No answer")


async def test_the_banner_is_on_every_screen_and_counts_the_time() -> None:
    async with opened((100, 24)) as screen:
        screen.feed.lists("pods", pod("web"))
        await screen.open("pods")
        await screen.sees("web")
        await screen.press("l")
        await screen.sees("Log of")
        screen.feed.post(Lost("pods", "[red]connection refused", ""))
        await screen.sees("No answer since", "(0s)", "[red]connection refused")
        await screen.sees("(2s)")


async def test_without_colour_every_colour_is_grey() -> None:
    """NO_COLOR is read by Textual when the app is made."""
    with mock.patch.dict(os.environ, {"NO_COLOR": "1"}):
        async with opened() as screen:
            screen.feed.lists("trainjobs", train_job("broken", failed="x"))
            await screen.open("trainjobs")
            await screen.sees("broken", "Failed")
            assert screen.app.no_color


async def test_a_page_that_is_still_being_made_misses_no_answer_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine that takes a while, in which keys are typed and lists and answers come."""
    made = Page.on_mount

    async def slowly(self: Page) -> None:
        await asyncio.sleep(0.3)
        made(self)

    async with opened() as screen:
        monkeypatch.setattr(Page, "on_mount", slowly)
        screen.feed.answers[WhatServes] = lambda _: Serving((service(isvc("zinnias"), (), Registry()),), Registry())
        screen.feed.lists("inferenceservices", isvc("flowers"), isvc("zinnias"))
        screen.app.perform("page.services")
        assert not screen.app.place.there
        screen.app.perform("move.down")
        screen.app.perform("yaml")
        screen.feed.lists("inferenceservices", isvc("flowers"), isvc("zinnias"))
        assert screen.app.place.place == "services", "the keys wait"
        await screen.sees("zinnias", "kind: InferenceService")
        await screen.press("escape")
        await screen.sees("flowers", "zinnias serves no registered version")
        assert [type(one) for one in screen.feed.kept].count(WhatServes) == 1


def isvc(name: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "team", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"predictor": {"model": {"modelFormat": {"name": "sklearn"}}}},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }
