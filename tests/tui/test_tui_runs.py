"""Runs of pipelines in three terminals: the list, the graph of one, its logs and artifacts, again, and two compared."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.widgets import Input, TextArea

from minikf.tui.config import Config
from minikf.tui.feed import LogSource
from minikf.tui.screens.log import LogScreen
from minikf.tui.screens.run import RunScreen
from minikf.views.runs.comparing import compare
from minikf.views.runs.content import Content
from minikf.views.runs.joining import Context, graph_of
from minikf.views.runs.listing import RunLine, RunList
from minikf.views.runs.model import Made, RunGraph, Value
from minikf.views.runs.questions import (
    Compared,
    ContentOf,
    DoToRun,
    Field,
    FieldsOfRun,
    GraphOfRun,
    NewestRuns,
    RunAgain,
)
from minikf.views.text import now
from tests.tui.screen import SIZES, Screen, opened

CREATED = "2026-01-01T00:00:00Z"
LINES = (
    RunLine("r-3", "newest", "RUNNING", "2026-01-01T00:03:00Z", pipeline="digits", experiment="E", done=1, total=3),
    RunLine("r-2", "good", "SUCCEEDED", "2026-01-01T00:02:00Z", "2026-01-01T00:02:05Z", "digits", "E"),
    RunLine("r-1", "bad", "FAILED", CREATED, "2026-01-01T00:00:09Z", "digits", "E", error="train ran out of memory"),
)


def task(name: str, *after: str, dag: bool = False) -> dict[str, object]:
    return {
        "taskInfo": {"name": name},
        "componentRef": {"name": "group" if dag else "leaf"},
        "dependentTasks": list(after),
    }


SPEC = {
    "pipelineInfo": {"name": "digits"},
    "root": {"dag": {"tasks": {"load": task("load"), "train": task("train", "load"), "loop": {
        **task("loop", "load", dag=True), "parameterIterator": {"items": {"raw": "[1, 2]"}, "itemInput": "n"}}}}},
    "components": {
        "leaf": {"executorLabel": "e"},
        "group": {"dag": {"tasks": {"inner": task("inner"), "last": task("last", "inner")}}},
    },
    "deploymentSpec": {"executors": {"e": {"container": {}}}},
}  # fmt: skip


def live(identity: str, name: str, state: str, parent: str = "", error: str = "") -> dict[str, object]:
    return {
        "task_id": identity, "display_name": name, "state": state, "parent_task_id": parent, "start_time": CREATED,
        "end_time": "2026-01-01T00:00:02Z" if state != "RUNNING" else "", "error": {"message": error},
        "executor_detail": {"main_job": f"pod-{identity}"},
    }  # fmt: skip


def run_graph(run: str = "r-1", name: str = "bad", train: str = "FAILED") -> RunGraph:
    tasks = [
        live("1", "load", "SUCCEEDED"),
        live("2", "train", train, error="out of memory" if train == "FAILED" else ""),
        live("3", "loop", "RUNNING"),
        live("4", "loop", "RUNNING", "3"),
        live("5", "inner", "RUNNING", "4"),
    ]
    said = {
        "run_id": run, "display_name": name, "state": train, "created_at": CREATED,
        "finished_at": "2026-01-01T00:00:09Z", "run_details": {"task_details": tasks},
    }  # fmt: skip
    found = graph_of(said, Context(SPEC, experiment="E", namespace="team"))
    made = Made("model", "7", "system.Model", "/tmp/model", 2048, "PRESENT")
    steps = tuple(
        replace(step, gives=(made,), parameters=(Value("rate", 0.5),)) if step.id == "train" else step
        for step in found.steps
    )
    return replace(found, steps=steps)


def furnish(screen: Screen) -> None:
    answers = screen.feed.answers
    answers[NewestRuns()] = RunList(LINES, 3)
    answers[GraphOfRun] = lambda question: run_graph(question.run, "good" if question.run == "r-2" else "bad")


async def listed(screen: Screen) -> None:
    furnish(screen)
    await screen.open("pipelines")
    await screen.sees("newest", "good", "bad")


async def in_the_graph(screen: Screen) -> RunScreen:
    await listed(screen)
    await screen.press("enter")
    await screen.sees("train", "load")
    assert isinstance(screen.app.screen, RunScreen)
    return screen.app.screen


@pytest.mark.parametrize("size", SIZES)
async def test_runs_are_listed_worst_first_with_progress_and_cause(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        await listed(screen)
        await screen.sees("FAILED", "1/3", "train ran out of memory")
        assert screen.order("bad ", "newest ", "good ") == ["bad ", "newest ", "good "]
        assert all(len(line) <= size[0] for line in screen.lines)
        if size[0] == 160:
            await screen.sees("PIPELINE", "digits", "EXPERIMENT", "9.0s")


async def test_the_list_says_what_it_waits_for_and_why_it_is_not_there() -> None:
    async with opened() as screen:
        await screen.open("pipelines")
        await screen.sees("Looking…")
        screen.feed.answers[NewestRuns()] = LookupError("this platform has no Kubeflow Pipelines")
        screen.feed.tell(NewestRuns())
        await screen.sees("The runs cannot be read: this platform has no Kubeflow Pipelines")
        screen.feed.answers[NewestRuns()] = RunList()
        screen.feed.tell(NewestRuns())
        await screen.sees("There are no runs yet: minikf run FILE")
        screen.feed.answers[NewestRuns()] = RunList(LINES, 1234)
        screen.feed.tell(NewestRuns())
        await screen.press("slash", *"good", "enter")
        await screen.sees("good", "the newest 3 of 1,234 runs", no="RUNNING")


@pytest.mark.parametrize("size", SIZES)
async def test_the_graph_lives_and_the_arrows_go_through_it(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        shown = await in_the_graph(screen)
        assert shown.chosen_step == "train"  # what failed is looked at first
        await screen.sees("✗ bad", "failed", "✗ train")
        if size[0] >= 80:
            await screen.sees("┏━", "out of memory")
        await screen.press("g")
        assert shown.chosen_step == "load"
        await screen.press("j" if size[0] < 60 else "down")
        assert shown.chosen_step in ("train", "loop")
        await screen.press("up")
        assert shown.chosen_step == "load"
        screen.feed.answers[GraphOfRun] = lambda question: run_graph(train="SUCCEEDED")
        screen.feed.tell(GraphOfRun("r-1"))
        await screen.sees("✓ train", "✓ bad", no="✗ train")
        assert len(screen.lines) == size[1] and all(len(line) <= size[0] for line in screen.lines)
        await screen.press("escape")
        await screen.sees("newest", "good")
        assert GraphOfRun("r-1") not in screen.feed.kept


async def test_a_group_is_folded_and_the_form_changes() -> None:
    async with opened((160, 50)) as screen:
        shown = await in_the_graph(screen)
        await screen.sees("inner", "[0]")
        shown.chosen_step = "loop"
        await screen.press("z")
        await screen.sees("for loop", no="inner")
        await screen.press("z", "b")
        await screen.sees(">", "inner", no="┏")
        await screen.press("left")
        assert shown.chosen_step == "loop"
        await screen.press("b", "G")
        await screen.sees("┏")


@pytest.mark.parametrize("size", SIZES)
async def test_logs_and_artifacts_of_the_step(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        await in_the_graph(screen)
        await screen.press("l")
        await screen.sees("team/pod-2 main")
        assert isinstance(screen.app.screen, LogScreen)
        assert screen.feed.followers[-1].source == LogSource("team", "pod-2", "main")
        await screen.press("escape")
        screen.feed.answers[ContentOf("r-1", "train", "7")] = Content(("the weights",), "text")
        await screen.press("a")
        await screen.sees("Artifacts of train", "model (out)", "2.0 KiB", "(text)", "the weights")
        await screen.press("escape", "g", "a")
        await screen.sees("load takes")


async def test_logs_of_a_run_from_the_list_begin_with_what_failed() -> None:
    async with opened() as screen:
        await listed(screen)
        await screen.press("l")
        await screen.sees("team/pod-2 main")


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_is_made_again_with_what_was_edited(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        await listed(screen)
        fields = (Field("rows", "5", "a whole number"), Field("api_key", "***", "a text"))
        screen.feed.answers[FieldsOfRun("r-1")] = fields
        asked = RunAgain("r-1", (("rows", "57"),))
        screen.feed.answers[asked] = LookupError("'rows' is too many")
        await screen.press("r")
        await screen.sees("Run bad again", "rows: a whole number")
        await screen.pilot.pause()
        assert isinstance(screen.app.focused, Input)
        await screen.press("end", "7", "enter")
        await screen.sees("'rows' is too many")
        screen.feed.answers[asked] = "r-2"
        await screen.press("ctrl+r")
        await screen.sees("good", "train")
        assert isinstance(screen.app.screen, RunScreen) and screen.app.screen.run_id == "r-2"
        assert screen.app.place.equivalent() == "minikf runs graph r-2"
        await screen.press("escape")
        await screen.sees("newest")


async def test_cancel_and_delete_want_the_name_and_retry_does_not() -> None:
    async with opened() as screen:
        await listed(screen)
        screen.feed.answers[DoToRun] = lambda question: f"{question.verb} done"
        await screen.press("ctrl+k")
        await screen.sees("it is over, so there is")
        await screen.press("R")
        assert screen.feed.asked[-2:] == [DoToRun("r-1", "retry"), NewestRuns()]
        await screen.press("j", "ctrl+k")
        await screen.sees("Cancel run newest?")
        await screen.press(*"newest", "enter")
        await screen.sees("cancel done")
        await screen.press("k", "ctrl+d", *"wrong", "enter", "escape")
        assert DoToRun("r-1", "delete") not in screen.feed.asked
        await screen.press("ctrl+d", *"bad", "enter")
        await screen.sees("delete done")
        assert DoToRun("r-1", "delete") in screen.feed.asked


async def test_a_run_that_is_deleted_from_its_graph_is_left() -> None:
    async with opened() as screen:
        await in_the_graph(screen)
        screen.feed.answers[DoToRun] = lambda question: "is deleted"
        await screen.press("ctrl+d", *"bad", "enter")
        await screen.sees("newest", "good", no="┏")


async def test_read_only_mode_changes_nothing() -> None:
    async with opened(config=Config(read_only=True)) as screen:
        await listed(screen)
        await screen.press("r", "R", "ctrl+d", "ctrl+k")
        await screen.pilot.pause()
        assert not [one for one in screen.feed.asked if one.changes]


@pytest.mark.parametrize("size", SIZES)
async def test_two_runs_that_are_selected_are_compared(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        await listed(screen)
        await screen.press("v")
        await screen.sees("select two runs")
        left = replace(run_graph(), parameters=(Value("rows", 5), Value("same", 1)))
        right = replace(run_graph("r-2", "good", "SUCCEEDED"), parameters=(Value("rows", 7), Value("same", 1)))
        screen.feed.answers[Compared("r-1", "r-2")] = compare(left, right, now())
        await screen.press("space", "G", "space", "v")
        await screen.sees("A bad", "B good", "rows", "5", "7", "*", no="same")
        await screen.press("b")
        await screen.sees("same")
        assert screen.app.place.equivalent() == "minikf runs compare r-1 r-2 --all"


async def test_yaml_of_a_run_masks_credentials_and_control_characters() -> None:
    async with opened() as screen:
        furnish(screen)
        said = {"run_id": "r-9", "runtime_config": {"parameters": {"api_key": "hunter2", "text": "\x1b[31mred"}}}
        screen.feed.answers[NewestRuns()] = RunList((replace(LINES[0], obj=said),), 1)
        await screen.open("pipelines")
        await screen.sees("newest")
        await screen.press("y")
        await screen.sees("run_id: r-9", "***")
        text = screen.app.screen.query_one(TextArea).text
        assert "hunter2" not in text and "\x1b" not in text


async def test_a_connection_that_is_lost_leaves_the_graph() -> None:
    async with opened() as screen:
        await in_the_graph(screen)
        screen.feed.answers[GraphOfRun] = lambda question: LookupError("it does not answer")
        screen.feed.tell(GraphOfRun("r-1"))
        await screen.sees("cannot be read now: it does not answer", "train")
