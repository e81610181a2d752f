"""The live lists in three terminals: order, changes, filter, place."""

from __future__ import annotations

import pytest

from minikf.spec import ComponentStatus
from minikf.tui.messages import Absent, Changed, Gone
from minikf.tui.pages import PAGES
from tests.tui.fake_feed import item, pod, train_job
from tests.tui.screen import SIZES, opened


@pytest.mark.parametrize("size", SIZES)
async def test_the_first_screen_shows_the_platform_and_its_parts_worst_first(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        await screen.sees("minikf default", "looking…")
        screen.feed.runs(
            ComponentStatus("api", True, "serving", address="https://127.0.0.1:1"),
            ComponentStatus("warm server", False, "failing", cause="numpy cannot be imported"),
        )
        await screen.sees("1/2 healthy", "warm server", "failing", "api", "numpy cannot be imported")
        assert screen.order("failing", "serving") == ["failing", "serving"]


@pytest.mark.parametrize("size", SIZES)
async def test_workloads_are_listed_worst_first_with_namespace_and_cause(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        screen.feed.runs()
        screen.feed.lists(
            "trainjobs",
            train_job("done", complete=True, minute=9),
            train_job("running", minute=5),
            train_job("newer", minute=7),
            train_job("broken", failed="the node exploded"),
        )
        await screen.open("trainjobs")
        await screen.sees("broken", "Failed", "team", "the node exploded", "!1")
        assert screen.order("broken ", "newer ", "running ", "done ") == ["broken ", "newer ", "running ", "done "]
        assert len(screen.lines) == size[1]
        assert all(len(line) <= size[0] for line in screen.lines)


async def test_lists_say_what_they_wait_for_what_is_empty_and_what_is_not_served() -> None:
    async with opened() as screen:
        await screen.open("trainjobs")
        await screen.sees("Looking…")
        screen.feed.lists("trainjobs")
        await screen.sees("There are no training jobs yet.")
        screen.feed.post(Absent("trainjobs", "404 page not found"))
        await screen.sees("This platform serves no training jobs: 404 page not found")
        screen.feed.lists("trainjobs", train_job("one"))
        await screen.sees("one", no="serves no")


async def test_changes_come_live_and_the_cursor_stays_on_what_it_is_on() -> None:
    async with opened() as screen:
        screen.feed.lists("trainjobs", *(train_job(f"job-{n:02}", minute=n) for n in range(30)))
        await screen.open("trainjobs")
        await screen.sees("job-29")
        for _ in range(20):
            await screen.press("j")
        await screen.sees("job-09")
        screen.feed.post(Changed(item("trainjobs", train_job("job-00", failed="boom"))))
        screen.feed.post(Changed(item("trainjobs", train_job("job-50", minute=50))))
        screen.feed.post(Gone("trainjobs", "team/job-15"))
        await screen.pilot.pause(0.3)
        await screen.press("enter")
        await screen.sees("TrainJob team/job-09")
        await screen.press("escape")
        await screen.sees("job-09")
        await screen.press("g")
        await screen.sees("job-00", "Failed", "job-50", "boom")


async def test_a_row_that_changes_in_place_is_widened() -> None:
    async with opened((80, 24)) as screen:
        screen.feed.lists("pods", pod("web", phase="Pending"))
        await screen.open("pods")
        await screen.sees("Pending")
        failing = pod("web", phase="Pending")
        failing["status"]["containerStatuses"][0]["state"] = {
            "waiting": {"reason": "CreateContainerConfigError", "message": "no ConfigMap 'x'"}
        }
        screen.feed.post(Changed(item("pods", failing)))
        await screen.sees("CreateContainerConfigError", "container node: no ConfigMap 'x'")


@pytest.mark.parametrize("size", SIZES)
async def test_the_filter_narrows_and_each_list_keeps_its_own(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        screen.feed.lists("trainjobs", train_job("alpha"), train_job("beta", namespace="other"))
        screen.feed.lists("pods", pod("gamma"))
        await screen.open("trainjobs")
        await screen.press("slash", *"other be")
        await screen.sees("beta", no="alpha")
        await screen.press("enter")
        await screen.open("pods")
        await screen.sees("gamma")
        await screen.open("trainjobs")
        await screen.sees("beta", "other be", no="alpha")
        await screen.press("escape")
        await screen.sees("alpha", "beta", no="other be")
        await screen.press("slash", *"nothing", "enter")
        await screen.sees("No training jobs with 'nothing'.")


async def test_letters_in_the_filter_are_letters_and_not_commands() -> None:
    async with opened() as screen:
        screen.feed.lists("trainjobs", train_job("quiet"))
        await screen.open("trainjobs")
        await screen.press("slash", *"qly?")
        await screen.sees("No training jobs with 'qly?'.")


async def test_tab_steps_through_the_views_and_round() -> None:
    async with opened() as screen:
        await screen.sees("Home")
        names = [page.place for page in PAGES]
        for place in [*names[1:], names[0], names[1]]:
            await screen.press("tab")
            await screen.shows(place)
        await screen.press("shift+tab", "shift+tab")
        await screen.shows(names[-1])


async def test_a_click_on_a_name_opens_its_list() -> None:
    async with opened() as screen:
        screen.feed.lists("pods", pod("clicked"))
        await screen.sees("Pods")
        line = next(number for number, line in enumerate(screen.lines) if "Pods" in line)
        await screen.pilot.click(offset=(screen.lines[line].index("Pods") + 1, line))
        await screen.sees("clicked")


async def test_a_list_of_many_is_whole() -> None:
    async with opened() as screen:
        screen.feed.lists("pods", *(pod(f"p-{n:04}") for n in range(1200)))
        await screen.open("pods")
        await screen.sees("p-0000")
        await screen.press("G")
        await screen.sees("p-1199")


async def test_what_a_status_holds_never_reaches_the_terminal_as_a_command() -> None:
    async with opened() as screen:
        evil = train_job("evil", failed="\x1b]0;title\x07\x1b[31mred\x1b[0m [bold]x[/bold] \x9b2J\u202e")
        screen.feed.lists("trainjobs", evil)
        await screen.open("trainjobs")
        await screen.sees("red [bold]x[/bold]")
        assert not set(screen.text) & {"\x1b", "\x07", "\x9b", "\u202e"}
        assert "title" not in screen.text


async def test_an_object_of_unknown_form_is_a_row_with_its_reason() -> None:
    async with opened() as screen:
        strange = train_job("strange") | {"status": {"conditions": "none"}}
        screen.feed.lists("trainjobs", strange, train_job("normal"))
        await screen.open("trainjobs")
        await screen.sees("strange", "Unreadable", "normal", "its status has an unknown form")


async def test_a_slash_in_the_filter_is_a_slash() -> None:
    async with opened() as screen:
        screen.feed.lists("trainjobs", train_job("alpha"), train_job("beta", namespace="other"))
        await screen.open("trainjobs")
        await screen.sees("alpha")
        await screen.press("slash", *"other", "slash", *"be", "enter")
        await screen.sees("beta", "other/be", no="alpha")


@pytest.mark.parametrize("many", [5, 60])
async def test_what_broke_while_another_view_was_open_is_seen_on_coming_back(many: int) -> None:
    async with opened((80, 24)) as screen:
        calm = [pod(f"web-{number:02}") for number in range(many)]
        screen.feed.lists("pods", *calm)
        await screen.open("pods")
        await screen.sees("web-00")
        await screen.open("services")
        screen.feed.lists("pods", pod("worst-1", phase="Failed"), pod("worst-2", phase="Failed"), *calm)
        await screen.press("8")
        await screen.shows("pods")
        await screen.pilot.pause(0.3)
        assert "worst-1" in screen.text, screen.text


async def test_without_notebooks_the_page_says_how_to_make_one() -> None:
    async with opened() as screen:
        screen.feed.lists("notebooks")
        await screen.open("notebooks")
        await screen.sees("There are no notebooks yet: minikf notebook create NAME")


async def test_keys_are_no_words_of_the_filter_when_the_last_row_goes() -> None:
    async with opened() as screen:
        screen.feed.lists("pods", pod("web-1"), pod("other"))
        await screen.open("pods")
        await screen.sees("web-1", "other")
        await screen.press("slash", *"web", "enter")
        await screen.sees("web-1", no="other")
        screen.feed.lists("pods", pod("other"))
        await screen.sees("No Pods with 'web'.", "q Quit")
        await screen.press("j")
        await screen.pilot.pause(0.2)
        await screen.sees("No Pods with 'web'.")
        screen.feed.lists("pods", pod("web-2"))
        await screen.sees("web-2")
        await screen.press("enter")
        await screen.sees("Pod team/web-2")
