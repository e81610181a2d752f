"""The bridge between the platform and the screens, as the screens see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from textual.message import Message

from minikf.tui.tail import Tail
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
