"""Long work in a thread, with its progress in bytes, and an end to it where nobody listens any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from typing import TypeVar

from minikf.errors import NoProgress
from minikf.spec import Event

STALL_SECONDS = 420
"""Without a byte: more than one request and its repetitions may take."""

_TELL_SECONDS = 0.2
_END_SECONDS = 5.0
"""How long what goes on is waited for when nobody wants it any more."""

T = TypeVar("T")


class Ended(Exception):
    """The work was given up. Never leaves the package."""


def heard(what: str, doing: str, total: int, work: Callable[[Callable[[int], None]], T]) -> Generator[Event, None, T]:
    """Does the work in a thread and tells how far it is; ends it where nobody listens any more.

    The thread is not waited for when the program ends: a request to a store that is silent cannot be taken back.
    """
    ended, done = threading.Event(), [0]
    results: list[T] = []
    errors: list[BaseException] = []
    lock = threading.Lock()

    def hear(size: int) -> None:
        if ended.is_set():
            raise Ended
        with lock:
            done[0] += size

    def run() -> None:
        try:
            results.append(work(hear))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="copy", daemon=True)
    thread.start()
    at, since = 0, time.monotonic()
    try:
        while thread.is_alive():
            thread.join(_TELL_SECONDS)
            if done[0] != at:
                at, since = done[0], time.monotonic()
                yield Event(what, "progress", doing, bytes_done=at, bytes_total=total)
            elif time.monotonic() - since > STALL_SECONDS:
                raise NoProgress(
                    f"{what} stands still",
                    cause=f"{doing}, {at:,} bytes so far and none for {STALL_SECONDS} seconds",
                    advice="look at the network and the disk, then: minikf promote ... --resume",
                )
    finally:
        ended.set()
        thread.join(_END_SECONDS)
    if errors:
        raise errors[0]
    return results[0]
