"""Follows a container's log through every interruption, without a line lost or shown twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from threading import Event
from urllib.parse import quote

from minikf.errors import MinikfError
from minikf.kube.hangup import HangUp
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.tui.feed import LogSource, Post, Tail
from minikf.tui.messages import LogReady, LogState
from minikf.views.items import Object
from minikf.views.kinds import log_path
from minikf.views.text import line, plain

FIRST_LINES = 1000
RETRY_SECONDS = 1.0
NOT_FOUND = 404

Stamp = tuple[datetime, str]


class LogFollower:
    """`minikf.tui.feed.Follower` over the API: `run` is a thread's work, `stop` ends it at once."""

    def __init__(self, token: int, source: LogSource, client: Callable[[], RestClient], post: Post) -> None:
        self.token = token
        self.tail = Tail()
        self._source = source
        self._client = client
        self._post = post
        self._hang_up = HangUp()
        self._stopped = Event()
        self._newest = b""
        self._resume = _Resume()

    def stop(self) -> None:
        self._stopped.set()
        self._hang_up()

    def run(self) -> None:
        while not self._stopped.is_set():
            ended, cause = self._attempt()
            if self._stopped.is_set():
                return
            self._post(LogState(self.token, ended, cause))
            if ended:
                return
            self._stopped.wait(RETRY_SECONDS)

    def _attempt(self) -> tuple[bool, str]:
        """Reads as long as that goes; whether the log has ended, and why there are no more lines now."""
        cause = "the log was interrupted"
        try:
            self._read()
        except MinikfError as error:
            cause = plain(f"{error.message}: {error.cause}" if error.cause else error.message)
        try:
            pod = self._client().get(
                f"/api/v1/namespaces/{quote(self._source.namespace)}/pods/{quote(self._source.pod)}"
            )
        except ApiAnswer as answer:
            return (True, "the pod is gone") if answer.status == NOT_FOUND else (False, plain(answer.message))
        except MinikfError as error:
            return False, plain(f"{error.message}: {error.cause}")
        return (True, "") if _has_ended(pod, self._source.container) else (False, cause)

    def _read(self) -> None:
        client = self._client()
        since = f"&sinceTime={quote(self._newest.decode())}" if self._newest else f"&tailLines={FIRST_LINES}"
        path = log_path(self._source.namespace, self._source.pod, self._source.container)
        self._resume.begin()
        for raw in client.lines(f"{path}&follow=true&timestamps=true{since}", self._hang_up):
            self._take(raw)

    def _take(self, raw: bytes) -> None:
        """A line is `<RFC 3339 time> <text>`."""
        when, _, text = raw.partition(b" ")
        stamp = _stamp(when)
        if stamp is None:
            text = raw
        elif self._resume.is_repeated(stamp):
            return
        else:
            self._newest = when
        if self.tail.push(line(text)):
            self._post(LogReady(self.token))


class _Resume:
    """Knows, after an interruption, which lines were read before: the API gives those of the last second again."""

    def __init__(self) -> None:
        self._newest: Stamp | None = None
        self._at_newest = 0
        self._to_skip = -1

    def begin(self) -> None:
        self._to_skip = self._at_newest if self._newest is not None else -1

    def is_repeated(self, stamp: Stamp) -> bool:
        if self._to_skip >= 0 and self._newest is not None:
            if stamp < self._newest:
                return True
            if stamp == self._newest and self._to_skip > 0:
                self._to_skip -= 1
                return True
            self._to_skip = -1
        self._at_newest = self._at_newest + 1 if stamp == self._newest else 1
        self._newest = stamp
        return False


def _stamp(when: bytes) -> Stamp | None:
    """A time to compare by, down to the nanosecond; None where a line begins with something else."""
    try:
        text = when.decode("ascii")
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    fraction = re.search(r"\.(\d+)", text)
    return moment.replace(microsecond=0), (fraction[1] if fraction else "").ljust(9, "0")


def _has_ended(pod: Object, container: str) -> bool:
    status = pod.get("status") or {}
    if status.get("phase") in ("Succeeded", "Failed"):
        return True
    every = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    return any("terminated" in (each.get("state") or {}) for each in every if each.get("name") == container)
