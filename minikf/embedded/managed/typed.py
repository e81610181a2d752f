"""Values seen through their schema: which fields they set, how two differ, merge and removal.

sigs.k8s.io/structured-merge-diff v6.3.0, typed/. A value without schema is "deduced": maps are granular, lists atomic.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from minikf.embedded.managed.elements import item_element
from minikf.embedded.managed.fieldset import LEAF, SELF, FieldSet, is_member
from minikf.embedded.schema.node import Node

ABSENT: Any = object()


class Repeated(tuple[Any, ...]):
    """Items of a set or keyed list that share an element: owned together, as a leaf."""

    __slots__ = ()


@dataclass
class Comparison:
    """The fields that a second object adds, removes and modifies."""

    added: FieldSet = field(default_factory=dict)
    removed: FieldSet = field(default_factory=dict)
    modified: FieldSet = field(default_factory=dict)


def is_granular(value: Any, node: Node | None) -> bool:
    """Whether the parts of a map or list can have managers of their own."""
    if value.__class__ is dict:
        return node is None or not node.is_atomic
    return value.__class__ is list and node is not None and node.list_type != "atomic"


def _parts(value: Any, node: Node | None) -> dict[str, tuple[Any, Node | None]]:
    """The parts of a granular value by path element; an element that occurs again gives the list of its values."""
    if value.__class__ is dict:
        if node is None:
            return {f"f:{key}": (part, None) for key, part in value.items()}
        return {f"f:{key}": (part, node.field(key)) for key, part in value.items()}
    assert node is not None, "only a schema makes lists granular"
    parts: dict[str, tuple[Any, Node | None]] = {}
    for item in value:
        element = item_element(item, node)
        if element in parts:
            before, _ = parts[element]
            parts[element] = (Repeated((*before, item) if isinstance(before, Repeated) else (before, item)), node.items)
        else:
            parts[element] = (item, node.items)
    return parts


def all_fields(value: Any, node: Node | None) -> FieldSet:
    """The subtree of a value that is new as a whole: it and everything in it is a member."""
    if value.__class__ is dict:
        if not value or (node is not None and node.is_atomic):
            return LEAF
        out: FieldSet = {SELF: LEAF}
        for key, part in value.items():
            if part.__class__ is dict or part.__class__ is list:
                out[f"f:{key}"] = all_fields(part, None if node is None else node.field(key))
            else:
                out[f"f:{key}"] = LEAF
        return out
    if not value or not is_granular(value, node):
        return LEAF
    return {SELF: LEAF} | {name: all_fields(part, child) for name, (part, child) in _parts(value, node).items()}


def field_set(value: Any, node: Node | None) -> FieldSet:
    """The fields that an applied configuration sets: leaves, items of lists, and keys of free maps."""
    out: FieldSet = {}
    for element, (part, child) in _parts(value, node).items():
        if not is_granular(part, child):
            out[element] = LEAF
            continue
        below = field_set(part, child)
        is_declared = value.__class__ is dict and node is not None and element[2:] in node.properties
        if part == {} or not is_declared:
            out[element] = {SELF: LEAF, **below} if below else LEAF
        elif below:
            out[element] = below
    return out


def compare(left: Any, right: Any, node: Node | None) -> Comparison:
    """How the object `right` differs from the object `left`."""
    found = Comparison()
    if left.__class__ is dict and right.__class__ is dict:
        for key, new in right.items():
            old = left.get(key, ABSENT)
            if old.__class__ is not new.__class__ or old != new:
                _compare_part(f"f:{key}", old, new, None if node is None else node.field(key), found)
        for key in left.keys() - right.keys():
            _compare_part(f"f:{key}", left[key], ABSENT, None if node is None else node.field(key), found)
        return found
    before, after = _parts(left, node), _parts(right, node)
    for element in before.keys() | after.keys():
        old, child = before.get(element, (ABSENT, None))
        new, child = after.get(element, (ABSENT, child))
        if old.__class__ is not new.__class__ or old != new:
            _compare_part(element, old, new, child, found)
    return found


def _compare_part(element: str, old: Any, new: Any, node: Node | None, found: Comparison) -> None:
    """Two values of one element that are not the same; either may be ABSENT."""
    if old is ABSENT:
        found.added[element] = all_fields(new, node)
        return
    if new is ABSENT:
        found.removed[element] = all_fields(old, node)
        return
    kind = _common_kind(old, new, node)
    if kind is None:
        if old != new or isinstance(old, bool) is not isinstance(new, bool):
            found.modified[element] = LEAF
        return
    below = compare(old or kind(), new or kind(), node)
    for mine, its in ((found.added, below.added), (found.removed, below.removed), (found.modified, below.modified)):
        if its:
            mine[element] = its


def _common_kind(left: Any, right: Any, node: Node | None) -> type[dict[str, Any]] | type[list[Any]] | None:
    """The type as which two values are taken part by part, where null stands for an empty one; None for leaves.

    Two empty values are a leaf, which keeps null and empty apart.
    """
    if not (left or right) or not is_granular(left or right, node):
        return None
    if isinstance(left, dict | None) and isinstance(right, dict | None):
        return dict
    return list if isinstance(left, list | None) and isinstance(right, list | None) else None


def merge(live: Any, config: Any, node: Node | None) -> Any:
    """`config` laid over `live`, which may be ABSENT. Neither is changed."""
    if live is ABSENT:
        return config
    kind = _common_kind(live, config, node)
    if kind is None:
        return config
    if kind is list:
        return _merge_lists(live or [], config or [], node)
    out = dict(live or {})
    for key, part in (config or {}).items():
        out[key] = merge(out.get(key, ABSENT), part, node.field(key) if node is not None else None)
    return out


def _merge_lists(live: list[Any], config: list[Any], node: Node | None) -> list[Any]:
    """Items in the configuration's order, with items that only the live list has kept where they stood."""
    assert node is not None, "only a schema makes lists granular"
    lefts = [item_element(item, node) for item in live]
    rights = [item_element(item, node) for item in config]
    by_left, by_right = dict(zip(lefts, live, strict=True)), dict(zip(rights, config, strict=True))
    shared = iter([element for element in rights if element in by_left])
    wanted = next(shared, None)
    out: list[Any] = []
    merged: set[str] = set()
    left, right = 0, 0
    while left < len(lefts) or right < len(rights):
        if left < len(lefts):
            element = lefts[left]
            if right < len(rights):
                if element == rights[right]:
                    merged.add(element)
                    out.append(merge(by_left[element], by_right[element], node.items))
                    left, right, wanted = left + 1, right + 1, next(shared, None)
                    continue
                if element in by_right and wanted is not None and wanted != element:
                    left += 1  # shared, but another one comes first
                    continue
            if element not in by_right:
                out.append(live[left])
                left += 1
                continue
            if element in merged:
                left += 1
        if right < len(rights):
            element = rights[right]
            merged.add(element)
            out.append(merge(by_left.get(element, ABSENT), by_right[element], node.items))
            right += 1
            if wanted == element:
                wanted = next(shared, None)
    return out


