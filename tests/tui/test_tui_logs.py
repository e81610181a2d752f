"""The log screen: followed, searched, filtered, wrapped, saved; and whatever a log may hold."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from minikf.tui.feed import LogSource
from minikf.tui.messages import LogReady
from minikf.tui.screens.log import LogScreen
from minikf.tui.widgets.logbuffer import MOST_LINES
from minikf.tui.widgets.logview import LogView
from minikf.views.logparts import LogPart, OlderLines
from tests.tui.fake_feed import FakeFollower, pod, train_job
from tests.tui.screen import SIZES, Screen, opened

CONTAINERS = [LogSource("team", "web-0", "c"), LogSource("team", "web-1", "c"), LogSource("team", "web-2", "c")]


async def opened_log(screen: Screen, *, together: bool = False, count: int = 1) -> list[FakeFollower]:
    """The log screen in front, and what feeds it."""
    screen.app.open_logs(CONTAINERS[:count], together=together)
    await screen.sees("Log")
    return screen.feed.followers


def numbered(count: int, first: int = 0) -> list[bytes]:
    """Lines as the API gives them."""
    return [b"2026-01-01T00:00:00.%09dZ line %d" % (number, number) for number in range(first, first + count)]


def view(screen: Screen) -> LogView:
    return screen.app.screen.query_one(LogView)


@pytest.mark.parametrize("size", SIZES)
async def test_logs_are_followed_container_by_container(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        screen.feed.lists("trainjobs", train_job("learn"))
        screen.feed.lists("pods", pod("learn-node-0", job="learn", containers=("node", "side")), pod("other"))
        await screen.open("trainjobs")
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
        await screen.press("right_square_bracket")
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
        await screen.open("pods")
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


@pytest.mark.parametrize("size", SIZES)
async def test_lines_are_searched_forth_and_back(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        (log,) = await opened_log(screen)
        log.say(*(f"line {n}{' here' if n % 100 == 50 else ''}" for n in range(1000)))
        await screen.sees("line 999")
        await screen.press("slash", *"HERE$", "enter")
        await screen.sees("No line with 'HERE$'")
        await screen.press("slash", *"here$", "enter")
        await screen.sees("line 950 here", "not following")
        await screen.press("N")
        await screen.sees("line 850 here")
        await screen.press("n", "n")  # around the end
        await screen.sees("line 50 here", no="line 850")
        await screen.press("slash", *"ne 9[9", "enter")  # no regular expression: the words themselves
        await screen.sees("No line with 'ne 9[9'")
        await screen.press("escape", "F")
        await screen.sees("line 999", ", following")


@pytest.mark.parametrize("size", SIZES)
async def test_only_lines_with_a_match_are_shown(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        (log,) = await opened_log(screen)
        log.say(*(f"line {n}{' odd' if n % 2 else ' even'}" for n in range(100)))
        await screen.sees("line 99 odd")
        await screen.press("ampersand", *"even", "enter")
        await screen.sees("line 98 even", no="odd")
        log.say("line 100 even", "line 101 odd")
        await screen.sees("line 100 even", no="odd")
        assert len(view(screen).buffer) == 51
        await screen.press("escape")
        await screen.sees("line 101 odd")
        assert isinstance(screen.app.screen, LogScreen)


async def test_long_lines_are_wrapped_and_can_be_read_to_their_end() -> None:
    async with opened((40, 12)) as screen:
        (log,) = await opened_log(screen)
        log.say("begin " + "x" * 1000 + " end", "short")
        await screen.sees("begin", "short", no=" end")
        await screen.press("w")
        await screen.sees(" end", "short", no="begin")
        await screen.press("g")
        await screen.sees("begin", no=" end")
        for _ in range(40):
            await screen.press("j")
        await screen.sees(" end", "short")
        await screen.press("w")
        await screen.sees("begin", "short", no=" end")


async def test_a_line_that_is_wider_is_scrolled_to_and_wide_letters_take_two_columns() -> None:
    async with opened((40, 12)) as screen:
        (log,) = await opened_log(screen)
        log.say("begin " + "界" * 30 + " end")
        await screen.sees("begin")
        await screen.press(*["right"] * 5)
        await screen.sees(" end", no="begin")
        await screen.press(*["left"] * 5, "w")
        await screen.sees("begin", " end")
        assert all(len(line) <= 40 for line in screen.lines)


async def test_times_are_shown_on_request() -> None:
    async with opened() as screen:
        (log,) = await opened_log(screen)
        log.tail.extend(numbered(3))
        log.post(LogReady(log.token))
        await screen.sees("line 2", no="2026-01-01")
        await screen.press("t")
        await screen.sees("2026-01-01T00:00:00.000 line 2")


async def test_several_pods_are_shown_by_time_each_with_its_name() -> None:
    async with opened() as screen:
        logs = await opened_log(screen, together=True, count=3)
        lines = numbered(9)
        for place in (2, 0, 1):
            logs[place].tail.extend(lines[place::3])
            logs[place].post(LogReady(logs[place].token))
            await screen.sees(f"line {place}")
        await screen.sees("Logs of 3 of 3 containers", "0│line 0", "1│line 1", "2│line 8")
        shown = [line for line in screen.lines if "│line" in line]
        assert [line.split()[-1] for line in shown] == [str(number) for number in range(9)]
        await screen.press("a")
        await screen.sees("Log of team/web-0 c", no="│")
        assert all(each.stopped for each in logs[:3])


async def test_older_lines_come_when_the_top_is_reached_and_the_reader_stays_where_he_is() -> None:
    async with opened() as screen:
        pages = [LogPart(tuple(numbered(50)), is_first=True), LogPart(tuple(numbered(100, 50)), is_first=False)]
        asked: list[OlderLines] = []

        def older(question: OlderLines) -> LogPart:
            asked.append(question)
            return pages.pop()

        screen.feed.answers[OlderLines] = older
        (log,) = await opened_log(screen)
        log.tail.extend(numbered(100, 150))
        log.post(LogReady(log.token))
        await screen.sees("line 249")
        await screen.press("home")
        await screen.sees("line 150")
        assert (asked[0].behind, asked[0].first[0]) == (100, numbered(1, 150)[0])
        await screen.press("up")
        await screen.sees("line 149", "line 150")
        assert view(screen).buffer.held == 200
        await screen.press("g")
        await screen.sees("line 0")
        assert asked[1].behind == 200
        await screen.press("g")
        assert len(asked) == 2  # there is nothing before
        await screen.press("G")
        await screen.sees("line 249", ", following")


async def test_the_instance_before_is_read_and_left_again() -> None:
    async with opened((120, 24)) as screen:
        screen.feed.answers[OlderLines] = lambda question: LogPart((b"it crashed",), is_first=True)
        (log,) = await opened_log(screen)
        log.say("new life")
        await screen.sees("new life")
        await screen.press("P")
        await screen.sees("it crashed", "the instance before", no="new life")
        assert log.stopped
        assert "--previous" in screen.app.place.equivalent()
        await screen.press("P")
        await screen.sees("following", no="it crashed")


async def test_what_is_seen_or_all_is_copied() -> None:
    async with opened() as screen:
        (log,) = await opened_log(screen)
        log.say(*(f"line {n}" for n in range(100)))
        await screen.sees("line 99")
        await screen.press("C")
        assert screen.app.clipboard.splitlines()[-1] == "line 99"
        assert 10 < len(screen.app.clipboard.splitlines()) < 24
        await screen.press("A")
        assert screen.app.clipboard.splitlines() == [f"line {n}" for n in range(100)]


async def test_what_the_mouse_selects_is_copied() -> None:
    async with opened() as screen:
        (log,) = await opened_log(screen)
        log.say(*(f"line {n} of many" for n in range(100)))
        await screen.sees("line 99")
        top = next(number for number, line in enumerate(screen.lines) if "line 90" in line)
        await screen.pilot.mouse_down(offset=(5, top))
        await screen.pilot.hover(offset=(7, top + 1))
        await screen.pilot.mouse_up(offset=(7, top + 1))
        await screen.press("C")
        assert screen.app.clipboard.splitlines()[0] == "90 of many"
        assert screen.app.clipboard.splitlines()[1].startswith("line 91"[:6])


async def test_a_log_is_saved_and_nothing_is_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened() as screen:
        (log,) = await opened_log(screen)
        log.say("one", "two \x1b[31mred\x1b[0m")
        await screen.sees("two red")
        await screen.press("s", "enter")
        await screen.sees("saved:")
        saved = tmp_path / "web-0-c.log"
        assert saved.read_text() == "one\ntwo red\n"
        assert saved.stat().st_mode & 0o777 == 0o600
        saved.write_text("precious")
        await screen.press("s", "enter")
        await screen.sees("exists already")
        assert saved.read_text() == "precious"
        await screen.press("backspace", "enter")
        await screen.pilot.pause()
        assert (tmp_path / "web-0-c.lo").read_text() == "one\ntwo red\n"


HOSTILE = [
    b"\x1b]0;title\x07\x1b[31mred\x1b[0m \x1b[2J\x9b2J [bold]x[/bold]",
    b"\xff\xfe invalid \xc3\x28 bytes",
    b"  0%|          |\r 50%|#####     |\r100%|##########|",
    b"windows line\r",
    b"tab\there \x00 nul \xe2\x80\xae reversed",
    "zero\u200bwidth e\u0301 👩‍👩‍👧 family".encode(),
]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("wrapped", [False, True])
async def test_nothing_in_a_log_reaches_the_terminal_as_a_command(size: tuple[int, int], wrapped: bool) -> None:
    async with opened(size) as screen:
        (log,) = await opened_log(screen)
        log.tail.extend([*HOSTILE, b"x" * 10_000_000, b"the end"])
        log.post(LogReady(log.token))
        await screen.sees("the end")
        if wrapped:
            await screen.press("w")
            await screen.sees("the end")
        await screen.press("g")
        await screen.sees("red", "[bold]x[/bold]", "invalid", "100%|##########|", "windows line", "tab     here")
        assert not set(screen.text) & set("\x1b\x07\x9b\x00\r\u202e")
        assert "title" not in screen.text
        assert "50%" not in screen.text


async def test_a_line_that_has_not_ended_is_shown_as_far_as_it_is() -> None:
    async with opened() as screen:
        (log,) = await opened_log(screen)
        log.tail.extend([b"done"], unfinished=b" 10%|#   |\r 20%|##  |")
        log.post(LogReady(log.token))
        await screen.sees("done", "20%|##  |", no="10%")
        log.tail.extend([b" 20%|##  |\r100%|####|", b"next"])
        log.post(LogReady(log.token))
        await screen.sees("100%|####|", "next", no="20%")


@pytest.mark.parametrize("size", SIZES)
async def test_a_flood_stays_bounded_and_keys_are_answered(size: tuple[int, int]) -> None:
    """Two million lines as fast as they can be handed over, while keys are pressed."""
    async with opened(size) as screen:
        (log,) = await opened_log(screen)
        batch = [b"2026-01-01T00:00:00.000000000Z line of a flood, as long as lines are " + b"." * 40] * 5000
        slowest, begin = 0.0, time.monotonic()
        for round_ in range(400):
            log.tail.extend(list(batch))
            log.post(LogReady(log.token))
            if round_ % 20 == 0:
                pressed = time.monotonic()
                await screen.press("w" if round_ % 40 else "t")
                slowest = max(slowest, time.monotonic() - pressed)
        assert time.monotonic() - begin < 60
        assert slowest < 2
        log.tail.extend([b"the last line"])
        log.post(LogReady(log.token))
        await screen.sees("the last line")
        assert view(screen).buffer.held <= MOST_LINES * 1.1


async def test_what_came_too_fast_is_counted() -> None:
    async with opened() as screen:
        (log,) = await opened_log(screen)
        for _ in range(10):
            log.tail.extend([b"x" * 999] * 2000)
        log.tail.extend([b"the last line"])
        log.post(LogReady(log.token))
        await screen.sees("the last line")
        await screen.press("g")
        await screen.sees("12,000 lines came too fast to be shown")


async def test_who_reads_further_up_is_not_moved_by_what_comes() -> None:
    async with opened() as screen:
        (log,) = await opened_log(screen)
        log.say(*(f"line {n}." for n in range(MOST_LINES)))
        await screen.sees(f"line {MOST_LINES - 1}.")
        await screen.press("pageup", "pageup")
        await screen.pilot.pause()
        before = view(screen).visible_text()
        log.say(*(f"more {n}." for n in range(MOST_LINES // 5)))
        await screen.pilot.pause(0.5)
        assert view(screen).buffer.held == MOST_LINES
        assert view(screen).visible_text() == before
