"""A run's graph drawn: as it is expected, in any width, and quickly."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from minikf.views.runs.cells import fit, pad, width
from minikf.views.runs.flat import MANY, flat
from minikf.views.runs.joining import Context, graph_of
from minikf.views.runs.layout import layout
from minikf.views.runs.model import AFTER, ITERATION, LOOP, STEP, Link, RunGraph, Step
from minikf.views.runs.moving import at, beside
from minikf.views.runs.picture import Look, draw, laid_out

DATA = Path(__file__).parents[1] / "pipelines" / "data"
NOW = datetime(2026, 1, 1, 0, 1, 5, tzinfo=UTC)
BEGAN = "2026-01-01T00:00:00Z"


def step(identity: str, kind: str = STEP, state: str = "SUCCEEDED", parent: str = "", name: str = "") -> Step:
    return Step(identity, name or identity, kind, parent, state, BEGAN, "2026-01-01T00:00:02Z", (f"pod-{identity}",))


def small() -> RunGraph:
    steps = (
        step("load"),
        step("loop", LOOP, "RUNNING"),
        step("loop[0]", ITERATION, "SUCCEEDED", "loop", "[0]"),
        step("loop[0]/train", STEP, "SUCCEEDED", "loop[0]", "train"),
        step("loop[1]", ITERATION, "RUNNING", "loop", "[1]"),
        Step("loop[1]/train", "train", STEP, "loop[1]", "RUNNING", BEGAN),
        step("check", STEP, "FAILED"),
        Step("deploy", "deploy", STEP, "", "WAITING"),
    )
    links = (
        Link("load", "loop", AFTER), Link("load", "check", AFTER), Link("loop", "deploy", AFTER),
        Link("check", "deploy", AFTER), Link("load", "deploy", AFTER),
    )  # fmt: skip
    return RunGraph("r", "small", "RUNNING", BEGAN, steps=steps, links=links)


BOXES = """\
                           ┌───────────────┐
                           │ ✓ load   2.0s │
                           └───────┬───────┘
                       ┌───────────┴─────────────┐
                ╭──────┴─────╮          ┏━━━━━━━━┷━━━━━━━┓
                │ ● for loop │          ┃ ✗ check   2.0s ┃
                ╰──────┬─────╯          ┗━━━━━━━━┯━━━━━━━┛
           ┌───────────┴───────────┐             │
┌──────────┴─────────┐  ┌──────────┴─────────┐   │
│ ✓ [0] train   2.0s │  │ ● [1] train  1m05s │   │
└──────────┬─────────┘  └──────────┬─────────┘   │
           └───────────────────┬───┴─────────────┘
                         ┌─────┴────┐
                         │ · deploy │
                         └──────────┘"""
TREE = """\
 ✓ load                2.0s
 ● for loop
   ✓ [0] train         2.0s
   ● [1] train        1m05s