def remove(value: Any, fields: FieldSet, node: Node | None) -> Any:
    """`value` without the members of `fields`; a map or list that loses everything becomes None."""
    if not is_granular(value, node):
        return None if isinstance(value, dict | list) else value
    if isinstance(value, dict):
        out = {}
        for key, part in value.items():
            below = fields.get(f"f:{key}")
            if below is None:
                out[key] = part
            elif not is_member(below):
                out[key] = remove(part, below, node.field(key) if node is not None else None)
        return out or None
    assert node is not None, "only a schema makes lists granular"
    items = []
    for item in value:
        below = fields.get(item_element(item, node))
        if below is None:
            items.append(item)
        elif not is_member(below):
            items.append(remove(item, below, node.items))
    return items or None


def with_named_fields(fields: FieldSet, node: Node | None) -> FieldSet:
    """`fields`, where declared fields that have members below them are members too; keys of free maps are not."""
    out: FieldSet = {}
    for element, below in fields.items():
        if element == SELF or not below:
            out[element] = below
            continue
        child = _child(element, node)
        declared = node is not None and element.startswith("f:") and element[2:] in node.properties
        deeper = with_named_fields(below, child)
        out[element] = {SELF: LEAF, **deeper} if declared else deeper
    return out


def _child(element: str, node: Node | None) -> Node | None:
    if node is None:
        return None
    return node.field(element[2:]) if element.startswith("f:") else node.items
