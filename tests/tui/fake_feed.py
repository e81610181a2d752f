"""A feed without a platform: tests post through it what the real one would.

It differs from `minikf.tui.live.LiveFeed` in that nothing happens by itself: no threads, no retries, no status poll.
`test_tui_live.py` holds what it posts against what the real feed posts.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from minikf.spec import ComponentStatus, Status
from minikf.tui.feed import Follower, LogSource, Post, Tail
from minikf.tui.messages import EventsCame, Listed, LogReady, LogState, StatusCame
from minikf.views.items import Item, item_of
from minikf.views.kinds import BY_KIND

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


@dataclass
class FakeFeed:
    posts: list[Post] = field(default_factory=list)
    followers: list[FakeFollower] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    stopped: bool = False
    tokens: Any = field(default_factory=lambda: itertools.count(1))

    def start(self, post: Post) -> None:
        self.posts.append(post)

    def stop(self) -> None:
        self.stopped = True

    def follow(self, source: LogSource, post: Post) -> Follower:
        self.followers.append(FakeFollower(next(self.tokens), source, post))
        return self.followers[-1]

    def ask_events(self, item: Item, post: Post) -> None:
        self.asked.append(item.key)
        post(EventsCame(item.kind, item.key, (f"2026-01-01T00:00:00Z  Normal  Made: event of {item.name}",)))

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
