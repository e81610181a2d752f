"""Where the boxes of a graph stand in a terminal, and which way its lines go. Pure.

Sugiyama's way: nodes in layers, each below all that it waits for; long lines get a place in every layer that they pass;
layers are ordered by barycentres; places across are the least squares from the middle of what is joined, with room
kept (pool adjacent violators). Lines run down only: from a box's lower edge, along a row of their own between two
layers, to the next box's upper edge. All of it is in cells of a terminal, and the same for the same input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minikf.views.runs.channels import Channel, Port, route

GAP = 2  # cells between boxes of a layer
_LANE = 3  # cells across that a line takes where it passes a layer
_SWEEPS = 4
# How much straight lines matter: between two places of a long line, at one end of it, and between boxes
# (the ratios of Gansner and others, "A Technique for Drawing Directed Graphs", 4.2).
_STRAIGHT, _END, _SHORT = 8.0, 2.0, 1.0


@dataclass(frozen=True)
class Box:
    """In cells; `x` and `y` are of the upper left corner, `ports` are the columns where lines come in above,
    `port_out` the one where they go out below, -1 for none."""

    x: int
    y: int
    width: int
    height: int
    ports: tuple[int, ...] = ()
    port_out: int = -1


@dataclass(frozen=True)
class Layout:
    """`lanes` are the columns where lines pass a layer: (column, first row, last row)."""

    boxes: Mapping[str, Box]
    channels: tuple[Channel, ...]
    lanes: tuple[tuple[int, int, int], ...]
    width: int
    height: int


@dataclass(frozen=True)
class _Place:
    """Where the lines from a node pass a layer."""

    source: str
    layer: int


_Key = str | _Place


def layout(sizes: Mapping[str, tuple[int, int]], edges: Sequence[tuple[str, str]]) -> Layout:
    """`sizes` are width and height of each node. The edges make no circle."""
    reduced = without_shortcuts(list(sizes), edges)
    layer_of = _layers(list(sizes), reduced)
    ranks, ways = _places(list(sizes), reduced, layer_of)
    _order(ranks, ways)
    widths: dict[_Key, int] = {key: size[0] for key, size in sizes.items()}
    lefts = _across(ranks, ways, widths)
    return _drawn(ranks, ways, widths, lefts, sizes)


def without_shortcuts(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The edges that no longer way implies (transitive reduction); the same reach with fewer lines."""
    order = _sorted(nodes, edges)
    number = {key: position for position, key in enumerate(order)}
    below: dict[str, list[str]] = {}
    for source, target in dict.fromkeys(edges):
        below.setdefault(source, []).append(target)
    reach = dict.fromkeys(order, 0)  # sets of numbers as bits
    kept: set[tuple[str, str]] = set()
    for key in reversed(order):
        for target in sorted(below.get(key, ()), key=number.__getitem__):
            if not reach[key] >> number[target] & 1:
                kept.add((key, target))
                reach[key] |= reach[target] | 1 << number[target]
    return [edge for edge in dict.fromkeys(edges) if edge in kept]


