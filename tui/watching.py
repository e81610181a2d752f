"""Keeps a list true, for ever: over plain HTTPS, in a thread."""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Event
from typing import Any

from minikf.errors import MinikfError, Unreachable
from minikf.kube.hangup import HangUp
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.kube.shapes import Object
from minikf.tui.asking import why
from minikf.tui.feed import Post
from minikf.tui.messages import Absent, Changed, Gone, Listed, Lost
from minikf.views.items import Item, item_of
from minikf.views.kinds import View

ABSENT_SECONDS = 10.0
WATCH_SECONDS = 300
FIRST_WAIT, LONGEST_WAIT = 0.25, 5.0
NOT_FOUND, GONE = 404, 410


class Watch:
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
