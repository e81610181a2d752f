"""Where the boxes of a lineage's picture stand, what came first on the left, and which way its arrows go. Pure.

An arrow that passes columns has a place of its own in each of them (Sugiyama's way: such a place is a node of no
size), so that it runs between the boxes. One that leads back, and long ones beyond a number, run in lanes above all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from minikf.lineage.graph import Edge, Graph

WIDTH, LINE, PADDING = 262, 15, 8
GAP_X, GAP_Y, MARGIN = 90, 22, 20
# How much room an arrow has that passes a column, and how far lanes are apart.
_PASS, _LANE = 6, 7
# Places in columns that arrows may take in all: a picture of thousands of boxes must not take minutes.
_MOST_PLACES = 4000
_LANES = 60

Point = tuple[int, int]


@dataclass(frozen=True)
class Box:
    """In pixels; x and y are of the upper left corner."""

    x: int
    y: int
    height: int


@dataclass(frozen=True)
class Route:
    """An arrow's way. `passes` are the left ends of its runs through columns, each WIDTH wide; with a `lane` it runs at
    that height, above all boxes."""

    edge: Edge
    start: Point
    end: Point
    passes: tuple[Point, ...] = ()
    lane: int | None = None


@dataclass(frozen=True)
class Layout:
    boxes: dict[str, Box]
    routes: tuple[Route, ...]
    width: int
    height: int


@dataclass(frozen=True)
class _Place:
    """Where an arrow passes a column."""

    edge: int
    column: int


_Key = str | _Place


def layout(graph: Graph, lines: dict[str, int]) -> Layout:
    """`lines` is how many lines of text each node has."""
    columns = _columns(graph)
    places = _places(graph, columns)
    ranks = _ranks(graph, columns, places)
    heights: dict[_Key, int] = {key: lines[key] * LINE + 2 * PADDING for key in graph.nodes}
    laned = [n for n, e in enumerate(graph.edges) if n not in places and columns[e.target] - columns[e.source] != 1]
    top = MARGIN + min(len(laned), _LANES) * _LANE
    totals = [sum(_room(key, heights) for key in rank) for rank in ranks]
    tallest = max(totals, default=0)
    spots: dict[_Key, Point] = {}
    for number, rank in enumerate(ranks):
        y = top + (tallest - totals[number]) // 2  # columns are centred
        for key in rank:
            spots[key] = (MARGIN + number * (WIDTH + GAP_X), y)
            y += _room(key, heights)
    boxes = {key: Box(*spots[key], heights[key]) for key in graph.nodes}
    lanes = {number: MARGIN // 2 + (position % _LANES) * _LANE for position, number in enumerate(laned)}
    routes = tuple(
        Route(
            edge,
            (boxes[edge.source].x + WIDTH, boxes[edge.source].y + boxes[edge.source].height // 2),
            (boxes[edge.target].x, boxes[edge.target].y + boxes[edge.target].height // 2),
            tuple(spots[place] for place in places.get(number, ())),
            lanes.get(number),
        )
        for number, edge in enumerate(graph.edges)
    )
    width = 2 * MARGIN + len(ranks) * (WIDTH + GAP_X) - GAP_X
    return Layout(boxes, routes, max(width, WIDTH + 2 * MARGIN), top + tallest + MARGIN)


def _room(key: _Key, heights: Mapping[_Key, int]) -> int:
    return 2 * _PASS if isinstance(key, _Place) else heights[key] + GAP_Y


def _places(graph: Graph, columns: Mapping[str, int]) -> dict[int, tuple[_Place, ...]]:
    """The places that each long arrow takes, by the arrow's number; none of those that lead back or are too many."""
    found: dict[int, tuple[_Place, ...]] = {}
    left = _MOST_PLACES
    lengths = sorted((columns[e.target] - columns[e.source] - 1, number) for number, e in enumerate(graph.edges))
    for between, number in lengths:
        if between < 1:
            continue
        if between > left:
            break
        left -= between
        first = columns[graph.edges[number].source] + 1
        found[number] = tuple(_Place(number, first + step) for step in range(between))
    return found


def _columns(graph: Graph) -> dict[str, int]:
    """The longest way from a beginning to each node; an edge that closes a circle does not count."""
    order = _order(graph)
    place = {key: number for number, key in enumerate(order)}
    column = dict.fromkeys(order, 0)
    for key in order:
        for edge in graph.below.get(key, ()):
            if place[edge.target] > place[key]:
                column[edge.target] = max(column[edge.target], column[key] + 1)
    # A beginning stands right before what came of it, not far on the left.
    for key in reversed(order):
        after = [column[edge.target] for edge in graph.below.get(key, ()) if place[edge.target] > place[key]]
        if after and not graph.above.get(key):
            column[key] = min(after) - 1
    return column


def _order(graph: Graph) -> list[str]:
    """Each node after those that it came of, as far as there is no circle: Kahn's algorithm; a circle is opened where
    its first node stands."""
    waiting = {key: len(graph.above.get(key, ())) for key in graph.nodes}
    ready = [key for key, count in waiting.items() if not count]
    done: dict[str, None] = {}
    left = iter(list(graph.nodes))
    while len(done) < len(graph.nodes):
        if not ready:
            ready = [next(key for key in left if key not in done)]
        key = ready.pop()
        if key in done:
            continue
        done[key] = None
        for edge in graph.below.get(key, ()):
            waiting[edge.target] -= 1
            if waiting[edge.target] == 0 and edge.target not in done:
                ready.append(edge.target)
    return list(done)


def _ranks(graph: Graph, columns: Mapping[str, int], places: Mapping[int, Sequence[_Place]]) -> list[list[_Key]]:
    """What stands in each column, ordered by where that stands with which it is joined (barycentres, two sweeps)."""
    ranks: list[list[_Key]] = [[] for _ in range(max(columns.values(), default=0) + 1)]
    for key, column in columns.items():
        ranks[column].append(key)
    above: dict[_Key, list[_Key]] = {}
    below: dict[_Key, list[_Key]] = {}
    for number, edge in enumerate(graph.edges):
        way: list[_Key] = [edge.source, *places.get(number, ()), edge.target]
        for one in places.get(number, ()):
            ranks[one.column].append(one)
        for before, after in pairwise(way):
            above.setdefault(after, []).append(before)
            below.setdefault(before, []).append(after)
    place = {key: float(number) for rank in ranks for number, key in enumerate(rank)}
    for joined, ordered in ((above, ranks), (below, ranks[::-1])):
        for rank in ordered:
            middles = {
                key: sum(place[one] for one in joined[key]) / len(joined[key]) if key in joined else place[key]
                for key in rank
            }
            rank.sort(key=lambda key: middles[key])
            place |= {key: float(number) for number, key in enumerate(rank)}
    return ranks
