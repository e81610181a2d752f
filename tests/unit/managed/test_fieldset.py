"""The algebra of field sets: its laws, on trees of every shape."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from minikf.embedded.managed.elements import printed
from minikf.embedded.managed.fieldset import FieldSet, difference, has, intersection, paths, union, without

_ELEMENTS = st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', 'v:"y"'])
_PATHS = st.frozensets(st.lists(_ELEMENTS, min_size=1, max_size=3).map(tuple), max_size=6)


def tree(members: Any) -> FieldSet:
    """The set with exactly these members, built the slow way."""
    out: FieldSet = {}
    for path in members:
        node = out
        for element in path:
            node = node.setdefault(element, {"-": {}})  # "-" marks what is not known to be a member
        node["."] = {}
    return _closed(out)


def _closed(node: FieldSet) -> FieldSet:
    children = {key: _closed(below) for key, below in node.items() if key not in (".", "-")}
    return {".": {}, **children} if "." in node and children else children


@given(_PATHS)
def test_a_set_holds_its_members(members: frozenset[tuple[str, ...]]) -> None:
    found = tree(members)
    assert set(paths(found)) == members
    assert all(has(found, path) for path in members)
    assert not has(found, ("f:nope",))


@given(_PATHS, _PATHS)
def test_operations_mean_what_they_say(left: frozenset[Any], right: frozenset[Any]) -> None:
    one, other = tree(left), tree(right)
    assert set(paths(union(one, other))) == left | right
    assert set(paths(intersection(one, other))) == left & right
    assert set(paths(difference(one, other))) == left - right
    assert (one, other) == (tree(left), tree(right)), "operations must not change their arguments"


@given(_PATHS, _PATHS)
def test_results_are_sets_in_normal_form(left: frozenset[Any], right: frozenset[Any]) -> None:
    one, other = tree(left), tree(right)
    assert union(one, other) == tree(left | right)
    assert difference(one, other) == tree(left - right)
    assert intersection(one, other) == tree(left & right)


@given(_PATHS, st.lists(_ELEMENTS, min_size=1, max_size=2).map(tuple))
def test_without_takes_what_is_below_along(members: frozenset[Any], path: tuple[str, ...]) -> None:
    left = {member for member in members if member[: len(path)] != path}
    assert set(paths(without(tree(members), path))) == left


def test_paths_as_messages_show_them() -> None:
    path = ("f:spec", "f:containers", 'k:{"name":"a b","port":80}', "f:image")
    assert printed(path) == '.spec.containers[name="a b",port=80].image'
    assert printed(("f:metadata", "f:finalizers", 'v:"x/y"')) == '.metadata.finalizers[="x/y"]'
