"""The real feed: one thread for each watch and one for the status, over plain HTTPS, for ever."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING, Any

from textual.message import Message

from minikf.errors import MinikfError
from minikf.tui.asking import Asker, WorkThread, in_thread, why
from minikf.tui.feed import Follower, Job, LogSource, Post
from minikf.tui.messages import Lost, StatusCame
from minikf.views.asking import Question, Reach, Work
from minikf.views.kinds import BY_KIND, STATUS

if TYPE_CHECKING:
    from minikf.kube.hangup import HangUp

# What talks to the platform is imported by the threads that do: the first paint does not wait for it.
STATUS_SECONDS = 2.0


class LiveFeed:
    """`minikf.tui.feed.Feed` over a platform; its threads are daemons, so nothing waits for them at the end."""

    def __init__(self, platform: str) -> None:
        self._reach = Reach(platform)
        self._stopped = Event()
        self._hang_ups: list[HangUp] = []
        self._watched: set[str] = set()
        self._tokens = itertools.count(1)
        self._post: Post = _nowhere
        self._asker = Asker(self._reach, self._post)

    def start(self, post: Post) -> None:
        self._post = post
        self._asker = Asker(self._reach, post)
        in_thread("status", self._poll_status)

    def stop(self) -> None:
        self._stopped.set()
        self._asker.stop()
        for hang_up in self._hang_ups:
            hang_up()

    def watch(self, kind: str) -> None:
        if kind in self._watched:
            return
        from minikf.kube.hangup import HangUp
        from minikf.tui.watching import Watch

        self._watched.add(kind)
        hang_up = HangUp()
        self._hang_ups.append(hang_up)
        watch = Watch(BY_KIND[kind], self._reach.client, hang_up, self._stopped, self._post)
        in_thread(f"watch {kind}", watch.run)

    def follow(self, source: LogSource, post: Post) -> Follower:
        from minikf.tui.follow import LogFollower

        follower = LogFollower(next(self._tokens), source, self._reach.client, post)
        in_thread(f"log {source}", follower.run)
        return follower

    def ask(self, question: Question[Any]) -> None:
        self._asker.ask(question)

    def keep_asking(self, question: Question[Any], seconds: float) -> Callable[[], None]:
        return self._asker.keep_asking(question, seconds)

    def work(self, work: Work) -> Job:
        thread = WorkThread(work, self._reach, self._post)
        thread.start()
        return thread

    def _poll_status(self) -> None:
        from minikf.status import status

        while not self._stopped.is_set():
            try:
                self._post(StatusCame(status(self._reach.platform)))
            except MinikfError as error:
                self._post(Lost(STATUS, why(error), error.advice))
            self._stopped.wait(STATUS_SECONDS)


def _nowhere(message: Message) -> None:
    raise RuntimeError(f"{message!r} was posted before the feed was started")
