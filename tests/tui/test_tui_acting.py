"""What changes something: deletion with a typed name, several at once, long work, questions that fail."""

from __future__ import annotations

import pytest
from textual.events import Key

from minikf.spec import Event
from minikf.tui.messages import Changed
from minikf.views.objects import Delete, Deleted, Name
from tests.tui.fake_feed import NoWork, item, pod, train_job
from tests.tui.screen import SIZES, Screen, opened


async def at_three_jobs(screen: Screen) -> None:
    screen.feed.lists("trainjobs", *(train_job(name, minute=9 - n) for n, name in enumerate("abc")))
    await screen.open("trainjobs")
    await screen.sees("a", "b", "c")


@pytest.mark.parametrize("size", SIZES)
async def test_deletion_asks_for_the_name_and_nothing_else_will_do(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        await at_three_jobs(screen)
        await screen.press("ctrl+d")
        await screen.sees("Delete TrainJob team/a?", "Type a")
        await screen.press("b", "enter")
        await screen.sees("That is not a")
        assert not screen.feed.asked
        await screen.press("escape")
        await screen.pilot.pause()
        assert not screen.feed.asked
        await screen.press("ctrl+d", "a", "enter")
        await screen.pilot.pause()
        assert screen.feed.asked == [Delete((Name("trainjobs", "team", "a"),))]


async def test_several_are_deleted_at_once_by_their_number_and_refusals_are_said() -> None:
    async with opened((120, 24)) as screen:
        screen.feed.answers[Delete] = lambda question: Deleted(
            question.names[:1], ((question.names[1], "a finalizer keeps it"),)
        )
        await at_three_jobs(screen)
        await screen.press("space", "j", "space", "ctrl+d")
        await screen.sees("Delete 2 training jobs: team/a, team/b?")
        await screen.press("2", "enter")
        await screen.sees("deleted: TrainJob team/a", "TrainJob team/b was not deleted: a finalizer keeps it")


async def test_a_selection_goes_with_escape_before_the_filter_does() -> None:
    async with opened() as screen:
        await at_three_jobs(screen)
        await screen.press("slash", "t", "e", "a", "m", "enter", "space")
        await screen.sees("●")
        await screen.press("escape")
        await screen.sees("team", no="●")
        assert screen.app.place.words == "team"  # type: ignore[attr-defined]
        await screen.press("escape")
        assert screen.app.place.words == ""  # type: ignore[attr-defined]


async def test_a_change_that_fails_is_said_with_what_to_do() -> None:
    async with opened((120, 24)) as screen:
        screen.feed.answers[Delete] = lambda question: OSError("the API does not answer")
        await at_three_jobs(screen)
        await screen.press("ctrl+d", "a", "enter")
        await screen.sees("nothing was changed: the API does not answer")


@pytest.mark.parametrize("size", SIZES)
async def test_long_work_is_shown_as_the_command_line_tells_it(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        screen.app.start(NoWork())
        await screen.sees("Do nothing", "goes on")
        job = screen.feed.jobs[0]
        job.step(Event("katib", "started", "being applied"))
        job.step(Event("objects", "progress", objects_done=3, objects_total=12))
        await screen.sees("katib: being applied", "3/12 objects")
        job.step(Event("katib", "done", "is ready"))
        job.end("value")
        await screen.sees("ok katib: is ready", "Do nothing: done", no="3/12")
        await screen.press("escape")
        await screen.shows("home")


async def test_work_that_fails_says_why_and_what_to_type() -> None:
    async with opened() as screen:
        screen.app.start(NoWork())
        screen.feed.jobs[0].end(cause="no room on the disk", advice="minikf doctor")
        await screen.sees("Do nothing: failed", "no room on the disk", "try: minikf doctor")


async def test_work_that_was_left_tells_its_end_wherever_one_is() -> None:
    async with opened((100, 24)) as screen:
        screen.app.start(NoWork())
        await screen.sees("goes on")
        await screen.press("escape")
        screen.feed.jobs[0].end(cause="no room")
        await screen.sees("Do nothing failed: no room")


async def test_work_is_stopped_by_a_key() -> None:
    async with opened() as screen:
        screen.app.start(NoWork())
        await screen.sees("goes on")
        await screen.press("ctrl+k")
        assert screen.feed.jobs[0].stopped
        screen.feed.jobs[0].end(cause="stopped; what was done so far stays")
        await screen.sees("stopped; what was done so far stays")


async def test_a_list_is_sorted_by_a_key_by_a_click_and_backwards() -> None:
    async with opened() as screen:
        await at_three_jobs(screen)
        assert screen.order(" a ", " b ", " c ") == [" a ", " b ", " c "]
        await screen.press("s", "s", "S")
        await screen.sees("NAME▼")
        assert screen.order(" a ", " b ", " c ") == [" c ", " b ", " a "]
        head = next(number for number, line in enumerate(screen.lines) if "NAME▼" in line)
        await screen.pilot.click(offset=(screen.lines[head].index("STATE") + 1, head))
        await screen.sees("STATE▲")
        screen.feed.post(Changed(item("trainjobs", train_job("z", failed="boom"))))
        await screen.sees("Failed")
        assert screen.order(" a ", " z ") == [" z ", " a "]


async def test_keys_that_were_typed_for_a_shell_are_no_commands_afterwards() -> None:
    async with opened() as screen:
        await screen.shows("home")
        early = Key("8", "8")
        await screen.pilot.pause(0.01)
        screen.app.forget_keys()
        screen.app.post_message(early)
        await screen.pilot.pause(0.1)
        assert screen.app.place.place == "home"
        await screen.press("8")
        await screen.shows("pods")


async def test_what_has_no_pod_has_no_shell_and_what_has_no_address_is_not_opened() -> None:
    async with opened((120, 24)) as screen:
        screen.feed.lists("pods", pod("web", phase="Pending"))
        await screen.open("pods")
        await screen.sees("web")
        await screen.press("x")
        await screen.sees("no pod that runs")
        await screen.press("o")
        await screen.sees("nothing here has an address")
