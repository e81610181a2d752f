"""Long work in a thread, beside other long work whose result is needed, too."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Generic, TypeVar

from minikf.spec import Event

T = TypeVar("T")
R = TypeVar("R")


class Beside(Generic[T]):
    """Runs steps in a thread of their own, from now on; their events are told by whoever goes on meanwhile."""

    def __init__(self, steps: Generator[Event, None, T]) -> None:
        self._steps = steps
        self._told: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._given_up = threading.Event()
        self._result: list[T] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="beside")
        self._thread.start()

    @property
    def failed(self) -> bool:
        return self._error is not None

    def hearing(self, steps: Generator[Event, None, R]) -> Generator[Event, None, R]:
        """Other steps, with what happens beside them told between their events; returns their result.

        Raises what they raise, and what this ended with where it has failed: then they are ended, too.
        """
        with closing(steps):
            while True:
                try:
                    event = next(steps)
                except StopIteration as end:
                    result: R = end.value
                    return result
                yield event
                yield from self._news()

    def result(self) -> Generator[Event, None, T]:
        """Waits for it. Raises what it ended with."""
        self._thread.join()
        yield from self._news()
        return self._result[0]

    def give_up(self) -> None:
        """Ends it at its next event, and waits for that."""
        self._given_up.set()
        self._thread.join()

    def _news(self) -> Iterator[Event]:
        failed = self.failed  # before the queue is emptied: what it told last is told first
        while not self._told.empty():
            yield self._told.get()
        if failed and self._error is not None:
            raise self._error

    def _work(self) -> None:
        try:
            with closing(self._steps):
                while not self._given_up.is_set():
                    self._told.put(next(self._steps))
        except StopIteration as end:
            self._result.append(end.value)
        except BaseException as error:  # raised again in the thread that asks for the result
            self._error = error
