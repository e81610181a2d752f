"""Where the boxes of a lineage's picture stand: what came first on the left. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from minikf.lineage.graph import Edge, Graph

WIDTH, LINE, PADDING = 262, 15, 8
GAP_X, GAP_Y, MARGIN = 90, 22, 20


@dataclass(frozen=True)
class Box:
    """In pixels; x and y are of the upper left corner."""

    x: int
    y: int
    height: int


@dataclass(frozen=True)
class Layout:
    boxes: dict[str, Box]
    edges: tuple[Edge, ...]
    width: int
    height: int


def layout(graph: Graph, lines: dict[str, int]) -> Layout:
    """`lines` is how many lines of text each node has."""
    columns = _columns(graph)
    ranks = _ranks(graph, columns)
    boxes: dict[str, Box] = {}
    heights = {key: lines[key] * LINE + 2 * PADDING for key in graph.nodes}
    totals = [sum(heights[key] + GAP_Y for key in column) - GAP_Y for column in ranks]
    tallest = max(totals, default=0)
    for number, column in enumerate(ranks):
        y = MARGIN + (tallest - totals[number]) // 2  # columns are centred
        for key in column:
            boxes[key] = Box(MARGIN + number * (WIDTH + GAP_X), y, heights[key])
            y += heights[key] + GAP_Y
    width = 2 * MARGIN + len(ranks) * (WIDTH + GAP_X) - GAP_X
    return Layout(boxes, graph.edges, max(width, WIDTH + 2 * MARGIN), tallest + 2 * MARGIN)


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


def _ranks(graph: Graph, columns: dict[str, int]) -> list[list[str]]:
    """The nodes of each column, ordered by where those stand that they are joined with (barycentres, two sweeps)."""
    ranks: list[list[str]] = [[] for _ in range(max(columns.values(), default=0) + 1)]
    for key, column in columns.items():
        ranks[column].append(key)
    place = {key: float(number) for rank in ranks for number, key in enumerate(rank)}
    for edges, end in ((graph.above, "source"), (graph.below, "target")):
        for rank in ranks if end == "source" else reversed(ranks):
            middles = {
                key: sum(places) / len(places)
                if (places := [place[getattr(e, end)] for e in edges.get(key, ())])
                else place[key]
                for key in rank
            }
            rank.sort(key=lambda key: middles[key])
            place |= {key: float(number) for number, key in enumerate(rank)}
    return ranks
