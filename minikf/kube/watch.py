"""Follows all objects of a kind: those that are there, then each change, through every break of the connection."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from minikf.errors import MinikfError
from minikf.kube.hangup import HangUp
from minikf.kube.rest import RestClient
from minikf.spec import Access

Object = dict[str, Any]
_AGAIN_SECONDS = (0.2, 0.5, 1.0, 2.0)


class Watch(threading.Thread):
    """Tells `seen(object)` of each object that is or becomes, and `gone(object)` of those that were deleted.

    Both are called in the watch's own thread, `seen` also for what it told before: after a break everything is listed
    anew. What was deleted while the connection was broken is told then.
    """

    def __init__(
        self, access: Access, path: str, seen: Callable[[Object], None], gone: Callable[[Object], None], query: str = ""
    ) -> None:
        super().__init__(name=f"watch {path}", daemon=True)
        self._client = RestClient(access)
        self._path, self._query, self._seen, self._gone = path, query, seen, gone
        self._hang_up = HangUp()
        self._ended = threading.Event()
        self._known: dict[str, Object] = {}
        self.listed = threading.Event()

    def end(self) -> None:
        """Returns at once; the thread ends soon after."""
        self._ended.set()
        self._hang_up()

    def again(self) -> None:
        """Lists anew: a connection may be dead without anybody having been told, as after a laptop's sleep."""
        old, self._hang_up = self._hang_up, HangUp()
        old()

    def run(self) -> None:
        failures = 0
        while not self._ended.is_set():
            try:
                version = self._list()
                self.listed.set()
                failures = 0
                self._follow(version)
            except (MinikfError, ValueError, KeyError):
                # Whoever waits for what is watched gives up on lack of progress, and says what the API said to it.
                failures += 1
            if failures:
                self._ended.wait(_AGAIN_SECONDS[min(failures, len(_AGAIN_SECONDS)) - 1])

    def _list(self) -> str:
        found = self._client.get(f"{self._path}?{self._query}")
        kind, version = str(found["kind"]).removesuffix("List"), found["apiVersion"]
        items = {_uid(one): {"apiVersion": version, "kind": kind, **one} for one in found.get("items") or ()}
        for uid, one in self._known.items():
            if uid not in items:
                self._gone(one)
        self._known = items
        for one in items.values():
            self._seen(one)
        return str(found["metadata"]["resourceVersion"])

    def _follow(self, version: str) -> None:
        path = f"{self._path}?{self._query}&watch=1&allowWatchBookmarks=true&resourceVersion={version}"
        for line in self._client.lines(path, self._hang_up):
            event = json.loads(line)
            kind, body = event["type"], event["object"]
            if kind == "ERROR":  # too old: list again
                return
            if kind == "BOOKMARK":
                continue
            if kind == "DELETED":
                self._known.pop(_uid(body), None)
                self._gone(body)
            else:
                self._known[_uid(body)] = body
                self._seen(body)


def _uid(body: Object) -> str:
    return str(body["metadata"]["uid"])
