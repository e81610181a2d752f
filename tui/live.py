"""The real feed: one thread for each watch and one for the status, over plain HTTPS, for ever."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

from minikf.errors import MinikfError, Unreachable
from minikf.kube.hangup import HangUp
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.status import access, status
from minikf.tui.feed import Follower, LogSource, Post
from minikf.tui.follow import LogFollower
from minikf.tui.messages import Absent, Changed, EventsCame, Gone, Listed, Lost, StatusCame
from minikf.views.items import Item, Object, item_of, mappings
from minikf.views.kinds import STATUS, VIEWS, View, events_path
from minikf.views.text import plain

STATUS_SECONDS = 2.0
ABSENT_SECONDS = 10.0
WATCH_SECONDS = 300
FIRST_WAIT, LONGEST_WAIT = 0.25, 5.0
NOT_FOUND, GONE = 404, 410


class LiveFeed:
    """`minikf.tui.feed.Feed` over a platform; its threads are daemons, so nothing waits for them at the end."""

    def __init__(self, platform: str) -> None:
        self._platform = platform
        self._stopped = Event()
        self._hang_ups: list[HangUp] = []
        self._tokens = itertools.count(1)

    def start(self, post: Post) -> None:
        _in_thread("status", lambda: self._poll_status(post))
        for view in VIEWS:
            hang_up = HangUp()
            self._hang_ups.append(hang_up)
            watch = _Watch(view, self._client, hang_up, self._stopped, post)
            _in_thread(f"watch {view.kind}", watch.run)

    def stop(self) -> None:
        self._stopped.set()
        for hang_up in self._hang_ups:
            hang_up()

    def follow(self, source: LogSource, post: Post) -> Follower:
        follower = LogFollower(next(self._tokens), source, self._client, post)
        _in_thread(f"log {source}", follower.run)
        return follower

    def ask_events(self, item: Item, post: Post) -> None:
        _in_thread(f"events {item.key}", lambda: post(self._events(item)))

    def _client(self) -> RestClient:
        """Asked for anew each time: a platform that was made again has another address and credential."""
        return RestClient(access(self._platform))

    def _poll_status(self, post: Post) -> None:
        while not self._stopped.is_set():
            try:
                post(StatusCame(status(self._platform)))
            except MinikfError as error:
                post(Lost(STATUS, _why(error), error.advice))
            self._stopped.wait(STATUS_SECONDS)

    def _events(self, item: Item) -> EventsCame:
        try:
            found = self._client().get(events_path(item)).get("items")
        except MinikfError as error:
            return EventsCame(item.kind, item.key, (f"the events cannot be read: {_why(error)}",))
        events = sorted(
            mappings(found), key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or "")
        )
        return EventsCame(item.kind, item.key, tuple(_event_line(event) for event in events))


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
                self._post(Lost(self._view.kind, _why(error), error.advice))
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
        self._post(Lost(self._view.kind, _why(answer), answer.advice))
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


def _in_thread(name: str, work: Callable[[], object]) -> None:
    Thread(target=work, name=f"minikf-tui {name}", daemon=True).start()


def _why(error: MinikfError) -> str:
    return plain(f"{error.message}: {error.cause}" if error.cause else error.message)


def _event_line(event: Object) -> str:
    when = event.get("lastTimestamp") or event.get("eventTime") or ""
    count = event.get("count") or 1
    times = f" ({count} times)" if count != 1 else ""
    return plain(f"{when}  {event.get('type')}  {event.get('reason')}: {event.get('message')}{times}")
