"""Time that has passed since a stamp, whatever the wall clock does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from minikf.embedded.controllers.elapsed import Elapsed

START = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Clock:
    """Moved by the test: `wait` is time that passes, `step` is somebody setting the wall clock."""

    def __init__(self) -> None:
        self.wall, self.steady = START, 100.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.steady

    def wait(self, seconds: float) -> None:
        self.steady += seconds
        self.step(seconds)

    def step(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_time_passes(clock: Clock) -> None:
    elapsed = Elapsed(clock)
    assert elapsed.since("a", START) == 0
    clock.wait(5)
    assert elapsed.since("a", START) == 5
    assert elapsed.since("a", START - timedelta(seconds=10)) == 15, "a stamp of before the first look"


def test_a_step_back_puts_nothing_off(clock: Clock) -> None:
    elapsed = Elapsed(clock)
    clock.wait(2)
    assert elapsed.since("a", START) == 2
    clock.step(-3600)
    assert elapsed.since("a", START) == 2
    clock.wait(5)
    assert elapsed.since("a", START) == 7
    assert elapsed.since("a", clock.wall) == 0, "a stamp of after the step is as old as it looks"


def test_a_stamp_from_the_future_counts_from_the_first_look(clock: Clock) -> None:
    elapsed = Elapsed(clock)
    future = START + timedelta(hours=1)
    assert elapsed.since("a", future) == 0
    clock.wait(5)
    assert elapsed.since("a", future) == 5


def test_a_clock_that_runs_ahead_is_believed_as_after_a_laptops_sleep(clock: Clock) -> None:
    elapsed = Elapsed(clock)
    assert elapsed.since("a", START) == 0
    clock.step(600)
    assert elapsed.since("a", START) == 600


def test_objects_do_not_share_their_stamps_and_are_forgotten(clock: Clock) -> None:
    elapsed = Elapsed(clock)
    assert elapsed.since("a", START) == 0
    clock.wait(60)
    clock.step(-60)
    assert elapsed.of("a")(START) == 60
    assert elapsed.of("b")(START) == 0, "the same time of day, an hour that came twice"
    elapsed.forget("a")
    assert elapsed.since("a", START) == 0
