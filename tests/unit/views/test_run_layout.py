"""The layered layout: properties of any graph without circles, and what the lines on the paper lead to."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikf.views.runs.channels import DOWN, LEFT, RIGHT, UP
from minikf.views.runs.layout import Layout, layout, without_shortcuts

Edges = list[tuple[str, str]]
Sizes = dict[str, tuple[int, int]]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Sizes, Edges]:
    count = draw(st.integers(0, 24))
    names = [f"n{number}" for number in range(count)]
    sizes = {name: (draw(st.integers(7, 30)), 3) for name in names}
    pairs = st.tuples(st.integers(0, max(0, count - 1)), st.integers(0, max(0, count - 1)))
    picked = draw(st.lists(pairs, max_size=40)) if count else []
    order = draw(st.permutations(range(count)))
    edges = [(names[order[min(a, b)]], names[order[max(a, b)]]) for a, b in picked if a != b]
    return sizes, edges


@given(graphs())
def test_no_box_touches_another_and_all_is_on_the_paper(graph: tuple[Sizes, Edges]) -> None:
    placed = layout(*graph)
    taken: set[tuple[int, int]] = set()
    for key, box in placed.boxes.items():
        assert (box.width, box.height) == graph[0][key]
        assert box.x >= 0 and box.x + box.width <= placed.width and box.y + box.height <= placed.height
        cells = {(x, y) for x in range(box.x, box.x + box.width) for y in range(box.y, box.y + box.height)}
        assert not cells & taken
        taken |= cells
    lines = {cell for channel in placed.channels for cell in channel.cells}
    lines |= {(column, row) for column, first, last in placed.lanes for row in range(first, last + 1)}
    assert not lines & taken
    assert all(0 <= x < placed.width and 0 <= y < placed.height for x, y in lines)


@given(graphs())
def test_each_edge_leads_down(graph: tuple[Sizes, Edges]) -> None:
    boxes = layout(*graph).boxes
    for source, target in graph[1]:
        assert boxes[source].y + boxes[source].height < boxes[target].y


@given(graphs())
def test_the_same_graph_gives_the_same_layout(graph: tuple[Sizes, Edges]) -> None:
    assert layout(*graph) == layout(dict(graph[0]), list(graph[1]))


@given(graphs())
def test_shortcuts_go_and_the_reach_stays(graph: tuple[Sizes, Edges]) -> None:
    sizes, edges = graph
    kept = without_shortcuts(list(sizes), edges)
    assert reach(list(sizes), kept) == reach(list(sizes), edges)
    for edge in kept:
        assert reach(list(sizes), [one for one in kept if one != edge]) != reach(list(sizes), kept)


@settings(max_examples=200)
@given(graphs())
def test_every_edge_is_drawn(graph: tuple[Sizes, Edges]) -> None:
    """From the lower edge of a box lines lead to all boxes that wait for it; and to no other, where each box has room
    for a column for each line that comes in."""
    sizes, edges = graph
    placed = layout(sizes, edges)
    kept = without_shortcuts(list(sizes), edges)
    few = all(sum(target == key for _, target in kept) <= 3 for key in sizes)
    for source in sizes:
        wanted = {target for one, target in kept if one == source}
        if wanted:
            found = led_to(placed, source)
            assert wanted == found if few else wanted <= found, f"{source}: {wanted}, {found}"


def test_lines_that_cross_are_not_joined() -> None:
    """Two pairs that cannot stand without a crossing: whoever follows a line comes to what waits, and nowhere else."""
    sizes = dict.fromkeys(("a", "b", "c", "x", "y", "z"), (9, 3))
    edges = [("a", "x"), ("a", "z"), ("b", "x"), ("b", "y"), ("c", "y"), ("c", "z"), ("c", "x")]
    placed = layout(sizes, edges)
    for source in ("a", "b", "c"):
        assert led_to(placed, source) == {target for one, target in edges if one == source}


def test_a_circle_and_a_stranger_are_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        layout({"a": (5, 3), "b": (5, 3)}, [("a", "b"), ("b", "a")])
    with pytest.raises(ValueError, match="no node"):
        layout({"a": (5, 3)}, [("a", "b")])


def test_two_hundred_nodes_are_laid_out_quickly() -> None:
    """The goal is 50 ms with the drawing; the bound leaves room for a busy machine."""
    chance = random.Random(7)
    sizes = {f"n{number}": (16, 3) for number in range(200)}
    edges = [(f"n{chance.randrange(number)}", f"n{number}") for number in range(1, 200) for _ in range(2)]
    best = min(_timed(sizes, edges) for _ in range(3))
    assert best < 0.1


def _timed(sizes: Sizes, edges: Edges) -> float:
    began = time.process_time()
    layout(sizes, edges)
    return time.process_time() - began


def reach(nodes: list[str], edges: Edges) -> set[tuple[str, str]]:
    below: dict[str, list[str]] = {}
    for source, target in edges:
        below.setdefault(source, []).append(target)
    found = set()
    for start in nodes:
        queue = list(below.get(start, []))
        while queue:
            one = queue.pop()
            if (start, one) not in found:
                found.add((start, one))
                queue += below.get(one, [])
    return found


def led_to(placed: Layout, source: str) -> set[str]:
    """The boxes to which the lines lead from a box, followed as an eye does: along, and never up again."""
    cells = {cell: ways for channel in placed.channels for cell, ways in channel.cells.items()}
    for column, first, last in placed.lanes:
        cells |= {(column, row): UP | DOWN for row in range(first, last + 1)}
    tops = {(column, box.y): key for key, box in placed.boxes.items() for column in box.ports}
    box = placed.boxes[source]
    found: set[str] = set()
    queue, seen = [((box.port_out, box.y + box.height), DOWN)], set()
    while queue:
        (x, y), way = queue.pop()
        if (x, y) in tops and way == DOWN:
            found.add(tops[x, y])
        ways = cells.get((x, y), 0)
        if way != DOWN and not ways & (LEFT | RIGHT):
            ways = way  # another line passes over this one
        if ((x, y), way) in seen or not ways:
            continue
        seen.add(((x, y), way))
        steps = {DOWN: (x, y + 1), LEFT: (x - 1, y), RIGHT: (x + 1, y)}
        queue += [(place, on) for on, place in steps.items() if ways & on]
    return found
