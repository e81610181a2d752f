"""Runs a generator of events to its end."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from minikf.spec import Event

_T = TypeVar("_T")


def done(steps: Generator[Event, None, _T], events: list[Event] | None = None) -> _T:
    """What it returns; its events go to `events`."""
    while True:
        try:
            event = next(steps)
        except StopIteration as end:
            result: _T = end.value
            return result
        if events is not None:
            events.append(event)
