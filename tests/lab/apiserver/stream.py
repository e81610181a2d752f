"""A watch held open in the background, so that the next steps of a case can change what it sees."""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import threading
import time
from http.client import HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from .case import Events
from .server import Server

_PATIENCE = 15.0  # seconds for an event that must come; long, because it costs nothing when events are right


class WatchStream:
    """An open `watch=true` request. Events arrive in a queue; None in it means that the server ended the stream."""

    def __init__(self, server: Server, path: str, accept: str) -> None:
        address = urlsplit(server.url)
        self._connection = HTTPSConnection(address.hostname or "", address.port, context=server.tls, timeout=60)
        joint = "&" if "?" in path else "?"
        headers = {"Authorization": f"Bearer {server.token}", "Accept": accept, "User-Agent": "lab/1.0"}
        self._connection.request("GET", f"{path}{joint}watch=true", headers=headers)
        self._socket = self._connection.sock
        self._answer = self._connection.getresponse()
        self.status = self._answer.status
        self.headers = {"content-type": self._answer.headers.get_all("content-type")}
        self._queue: queue.Queue[Any] = queue.Queue()
        self._refused = b"" if self.status == 200 else self._answer.read()
        if self.status == 200:
            threading.Thread(target=self._read, daemon=True).start()

    def refusal(self) -> dict[str, Any]:
        """The body of an answer that is no stream, as the outcome's `body`."""
        return {"body": json.loads(self._refused)} if self._refused else {}

    def _read(self) -> None:
        # Closing the stream from this side ends the read in one of these, by where http.client was just then.
        with contextlib.suppress(OSError, HTTPException, ValueError, AttributeError):
            while line := self._answer.readline():
                self._queue.put(json.loads(line))
        self._queue.put(None)

    def events(self, step: Events) -> dict[str, Any]:
        """The next events; `extra` has what came in the quiet time, `missing` how many never came."""
        seen: list[Any] = []
        for _ in range(step.count):
            event = self._next(_PATIENCE, step.bookmarks)
            if event is None:
                break
            seen.append(event)
        out: dict[str, Any] = {"events": seen, "missing": step.count - len(seen)}
        if step.quiet:
            out["extra"] = [event for event in (self._next(step.quiet, False),) if event is not None]
        if step.closed:
            out["closed"] = self._next(_PATIENCE, False) is None and self._ended
        return out

    _ended = False

    def _next(self, seconds: float, bookmarks: bool) -> Any:
        """The next event, None when the time is up or the stream has ended."""
        until = time.monotonic() + seconds
        while not self._ended:
            try:
                event = self._queue.get(timeout=max(until - time.monotonic(), 0))
            except queue.Empty:
                return None
            self._ended = event is None
            if bookmarks or not _is_idle_bookmark(event):
                return event
        return None

    def close(self) -> None:
        """Ends the stream from this side."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._connection.close()


def _is_idle_bookmark(event: Any) -> bool:
    """A bookmark that ends nothing: it only says how far the server has come."""
    if event is None or event["type"] != "BOOKMARK":
        return False
    obj = event["object"]
    rows = obj.get("rows") or [{"object": obj}]
    annotations = (rows[0]["object"].get("metadata") or {}).get("annotations") or {}
    return "k8s.io/initial-events-end" not in annotations
