"""Details, YAML, logs, help, palette, and the keys that lead there."""

from __future__ import annotations

import pytest

from minikf.tui.actions import ACTIONS, BY_ID, key_name, usable
from minikf.tui.app import MinikfApp
from minikf.tui.doing import Doing
from minikf.tui.messages import Changed, Gone
from minikf.tui.pages import PAGES
from minikf.tui.places import Place
from minikf.tui.screens.details import DetailsScreen
from minikf.tui.screens.forward import ForwardScreen
from minikf.tui.screens.log import LogScreen
from minikf.tui.screens.main import MainScreen
from minikf.tui.screens.work import WorkScreen
from tests.tui.fake_feed import FakeFeed, NoWork, item, pod, train_job
from tests.tui.screen import SIZES, opened


@pytest.mark.parametrize("size", SIZES)
async def test_details_follow_the_object_and_yaml_is_one_key_away(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        screen.feed.lists("trainjobs", train_job("learn"))
        await screen.open("trainjobs")
        await screen.sees("learn")
        await screen.press("enter", "d")
        await screen.sees("TrainJob team/learn", "Running", "plain-python")
        assert [str(question.about) for question in screen.feed.kept] == ["TrainJob team/learn"]
        screen.feed.post(Changed(item("trainjobs", train_job("learn", failed="no memory"))))
        await screen.sees("Failed", "no memory")
        await screen.press("y")
        await screen.sees("metadata:", "name: learn")
        await screen.press("y", "G")
        await screen.sees("an event")
        screen.feed.post(Gone("trainjobs", "team/learn"))
        await screen.press("g")
        await screen.sees("It was deleted")
        await screen.press("escape", "escape")
        await screen.sees("There are no training jobs yet.")


async def test_yaml_leaves_managed_fields_out_and_escapes_control_characters() -> None:
    async with opened() as screen:
        job = train_job("learn")
        job["metadata"]["managedFields"] = [{"manager": "nobody-reads-this"}]
        job["spec"]["trainer"] = {"args": ["\x1b[31mred", "two\nlines", "naïve\u202e"]}
        screen.feed.lists("trainjobs", job)
        await screen.open("trainjobs")
        await screen.sees("learn")
        await screen.press("y")
        await screen.sees("\\e[31mred", "two", "naïve�")
        assert "nobody-reads-this" not in screen.text
        assert "\x1b" not in screen.text


async def test_an_item_without_a_pod_has_no_log_and_says_so() -> None:
    async with opened() as screen:
        screen.feed.lists("trainjobs", train_job("[b]x"))
        await screen.open("trainjobs")
        await screen.sees("[b]x")
        await screen.press("l")
        await screen.sees("TrainJob team/[b]x has no pod")


@pytest.mark.parametrize("size", SIZES)
async def test_help_names_the_keys_of_the_place(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        await screen.sees("? Help")
        await screen.press("question_mark")
        await screen.sees("Keys: Home")
        assert "Filter" not in screen.text
        await screen.press("escape")
        await screen.open("trainjobs")
        await screen.press("question_mark")
        await screen.sees("Keys: Training")
        for _ in range(60):
            await screen.press("j")
        await screen.sees("Commands")
        await screen.press("q")
        await screen.sees("minikf default", no="Keys:")
        assert screen.app.is_running


async def test_the_palette_offers_the_same_actions() -> None:
    async with opened() as screen:
        screen.feed.lists("trainjobs", train_job("learn"))
        await screen.press("ctrl+p", *"show trainj")
        await screen.sees("Show Training")
        await screen.press("enter")
        await screen.sees("learn")


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_quit_quits_and_ends_the_feed(key: str) -> None:
    async with opened() as screen:
        await screen.press(key)
        await screen.pilot.pause(0.1)
        assert not screen.app.is_running
    assert screen.feed.stopped
    assert screen.app.return_code == 0


SCREENS = (LogScreen([]), DetailsScreen(item("pods", pod("web"))), WorkScreen(NoWork()), ForwardScreen(None))
PLACES = [*(spec.make() for spec in PAGES), *SCREENS]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.place)
def test_everything_that_can_be_done_at_a_place_is_done_by_somebody(place: Place) -> None:
    doing = Doing(MinikfApp("default", FakeFeed()))
    for action in usable(place.places):
        name = f"do_{action.name}"
        by = [target for target in (place, doing, MainScreen) if hasattr(target, name)]
        assert by, action
        if action.destroys:
            assert type(place).doom is not Place.doom, action


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.place)
def test_no_key_means_two_things_at_one_place(place: Place) -> None:
    keys = [key for action in usable(place.places) for key in action.keys.split(",") if key]
    assert len(keys) == len(set(keys)), sorted(key for key in keys if keys.count(key) > 1)
    assert all(key_name(key) for key in keys)


def test_an_id_means_one_action() -> None:
    assert len(BY_ID) == len(ACTIONS)
