"""A selection holds what is needed and nothing else, in an order that depends on the bundle alone."""

from __future__ import annotations

import random

import pytest

from minikf.bundle import catalog
from minikf.bundle.model import LITE, STANDARD, Bundle, Component, Licence, Profile, Shape
from minikf.bundle.origin import Origin
from minikf.bundle.selection import ordered, select
from minikf.errors import Refused, UsageError
from tests.unit.bundle.conftest import Write, entry


def bundle(edges: dict[str, list[str]], profile: list[str], variant: str = STANDARD) -> Bundle:
    components = {
        name: Component(
            name, name, "", "", Licence("MIT", "x"), {STANDARD: Shape((Origin("a/b", "c", name),))}, tuple(needs)
        )
        for name, needs in edges.items()
    }
    return Bundle("small", "1", components, {"p": Profile("p", "", variant, tuple(profile))})


def ids(found: Bundle, *words: object, **options: object) -> list[str]:
    return [one.id for one in select(found, "p", *words, **options).components]  # type: ignore[arg-type]


def test_each_comes_after_what_it_needs_and_otherwise_in_the_bundles_order() -> None:
    found = bundle({"z": ["m", "b"], "b": [], "m": ["a"], "a": [], "alone": []}, ["z"])
    assert ids(found) == ["b", "a", "m", "z"]
    assert ids(found, add=["alone"]) == ["b", "a", "m", "z", "alone"]


def test_the_order_of_lists_changes_nothing() -> None:
    names = [f"c{number}" for number in range(40)]
    draw = random.Random(7)
    edges = {name: draw.sample(names[:at], min(at, 3)) for at, name in enumerate(names)}
    shuffled = {name: draw.sample(needs, len(needs)) for name, needs in edges.items()}
    profile = draw.sample(names, 20)
    first, second = ids(bundle(edges, profile)), ids(bundle(shuffled, sorted(profile)))
    assert first == second
    for at, name in enumerate(first):
        assert set(edges[name]) <= set(first[:at])


def test_what_only_a_removed_one_needed_goes_with_it() -> None:
    found = bundle({"a": [], "b": ["a"], "c": []}, ["b", "c"])
    assert ids(found, remove=["b"]) == ["c"]
    assert ids(found, remove=["c"]) == ["a", "b"] and ids(found, remove=["a", "b"]) == ["c"]


def test_what_is_needed_is_not_removed() -> None:
    with pytest.raises(Refused) as raised:
        ids(bundle({"a": [], "b": ["a"]}, ["b"]), remove=["a"])
    assert raised.value.message == "'b' needs 'a', which is to be removed" and "remove 'b'" in raised.value.advice


def test_lite_has_needs_of_its_own(write_bundle: Write) -> None:
    profiles = "".join(f"  {name}: {{does: x, variant: {name}, components: [b]}}\n" for name in (LITE, STANDARD))
    found = catalog.read(write_bundle(entry("a"), entry("b", "needs: [a]", "needs_lite: []"), profiles=profiles))
    assert [one.id for one in select(found, LITE).components] == ["b"]
    assert [one.id for one in select(found, STANDARD).components] == ["a", "b"]


@pytest.mark.parametrize(
    ("words", "message", "advice"),
    [
        ({"profile": "pp"}, "has no profile 'pp'", "did you mean p?"),
        ({"add": ["kserv"]}, "has no component 'kserv'", "did you mean kserve?"),
        ({"remove": ["zzz"]}, "has no component 'zzz'", "known are: kserve"),
        ({"add": ["kserve"], "remove": ["kserve"]}, "to be added and to be removed", "once"),
    ],
)
def test_unknown_names_are_refused_with_those_that_are_near(
    words: dict[str, list[str]], message: str, advice: str
) -> None:
    options = {"profile": "p", **words}
    with pytest.raises(UsageError) as raised:
        select(bundle({"kserve": []}, ["kserve"]), **options)  # type: ignore[arg-type]
    assert message in raised.value.message and advice in raised.value.advice


def test_what_has_no_files_is_refused_with_the_reason(write_bundle: Write) -> None:
    far = entry("far", "locked: false", "why_not: no mirror has it").replace("  standard: {paths: [here/far]}\n", "")
    profile = "  p: {does: x, variant: standard, components: [one]}\n"
    found = catalog.read(write_bundle(entry("one"), far, profiles=profile))
    with pytest.raises(Refused) as raised:
        select(found, "p", add=["far"])
    assert raised.value.cause == "no mirror has it" and raised.value.advice == "minikf bundle show far"


def test_a_circle_is_found_wherever_it_begins() -> None:
    with pytest.raises(Refused) as raised:
        ordered(bundle({"x": ["a"], "a": ["b"], "b": ["a"]}, []), ["x"], STANDARD)
    assert "a -> b -> a" in raised.value.message and "x" not in raised.value.message.partition("circle")[2]
