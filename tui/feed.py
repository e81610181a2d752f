"""The bridge between the platform and the screens, as the screens see it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol

from textual.message import Message

from minikf.views.asking import Question, Work

Post = Callable[[Message], object]
"""Hands a message to the app; may be called from any thread."""


@dataclass(frozen=True)
class LogSource:
    """A container's log."""

    namespace: str
    pod: str
    container: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.pod} {self.container}"


class Tail:
    """Lines on their way to a screen: the newest `limit` of them, however fast they come."""

    def __init__(self, limit: int = 5000) -> None:
        self._lines: deque[str] = deque(maxlen=limit)
        self._lock = Lock()
        self._dropped = 0
        self._told = False

    def push(self, line: str) -> bool:
        """Adds a line; whether the screen must be told that there is something to drain."""
        with self._lock:
            self._dropped += len(self._lines) == self._lines.maxlen
            self._lines.append(line)
            told, self._told = self._told, True
            return not told

    def drain(self) -> tuple[list[str], int]:
        """All lines that wait, and how many were dropped before them."""
        with self._lock:
            lines, dropped = list(self._lines), self._dropped
            self._lines.clear()
            self._dropped = 0
            self._told = False
            return lines, dropped


class Follower(Protocol):
    """A log that is being read."""

    @property
    def token(self) -> int: ...

    @property
    def tail(self) -> Tail: ...

    def stop(self) -> None: ...


class Job(Protocol):
    """Long work that goes on."""

    @property
    def token(self) -> int: ...

    def stop(self) -> None:
        """It ends at its next step, as Ctrl-C ends a command."""
        ...


class Feed(Protocol):
    """Where the messages of `minikf.tui.messages` come from. No call waits for the network."""

    def start(self, post: Post) -> None:
        """Begins to post the status, until `stop`."""
        ...

    def stop(self) -> None: ...

    def watch(self, kind: str) -> None:
        """From now on posts this list and its changes; a kind that is watched already changes nothing."""
        ...

    def follow(self, source: LogSource, post: Post) -> Follower: ...

    def ask(self, question: Question[Any]) -> None:
        """Posts one Answered or Unanswered; a question that is under way is not asked a second time."""
        ...

    def keep_asking(self, question: Question[Any], seconds: float) -> Callable[[], None]:
        """Asks now and every so many seconds, until the function that it returns is called."""
        ...

    def work(self, work: Work) -> Job:
        """Posts Stepped and at last Ended."""
        ...
