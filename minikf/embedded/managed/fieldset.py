"""Sets of fields in the form of `fieldsV1`, and the algebra on them.

A set is a tree. Its keys are path elements (`f:name`, `k:{"name":"x"}`, `v:"a"`), its values the sets below them. An
element is a member when its subtree is empty or holds the key "."; one without is only on the way to members. Sets are
shared and never changed; every operation makes what it returns.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

FieldSet = dict[str, Any]
Path = tuple[str, ...]

SELF = "."
LEAF: FieldSet = {}


def is_member(below: FieldSet) -> bool:
    return not below or SELF in below


def _node(member: bool, children: FieldSet) -> FieldSet:
    """The subtree of an element: a member, or with members below, or both."""
    return {SELF: LEAF, **children} if member and children else children


def union(left: FieldSet, right: FieldSet) -> FieldSet:
    if not right or not left:
        return left or right
    out = dict(left)
    for element, below in right.items():
        other = left.get(element)
        if other is None or other == below:
            out[element] = below
        elif element != SELF:
            member = is_member(other) or is_member(below)
            children = union(_children(other), _children(below))
            out[element] = _node(member, children)
    return out


def difference(left: FieldSet, right: FieldSet) -> FieldSet:
    """What is in `left` and not in `right`, element by element: a parent does not take its children along."""
    if not right or not left:
        return left
    out: FieldSet = {}
    for element, below in left.items():
        other = right.get(element)
        if other is None:
            out[element] = below
        elif element != SELF:
            member = is_member(below) and not is_member(other)
            children = difference(_children(below), _children(other))
            if member or children:
                out[element] = _node(member, children)
    return out


def intersection(left: FieldSet, right: FieldSet) -> FieldSet:
    out: FieldSet = {}
    for element, below in left.items():
        other = right.get(element)
        if other is None or element == SELF:
            continue
        member = is_member(below) and is_member(other)
        children = intersection(_children(below), _children(other))
        if member or children:
            out[element] = _node(member, children)
    return out


def without(fields: FieldSet, path: Path) -> FieldSet:
    """`fields` without `path` and all that is below it."""
    head, rest = path[0], path[1:]
    below = fields.get(head)
    if below is None or (rest and not below):
        return fields
    out = dict(fields)
    left = without(below, rest) if rest else LEAF
    if left:
        out[head] = LEAF if left.keys() == {SELF} else left
    else:
        del out[head]
    return out


def _children(below: FieldSet) -> FieldSet:
    if SELF not in below:
        return below
    return {element: further for element, further in below.items() if element != SELF}


def has(fields: FieldSet, path: Path) -> bool:
    """Whether `path` is a member."""
    for element in path:
        below = fields.get(element)
        if below is None:
            return False
        fields = below
    return is_member(fields)


def paths(fields: FieldSet, prefix: Path = ()) -> Iterator[Path]:
    """Members in the order in which the API server lists them: those of a level, then those further down."""
    elements = sorted(element for element in fields if element != SELF)
    for element in elements:
        if is_member(fields[element]):
            yield (*prefix, element)
    for element in elements:
        yield from paths(fields[element], (*prefix, element))