def _sorted(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> list[str]:
    """Kahn's algorithm. Raises ValueError where edges make a circle or name what is no node."""
    waits = dict.fromkeys(nodes, 0)
    below: dict[str, list[str]] = {}
    for source, target in dict.fromkeys(edges):
        if source not in waits or target not in waits:
            raise ValueError(f"{source} -> {target} joins what is no node")
        waits[target] += 1
        below.setdefault(source, []).append(target)
    done = [key for key, count in waits.items() if not count]
    for key in done:
        for target in below.get(key, ()):
            waits[target] -= 1
            if not waits[target]:
                done.append(target)
    if len(done) < len(waits):
        raise ValueError("the edges make a circle")
    return done


def _layers(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The longest way from a beginning to each node."""
    found = dict.fromkeys(nodes, 0)
    below: dict[str, list[str]] = {}
    for source, target in edges:
        below.setdefault(source, []).append(target)
    for key in _sorted(nodes, edges):
        for target in below.get(key, ()):
            found[target] = max(found[target], found[key] + 1)
    return found


def _places(
    nodes: Sequence[str], edges: Sequence[tuple[str, str]], layer_of: Mapping[str, int]
) -> tuple[list[list[_Key]], list[tuple[_Key, _Key]]]:
    """Who is in each layer, and the joints between neighbouring layers. Long lines from one node run together as far
    as they can: in each layer they share a place."""
    ranks: list[list[_Key]] = [[] for _ in range(max(layer_of.values(), default=-1) + 1)]
    for key in nodes:
        ranks[layer_of[key]].append(key)
    ways: dict[tuple[_Key, _Key], None] = {}
    known: set[_Place] = set()
    for source, target in edges:
        last: _Key = source
        for layer in range(layer_of[source] + 1, layer_of[target]):
            place = _Place(source, layer)
            if place not in known:
                known.add(place)
                ranks[layer].append(place)
            ways[last, place] = None
            last = place
        ways[last, target] = None
    return ranks, list(ways)


def _order(ranks: list[list[_Key]], ways: Sequence[tuple[_Key, _Key]]) -> None:
    """Orders each layer by where that stands with which it is joined; as many sweeps as it takes to settle."""
    above: dict[_Key, list[_Key]] = {}
    below: dict[_Key, list[_Key]] = {}
    for source, target in ways:
        above.setdefault(target, []).append(source)
        below.setdefault(source, []).append(target)
    place = {key: float(number) for rank in ranks for number, key in enumerate(rank)}
    for _ in range(_SWEEPS):
        before = [list(rank) for rank in ranks]
        for joined, ordered in ((above, ranks), (below, ranks[::-1])):
            for rank in ordered:
                middle = {
                    key: sum(place[one] for one in joined[key]) / len(joined[key]) if key in joined else place[key]
                    for key in rank
                }
                rank.sort(key=middle.__getitem__)
                place.update((key, float(number)) for number, key in enumerate(rank))
        if before == ranks:
            return


def _across(
    ranks: Sequence[Sequence[_Key]], ways: Sequence[tuple[_Key, _Key]], widths: Mapping[_Key, int]
) -> dict[_Key, int]:
    """The left end of each place."""
    above: dict[_Key, list[tuple[_Key, float]]] = {}
    below: dict[_Key, list[tuple[_Key, float]]] = {}
    for source, target in ways:
        ends = isinstance(source, _Place) + isinstance(target, _Place)
        weight = (_SHORT, _END, _STRAIGHT)[ends]
        above.setdefault(target, []).append((source, weight))
        below.setdefault(source, []).append((target, weight))
    middle: dict[_Key, float] = {}
    for rank in ranks:
        x = 0.0
        for key in rank:
            width = widths.get(key, _LANE)
            middle[key] = x + width / 2
            x += width + GAP
    for sweep in range(2 * _SWEEPS):
        joined, ordered = (above, ranks) if sweep % 2 == 0 else (below, ranks[::-1])
        for rank in ordered:
            wanted = [
                sum(middle[one] * weight for one, weight in joined[key]) / sum(weight for _, weight in joined[key])
                if key in joined
                else middle[key]
                for key in rank
            ]
            for key, x in zip(rank, _apart(wanted, [widths.get(key, _LANE) for key in rank]), strict=True):
                middle[key] = x
    lefts = {key: middle[key] - widths.get(key, _LANE) / 2 for key in middle}
    least = min(lefts.values(), default=0.0)
    return {key: int(x - least) for key, x in lefts.items()}


def _apart(wanted: Sequence[float], widths: Sequence[int]) -> list[float]:
    """The middles nearest to the wanted ones (least squares) that leave room for each, in the same order."""
    offsets, offset = [], 0.0
    for number, width in enumerate(widths):
        offset += (widths[number - 1] + width) / 2 + GAP if number else 0.0
        offsets.append(offset)
    blocks: list[tuple[float, int]] = []  # (mean, how many)
    for x, shift in zip(wanted, offsets, strict=True):
        mean, count = x - shift, 1
        while blocks and blocks[-1][0] > mean:
            other, many = blocks.pop()
            mean, count = (mean * count + other * many) / (count + many), count + many
        blocks.append((mean, count))
    flat = [mean for mean, count in blocks for _ in range(count)]
    return [x + shift for x, shift in zip(flat, offsets, strict=True)]


def _drawn(
    ranks: Sequence[Sequence[_Key]],
    ways: Sequence[tuple[_Key, _Key]],
    widths: Mapping[_Key, int],
    lefts: Mapping[_Key, int],
    sizes: Mapping[str, tuple[int, int]],
) -> Layout:
    below: dict[_Key, list[_Key]] = {}
    for source, target in ways:
        below.setdefault(source, []).append(target)
    outs: dict[_Key, int] = {key: lefts[key] + widths[key] // 2 for key in sizes if key in below}
    ins: dict[_Key, tuple[int, ...]] = {}
    tops: dict[int, tuple[int, int]] = {}
    channels: list[Channel] = []
    y = 0
    for number, rank in enumerate(ranks):
        height = max((sizes[key][1] for key in rank if isinstance(key, str)), default=1)
        tops[number] = (y, height)
        y += height
        if number + 1 < len(ranks):
            # Lower boxes of a layer end early: their lines start where the layer ends.
            targets = [_port(key, lefts[key], widths) for key in ranks[number + 1]]
            joined = {key: below[key] for key in rank if key in below}
            channel, found = route(joined, outs, targets, y)
            ins |= found
            outs |= {key: columns[0] for key, columns in found.items() if isinstance(key, _Place)}
            channels.append(channel)
            y += channel.height
    boxes: dict[str, Box] = {}
    lanes: list[tuple[int, int, int]] = []
    for number, rank in enumerate(ranks):
        top, height = tops[number]
        for key in rank:
            if isinstance(key, str):
                width, own = sizes[key]
                boxes[key] = Box(lefts[key], top, width, own, ins.get(key, ()), outs.get(key, -1))
                if own < height and key in outs:
                    lanes.append((outs[key], top + own, top + height - 1))
            else:
                lanes.append((outs[key], top, top + height - 1))
    width = max((box.x + box.width for box in boxes.values()), default=0)
    width = max([width, *(column + 1 for column, _, _ in lanes)])
    return Layout({key: boxes[key] for key in sizes}, tuple(channels), tuple(lanes), width, y)


def _port(key: _Key, left: int, widths: Mapping[_Key, int]) -> Port[_Key]:
    """A line comes into a box between its corners, and anywhere into a lane."""
    if isinstance(key, _Place):
        return Port(key, left, left + _LANE - 1)
    return Port(key, left + 1, left + widths[key] - 2)
