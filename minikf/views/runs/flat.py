"""A run's graph without its nesting, as it is drawn: groups are nodes above what is in them. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from minikf.views.runs.model import ITERATION, LOOP, RunGraph, Step

MANY = 8  # iterations of a loop that are shown, those that need a look first
_URGENT = ("FAILED", "CANCELED", "RUNNING", "PENDING")


@dataclass(frozen=True)
class Flat:
    """`nodes` in the order of the graph; `edges` join them; `depths` is how deep each is nested."""

    nodes: tuple[Step, ...]
    edges: tuple[tuple[str, str], ...]
    depths: dict[str, int]


def flat(graph: RunGraph, folded: Collection[str] = (), whole: Collection[str] = ()) -> Flat:
    """`folded` are groups whose inside is not shown, `whole` are loops all of whose iterations are."""
    below: dict[str, list[Step]] = {}
    for step in graph.steps:
        below.setdefault(step.parent, []).append(step)
    nodes: list[Step] = []
    depths: dict[str, int] = {}
    inner: dict[str, list[str]] = {}  # what is shown of a group
    stands_for: dict[str, str] = {}  # an iteration of one step is shown as that step

    def show(step: Step, depth: int) -> None:
        stack = [(step, depth)]
        while stack:
            one, level = stack.pop()
            inside = below.get(one.id, [])
            if one.kind == ITERATION and len(inside) == 1 and not inside[0].is_group:
                (only,) = inside
                stands_for[one.id] = only.id
                one, inside = replace(only, name=f"{one.name} {only.name}", parent=one.parent), []
            nodes.append(one)
            depths[one.id] = level
            if one.id in folded or not inside:
                continue
            shown, left = _shown(one, inside, whole)
            inner[one.id] = [each.id for each in shown]
            if left:
                more = Step(f"{one.id}[…]", f"{left} more", ITERATION, one.id, one.state)
                shown = [*shown, more]
                inner[one.id].append(more.id)
            stack += [(each, level + 1) for each in reversed(shown)]

    for top in below.get("", []):
        show(top, 0)
    names = {identity: stands_for.get(identity, identity) for identity in [*depths, *stands_for]}
    waits = [link for link in graph.links if link.source in names and link.target in names]
    edges: list[tuple[str, str]] = []
    before = {link.target for link in waits}
    after = {link.source for link in waits}
    for group, inside_ids in inner.items():
        edges += [(group, names.get(one, one)) for one in inside_ids if one not in before]
    ends: dict[str, list[str]] = {}
    for node in reversed(nodes):  # what is inside comes after its group
        last = [one for one in inner.get(node.id, []) if one not in after]
        ends[node.id] = [end for one in last for end in ends.get(names.get(one, one), [])] or [node.id]
    for link in waits:
        edges += [(end, names[link.target]) for end in ends[names[link.source]]]
    return Flat(tuple(nodes), tuple(dict.fromkeys(edges)), depths)


def _shown(group: Step, inside: list[Step], whole: Collection[str]) -> tuple[list[Step], int]:
    """Of a long loop the iterations that need a look, and how many are left out."""
    if group.kind != LOOP or len(inside) <= MANY + 1 or group.id in whole:
        return inside, 0
    ranked = sorted(inside, key=lambda one: _URGENT.index(one.state) if one.state in _URGENT else len(_URGENT))
    chosen = {one.id for one in ranked[:MANY]}
    return [one for one in inside if one.id in chosen], len(inside) - MANY
