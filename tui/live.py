"""The real feed: one thread for each watch and one for the status, over plain HTTPS, for ever."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from threading import Event
from typing import Any

from textual.message import Message

from minikf.errors import MinikfError, Unreachable
from minikf.kube.hangup import HangUp
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.status import status
from minikf.tui.asking import Asker, WorkThread, in_thread, why
from minikf.tui.feed import Follower, Job, LogSource, Post
from minikf.tui.follow import LogFollower
from minikf.tui.messages import Absent, Changed, Gone, Listed, Lost, StatusCame
from minikf.views.asking import Question, Reach, Work
from minikf.views.items import Item, Object, item_of
from minikf.views.kinds import BY_KIND, STATUS, View

STATUS_SECONDS = 2.0
ABSENT_SECONDS = 10.0
WATCH_SECONDS = 300
FIRST_WAIT, LONGEST_WAIT = 0.25, 5.0
NOT_FOUND, GONE = 404, 410


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
        self._watched.add(kind)
        hang_up = HangUp()
        self._hang_ups.append(hang_up)
        watch = _Watch(BY_KIND[kind], self._reach.client, hang_up, self._stopped, self._post)
        in_thread(f"watch {kind}", watch.run)

    def follow(self, source: LogSource, post: Post) -> Follower:
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
        while not self._stopped.is_set():
            try:
                self._post(StatusCame(status(self._reach.platform)))
            except MinikfError as error:
                self._post(Lost(STATUS, why(error), error.advice))
            self._stopped.wait(STATUS_SECONDS)


class _Watch:
    """Keeps one list true: list, watch, and from the start again whenever that ends."""

    def __init__(
        self, view: View, client: Callable[[], RestClient], hang_up: HangUp, stopped: Event, post: Post
    ) -> None:
        self._view = view
        self._client = client
        self._hang_up = hang_up
        self._stopped = stopped
        self._post = post

    def run(self) -> None:
        wait = FIRST_WAIT
        while not self._stopped.is_set():
            try:
                self._list_and_watch()
                wait = FIRST_WAIT
            except ApiAnswer as answer:
                wait = self._refused(answer, wait)
            except MinikfError as error:
                self._post(Lost(self._view.kind, why(error), error.advice))
                wait = min(2 * wait, LONGEST_WAIT)
            except Exception as error:  # an answer of a form nobody knew: said, and tried again as everything else
                self._post(Lost(self._view.kind, f"what the platform sent cannot be read: {error!r}", ""))
                wait = LONGEST_WAIT
            self._stopped.wait(wait)

    def _refused(self, answer: ApiAnswer, wait: float) -> float:
        """An API that does not serve the kind (404) is a fact; any other refusal is a failure."""
        if answer.status == NOT_FOUND:
            self._post(Absent(self._view.kind, answer.message))
            return ABSENT_SECONDS
        self._post(Lost(self._view.kind, why(answer), answer.advice))
        return min(2 * wait, LONGEST_WAIT)

    def _list_and_watch(self) -> None:
        client = self._client()
        found = client.get(self._view.path)
        items = tuple(self._item(obj) for obj in found.get("items") or ())
        self._post(Listed(self._view.kind, items))
        version = (found.get("metadata") or {}).get("resourceVersion", "")
        query = f"watch=true&resourceVersion={version}&timeoutSeconds={WATCH_SECONDS}"
        for raw in client.lines(f"{self._view.path}?{query}", self._hang_up):
            if raw.strip() and not self._change(raw):
                return

    def _change(self, raw: bytes) -> bool:
        """Posts one event; False where the watch is of no more use and the list must be read again."""
        try:
            event: dict[str, Any] = json.loads(raw)
            kind, obj = event["type"], event["object"]
        except (ValueError, KeyError, TypeError):
            return False  # cut off in the middle: the connection broke
        if kind in ("ADDED", "MODIFIED"):
            self._post(Changed(self._item(obj)))
        elif kind == "DELETED":
            self._post(Gone(self._view.kind, self._item(obj).key))
        elif kind == "ERROR" and obj.get("code") != GONE:
            raise Unreachable(f"the watch of {self._view.kind} failed", cause=str(obj.get("message")))
        return bool(kind != "ERROR")

    def _item(self, obj: Object) -> Item:
        return item_of(self._view.kind, obj, self._view.judge)


def _nowhere(message: Message) -> None:
    raise RuntimeError(f"{message!r} was posted before the feed was started")
