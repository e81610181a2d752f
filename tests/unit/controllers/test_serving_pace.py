"""Pods that do not last are not made again and again without a pause."""

from __future__ import annotations

from minikf.embedded.controllers.base import Key
from minikf.embedded.controllers.serving.pace import LONGEST_SECONDS, Pace

KEY = Key("default", "digits")


def test_the_pause_doubles_up_to_a_minute_and_belongs_to_a_revision() -> None:
    pace, now, pauses = Pace(), 100.0, []
    for _ in range(9):
        pauses.append(pace.pause(KEY, "r1", now))
        pace.made(KEY, "r1", now)
    assert pauses == [0, 0, 2, 4, 8, 16, 32, LONGEST_SECONDS, LONGEST_SECONDS]
    assert pace.pause(KEY, "r1", now + LONGEST_SECONDS) == 0
    assert pace.pause(KEY, "r2", now) == 0


def test_a_service_that_served_begins_anew() -> None:
    pace = Pace()
    for _ in range(5):
        pace.made(KEY, "r1", 0.0)
    pace.forget(KEY)
    assert pace.pause(KEY, "r1", 0.0) == 0
