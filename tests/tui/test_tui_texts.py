"""Details, YAML, logs, help, palette, and the keys that lead there."""

from __future__ import annotations

import pytest

from minikf.tui.actions import ACTIONS, ANYWHERE, key_name, usable
from minikf.tui.app import MinikfApp
from minikf.tui.messages import Changed, Gone
from minikf.tui.screens.help import TITLES
from minikf.tui.screens.log import MOST_LINES
from tests.tui.fake_feed import FakeFeed, item, pod, train_job
from tests.tui.screen import SIZES, opened


@pytest.mark.parametrize("size", SIZES)
async def test_details_follow_the_object_and_yaml_is_one_key_away(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        screen.feed.lists("trainjobs", train_job("learn"))
        await screen.press("2")
        await screen.sees("learn")
        await screen.press("enter")
        await screen.sees("TrainJob team/learn", "Running", "plain-python")
        assert screen.feed.asked == ["team/learn"]
        screen.feed.post(Changed(item("trainjobs", train_job("learn", failed="no memory"))))
        await screen.sees("Failed", "no memory")
        await screen.press("y")
        await screen.sees("metadata:", "name: learn")
        await screen.press("y", "G")
        await screen.sees("event of learn")
        screen.feed.post(Gone("trainjobs", "team/learn"))
        await screen.press("g")
        await screen.sees("It was deleted")
        await screen.press("escape")
        await screen.sees("There are no TrainJobs yet.")


async def test_yaml_leaves_managed_fields_out_and_escapes_control_characters() -> None:
    async with opened() as screen:
        job = train_job("learn")
        job["metadata"]["managedFields"] = [{"manager": "nobody-reads-this"}]
        job["spec"]["trainer"] = {"args": ["\x1b[31mred", "two\nlines", "naïve\u202e"]}
        screen.feed.lists("trainjobs", job)
        await screen.press("2")
        await screen.sees("learn")
        await screen.press("y")
        await screen.sees("\\e[31mred", "two", "naïve�")
        assert "nobody-reads-this" not in screen.text
        assert "\x1b" not in screen.text


@pytest.mark.parametrize("size", SIZES)
async def test_logs_are_followed_container_by_container(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        screen.feed.lists("trainjobs", train_job("learn"))
        screen.feed.lists("pods", pod("learn-node-0", job="learn", containers=("node", "side")), pod("other"))
        await screen.press("2")
        await screen.sees("learn")
        await screen.press("l")
        await screen.sees("Log of team/learn-node-0 node")
        first = screen.feed.followers[0]
        first.say("hello", "", "after a blank line")
        await screen.sees("hello", "after a blank line")
        assert [line.strip() for line in screen.lines[2:5]] == ["hello", "", "after a blank line"]
        first.end("the log was interrupted", ended=False)
        await screen.pilot.pause(0.2)
        first.say("again")
        await screen.sees("again")
        await screen.press("n")
        await screen.sees("learn-node-0 side", no="hello")
        assert first.stopped
        second = screen.feed.followers[1]
        first.say("late line of the first")
        second.say("second container")
        second.end()
        await screen.sees("second container", no="late line")
        assert second.source.container == "side"
        await screen.press("escape")
        await screen.sees("learn", no="second container")
        assert second.stopped


async def test_a_log_shows_why_it_ended_and_that_it_is_not_followed() -> None:
    async with opened((100, 24)) as screen:
        screen.feed.lists("pods", pod("web"))
        await screen.press("4")
        await screen.sees("web")
        await screen.press("l")
        await screen.sees("following")
        follower = screen.feed.followers[0]
        follower.say(*(f"line {number}" for number in range(100)))
        await screen.sees("line 99")
        await screen.press("f", "g")
        await screen.sees("not following", "line 0")
        follower.say("line 100")
        await screen.pilot.pause(0.3)
        assert "line 100" not in screen.text
        await screen.press("f")
        await screen.sees("line 100")
        follower.end("the pod is gone")
        await screen.sees("ended: the pod is gone")


async def test_a_flood_of_lines_stays_bounded_and_is_said() -> None:
    async with opened() as screen:
        screen.feed.lists("pods", pod("web"))
        await screen.press("4")
        await screen.sees("web")
        await screen.press("l")
        await screen.sees("Log of")
        follower = screen.feed.followers[0]
        follower.say(*(f"line {number}" for number in range(200_000)))
        await screen.sees("line 199999")
        log = screen.app.screen.query_one("#log")
        assert len(log.lines) <= MOST_LINES  # type: ignore[attr-defined]
        assert any("lines came too fast to be shown" in line for line in log.lines)  # type: ignore[attr-defined]


async def test_an_item_without_a_pod_has_no_log_and_says_so() -> None:
    async with opened() as screen:
        screen.feed.lists("trainjobs", train_job("[b]x"))
        await screen.press("2")
        await screen.sees("[b]x")
        await screen.press("l")
        await screen.sees("TrainJob team/[b]x has no pod")


@pytest.mark.parametrize("size", SIZES)
async def test_help_names_the_keys_of_the_place(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        await screen.sees("? Help")
        await screen.press("question_mark")
        await screen.sees("Keys: Status")
        assert "Filter" not in screen.text
        await screen.press("escape", "2", "question_mark")
        await screen.sees("Keys: Lists")
        for _ in range(24):
            await screen.press("j")
        await screen.sees("Commands")
        await screen.press("q")
        await screen.sees("minikf default", no="Keys:")
        assert screen.app.is_running


async def test_the_palette_offers_the_same_actions() -> None:
    async with opened() as screen:
        screen.feed.lists("trainjobs", train_job("learn"))
        await screen.press("ctrl+p", *"show trainj")
        await screen.sees("Show TrainJobs")
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


def test_every_action_exists_and_every_place_has_help() -> None:
    app = MinikfApp("default", FakeFeed())
    for action in ACTIONS:
        assert callable(getattr(app, f"action_{action.name}")), action
        assert set(action.places) <= set(ANYWHERE)
    assert set(TITLES) == set(ANYWHERE)


@pytest.mark.parametrize("place", ANYWHERE)
def test_no_key_means_two_things_at_one_place(place: str) -> None:
    keys = [key for action in usable(place) for key in action.keys.split(",")]
    assert len(keys) == len(set(keys))
    assert all(key_name(key) for key in keys)