>✗ check               2.0s
 · deploy"""


def test_boxes_and_lines() -> None:
    assert draw(small(), 100, Look(NOW, "check")).text() == BOXES


def test_a_narrow_terminal_gets_a_tree() -> None:
    assert draw(small(), 28, Look(NOW, "check")).text() == TREE


@pytest.mark.parametrize("name", sorted(path.stem for path in DATA.glob("*.yaml")))
def test_each_document_of_the_sdk_is_drawn(name: str) -> None:
    """Before anything runs: every task of the document has a box, and nothing is left out of the tree."""
    spec = next(yaml.safe_load_all((DATA / f"{name}.yaml").read_text()))
    graph = graph_of({"run_id": "r", "state": "PENDING"}, Context(spec))
    assert graph.steps and graph.progress[0] == 0
    assert graph.inside("") and all(graph.step(one.parent) for one in graph.steps if one.parent)
    picture = draw(graph, 200, Look(NOW))
    assert set(picture.spots) == {one.id for one in picture.flat.nodes}
    assert draw(graph, 40, Look(NOW)).is_tree


@given(st.integers(20, 59), st.text(max_size=40))
def test_no_line_of_a_tree_is_longer_than_the_terminal(columns: int, name: str) -> None:
    graph = RunGraph("r", "r", "RUNNING", steps=(step("a", name=name), step("b", parent="a", name=name)))
    for line in draw(graph, columns, Look(NOW)).lines:
        assert sum(width(text) for text, _ in line) <= columns


@settings(max_examples=50)
@given(st.lists(st.text(min_size=1, max_size=50), min_size=1, max_size=6))
def test_all_lines_of_boxes_are_of_one_width(names: list[str]) -> None:
    """Also where names have characters of two cells, or marks that take none."""
    names = [name for name in names if name.isprintable()] or ["a"]
    steps = tuple(step(str(number), name=name) for number, name in enumerate(names))
    links = tuple(Link(str(number), str(number + 1)) for number in range(0, len(names) - 1, 2))
    picture = draw(RunGraph("r", "r", "RUNNING", steps=steps, links=links), 100, Look(NOW))
    assert {sum(width(text) for text, _ in line) for line in picture.lines} == {picture.width}


def test_text_is_cut_by_cells() -> None:
    assert (width("日本"), fit("日本語", 5), pad("日", 4), fit("abc", 0), fit("abc", 2)) == (
        4,
        "日本…",
        "日  ",
        "",
        "a…",
    )
    assert width("e\u0301") == 1


def many(count: int, state: str = "SUCCEEDED") -> RunGraph:
    steps = [step("loop", LOOP)]
    for number in range(count):
        own = f"loop[{number}]"
        steps += [step(own, ITERATION, state, "loop", f"[{number}]"), step(f"{own}/x", STEP, state, own, "x")]
    return RunGraph("r", "r", "RUNNING", steps=tuple(steps))


def test_of_a_long_loop_the_iterations_that_need_a_look_are_shown() -> None:
    graph = many(100)
    broken = {"loop[50]", "loop[50]/x"}
    steps = tuple(step(one.id, one.kind, "FAILED", one.parent, one.name) if one.id in broken else one
                  for one in graph.steps)  # fmt: skip
    shown = [one.name for one in flat(RunGraph("r", "r", "RUNNING", steps=steps)).nodes]
    assert shown == ["loop", *(f"[{number}] x" for number in range(MANY - 1)), "[50] x", "92 more"]
    assert len(flat(graph, (), {"loop"}).nodes) == 101
    assert [one.name for one in flat(graph, {"loop"}).nodes] == ["loop"]


def test_an_edge_to_a_group_ends_at_it_and_one_from_it_begins_at_its_last_steps() -> None:
    edges = set(flat(small()).edges)
    assert ("load", "loop") in edges and ("loop", "loop[0]/train") in edges
    assert {("loop[0]/train", "deploy"), ("loop[1]/train", "deploy")} <= edges and ("loop", "deploy") not in edges
    assert ("loop", "deploy") in flat(small(), {"loop"}).edges


def test_the_arrows_go_to_what_is_beside() -> None:
    picture = draw(small(), 100, Look(NOW, "load"))
    assert beside(picture, "load", "down") == "loop" or beside(picture, "load", "down") == "check"
    assert beside(picture, "loop", "right") == "check" and beside(picture, "check", "left") == "loop"
    assert beside(picture, "loop", "left") == "loop" and beside(picture, "check", "up") == "load"
    assert beside(picture, "deploy", "down") == "deploy" and beside(picture, "gone", "down") == "load"
    assert (beside(picture, "check", "top"), beside(picture, "load", "bottom")) == ("load", "deploy")
    box = picture.spots["check"]
    assert at(picture, box.x, box.y) == "check" and at(picture, 0, 0) == ""
    tree = draw(small(), 40, Look(NOW))
    assert (beside(tree, "load", "down"), beside(tree, "loop", "right")) == ("loop", "loop[0]/train")
    assert (beside(tree, "loop[1]/train", "left"), beside(tree, "load", "up")) == ("loop", "load")


def test_nothing_at_all_is_drawn_as_nothing() -> None:
    for columns in (30, 100):
        assert draw(RunGraph("r", "r", "PENDING"), columns, Look(NOW)).text() == ""


def busy(count: int) -> RunGraph:
    chance = random.Random(3)
    steps = tuple(step(f"step-{number}") for number in range(count))
    links = tuple(
        Link(f"step-{chance.randrange(max(0, number - 20), number)}", f"step-{number}")
        for number in range(1, count)
        for _ in range(2)
    )
    return RunGraph("r", "r", "RUNNING", steps=steps, links=links)


def test_two_hundred_nodes_are_drawn_in_fifty_milliseconds() -> None:
    """The best of several, in time of this process: other programs share the machine. The bound is twice the goal for
    the same reason."""
    graph, times = busy(200), []
    for _ in range(5):
        laid_out.cache_clear()
        began = time.process_time()
        draw(graph, 160, Look(NOW))
        times.append(time.process_time() - began)
    assert min(times) < 0.1, times


def test_a_thousand_nodes_are_laid_out_at_all() -> None:
    shown = flat(busy(1000))
    placed = layout({one.id: (16, 3) for one in shown.nodes}, shown.edges)
    assert len(placed.boxes) == 1000
