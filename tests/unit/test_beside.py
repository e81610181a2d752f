"""Long work beside other long work: both results, or the first failure and nothing left running."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from minikf.beside import Beside
from minikf.errors import Refused
from minikf.spec import Event
from tests.embedded.homes import watch


def counting(what: str, ends: list[str], failing: bool = False) -> Generator[Event, None, str]:
    try:
        for number in range(3):
            yield Event(what, "progress", str(number))
        if failing:
            raise Refused(f"{what} fails")
        return what
    finally:
        ends.append(what)


def test_both_results_and_all_events() -> None:
    ends: list[str] = []
    beside = Beside(counting("other", ends))
    heard, main = watch(beside.hearing(counting("main", ends)))
    later, other = watch(beside.result())
    beside.give_up()
    assert (main, other) == ("main", "other") and not beside.failed and sorted(ends) == ["main", "other"]
    told = [(event.what, event.message) for event in (*heard, *later)]
    assert len(told) == 6 and [one for one in told if one[0] == "other"] == [("other", str(n)) for n in range(3)]


def test_a_failure_beside_ends_the_other_work() -> None:
    ends: list[str] = []
    beside = Beside(counting("other", ends, failing=True))

    def until_it_fails() -> Generator[Event, None, str]:
        try:
            while True:
                yield Event("main", "progress")
        finally:
            ends.append("main")

    with pytest.raises(Refused, match="other fails"):
        watch(beside.hearing(until_it_fails()))
    assert beside.failed and sorted(ends) == ["main", "other"]
    with pytest.raises(Refused, match="other fails"):
        watch(beside.result())
    beside.give_up()


def test_what_is_given_up_ends_at_its_next_event() -> None:
    go, ends = threading.Event(), []

    def waiting() -> Generator[Event, None, None]:
        try:
            while True:
                yield Event("one", "progress")
                go.wait()
        finally:
            ends.append("closed")

    beside = Beside(waiting())
    go.set()
    beside.give_up()
    assert ends == ["closed"] and not beside.failed
