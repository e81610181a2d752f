"""What the feed posts. Nothing else reaches the screens from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textual.message import Message

from minikf.spec import Event, Status
from minikf.views.asking import Question, Work
from minikf.views.items import Item


@dataclass
class Listed(Message):
    """A whole list, as it is now."""

    kind: str
    items: tuple[Item, ...]


@dataclass
class Changed(Message):
    """One item of a list is new or other than before."""

    item: Item


@dataclass
class Gone(Message):
    """One item of a list is no more."""

    kind: str
    key: str


@dataclass
class Absent(Message):
    """The platform answers, and does not serve this kind."""

    kind: str
    cause: str


@dataclass
class StatusCame(Message):
    """The platform's own account of itself; also where it does not run."""

    status: Status


@dataclass
class Lost(Message):
    """`source` (a kind, or STATUS) does not answer; it is tried again for ever."""

    source: str
    cause: str
    advice: str


@dataclass
class Answered(Message):
    """What a question found."""

    question: Question[Any]
    value: Any


@dataclass
class Unanswered(Message):
    """A question that failed; one that is asked again and again goes on being asked."""

    question: Question[Any]
    cause: str
    advice: str


@dataclass
class Stepped(Message):
    """Long work told a step; `token` says which work."""

    token: int
    event: Event


@dataclass
class Ended(Message):
    """Long work is over; `cause` is "" where it succeeded with `value`."""

    token: int
    work: Work
    value: Any
    cause: str
    advice: str


@dataclass
class LogReady(Message):
    """A log that is followed has lines to drain; `token` says which."""

    token: int


@dataclass
class LogState(Message):
    """A log that is followed ended (`ended`), or is interrupted and tried again."""

    token: int
    ended: bool
    cause: str
