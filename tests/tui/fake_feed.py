"""A feed without a platform: tests post through it what the real one would.

It differs from `minikf.tui.live.LiveFeed` in that nothing happens by itself: no threads, no retries, no status poll.
`test_tui_live.py` holds what it posts against what the real feed posts.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from minikf.engine.protocol import Steps
from minikf.spec import ComponentStatus, Event, Status
from minikf.tui.feed import Follower, Job, LogSource, Post, Tail
from minikf.tui.messages import Answered, Ended, Listed, LogReady, LogState, StatusCame, Stepped, Unanswered
from minikf.views.asking import Question, Reach, Work
from minikf.views.items import Item, item_of
from minikf.views.kinds import BY_KIND
from minikf.views.objects import EventsAbout

Object = dict[str, Any]


@dataclass
class FakeFollower:
    token: int
    source: LogSource
    post: Post
    tail: Tail = field(default_factory=Tail)
    stopped: bool = False

    def stop(self) -> None:
        self.stopped = True

    def say(self, *lines: str) -> None:
        for line in lines:
            if self.tail.push(line):
                self.post(LogReady(self.token))

    def end(self, cause: str = "", *, ended: bool = True) -> None:
        self.post(LogState(self.token, ended, cause))


EVENT = "2026-01-01T00:00:00Z  Normal  Made: an event"


@dataclass(frozen=True)
class NoWork(Work):
    """Work of which a test tells the steps."""

    @property
    def title(self) -> str:
        return "Do nothing"

    def steps(self, reach: Reach) -> Steps[None]:
        raise NotImplementedError("the fake feed runs no work")


@dataclass
class FakeJob:
    token: int
    work: Work
    post: Post
    stopped: bool = False

    def stop(self) -> None:
        self.stopped = True

    def step(self, event: Event) -> None:
        self.post(Stepped(self.token, event))

    def end(self, value: Any = None, cause: str = "", advice: str = "") -> None:
        self.post(Ended(self.token, self.work, value, cause, advice))


@dataclass
class FakeFeed:
    """`answers` are values by question, or functions of a type's questions by the type; what has none is not answered.

    An Exception as a value is an answer that failed, with its text as the cause.
    """

    posts: list[Post] = field(default_factory=list)
    followers: list[FakeFollower] = field(default_factory=list)
    watched: list[str] = field(default_factory=list)
    asked: list[Question[Any]] = field(default_factory=list)
    kept: list[Question[Any]] = field(default_factory=list)
    jobs: list[FakeJob] = field(default_factory=list)
    answers: dict[Any, Any] = field(default_factory=lambda: {EventsAbout: lambda question: (EVENT,)})
    stopped: bool = False
    tokens: Any = field(default_factory=lambda: itertools.count(1))

    def start(self, post: Post) -> None:
        self.posts.append(post)

    def stop(self) -> None:
        self.stopped = True

    def watch(self, kind: str) -> None:
        if kind not in self.watched:
            self.watched.append(kind)

    def follow(self, source: LogSource, post: Post) -> Follower:
        self.followers.append(FakeFollower(next(self.tokens), source, post))
        return self.followers[-1]

    def ask(self, question: Question[Any]) -> None:
        self.asked.append(question)
        self.tell(question)

    def keep_asking(self, question: Question[Any], seconds: float) -> Callable[[], None]:
        self.kept.append(question)
        self.tell(question)
        return lambda: self.kept.remove(question)

    def work(self, work: Work) -> Job:
        self.jobs.append(FakeJob(next(self.tokens), work, self.posts[-1]))
        return self.jobs[-1]

    def tell(self, question: Question[Any]) -> None:
        """Answers a question, now or again."""
        if question in self.answers:
            value = self.answers[question]
        elif type(question) in self.answers:
            value = self.answers[type(question)](question)
        else:
            return
        failed = isinstance(value, Exception)
        self.post(Unanswered(question, str(value), "") if failed else Answered(question, value))

    def post(self, message: Any) -> None:
        self.posts[-1](message)

    def lists(self, kind: str, *objects: Object) -> None:
        """The whole list of a kind."""
        self.post(Listed(kind, tuple(item(kind, each) for each in objects)))

    def runs(self, *components: ComponentStatus) -> None:
        parts = components or (ComponentStatus("api", True, "serving"), ComponentStatus("store", True, "open"))
        self.post(StatusCame(Status("default", "embedded", True, parts)))


def item(kind: str, obj: Object) -> Item:
    return item_of(kind, obj, BY_KIND[kind].judge)


def train_job(
    name: str, *, failed: str = "", complete: bool = False, namespace: str = "team", minute: int = 0
) -> Object:
    conditions = [{"type": "Failed", "status": "True", "reason": "Broken", "message": failed}] if failed else []
    conditions += [{"type": "Complete", "status": "True"}] if complete else []
    return {
        "metadata": {
            "name": name, "namespace": namespace, "uid": f"u-{name}",
            "creationTimestamp": f"2026-01-01T00:{minute:02}:00Z",
        },
        "spec": {"runtimeRef": {"name": "plain-python"}},
        "status": {"conditions": conditions, "jobsStatus": [{"name": "node", "active": 1}]},
    }  # fmt: skip


def pod(name: str, *, job: str = "", containers: tuple[str, ...] = ("node",), phase: str = "Running") -> Object:
    labels = {"jobset.sigs.k8s.io/jobset-name": job} if job else {}
    statuses = [{"name": each, "ready": phase == "Running", "restartCount": 0, "state": {}} for each in containers]
    return {
        "metadata": {"name": name, "namespace": "team", "labels": labels, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"containers": [{"name": each} for each in containers]},
        "status": {"phase": phase, "containerStatuses": statuses},
    }
