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
from minikf.kube.shapes import Object
from minikf.tui.feed import LogSource, Post
from minikf.tui.messages import LogReady, LogState
from minikf.tui.tail import Tail
from minikf.views.kinds import log_path
from minikf.views.loglines import Splitter, stamp_of
from minikf.views.text import plain

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
        cause, rest = "the log was interrupted", []
        try:
            rest = self._read()
        except MinikfError as error:
            cause = plain(f"{error.message}: {error.cause}" if error.cause else error.message)
        try:
            pod = self._client().get(
                f"/api/v1/namespaces/{quote(self._source.namespace)}/pods/{quote(self._source.pod)}"
            )
        except ApiAnswer as answer:
            if answer.status != NOT_FOUND:
                return False, plain(answer.message)
            ended, cause = True, "the pod is gone"
        except MinikfError as error:
            return False, plain(f"{error.message}: {error.cause}")
        else:
            ended = _has_ended(pod, self._source.container)
            cause = "" if ended else cause
        if ended and rest:
            self._push(rest, b"")
        return ended, cause

    def _read(self) -> list[bytes]:
        """Reads until the stream ends; the line that had no end.

        That one is taken only where the log ended too: after an interruption it comes again as a whole.
        """
        client, newest, lines = self._client(), self._resume.newest, Splitter()
        since = f"&sinceTime={quote(newest.decode())}" if newest else f"&tailLines={FIRST_LINES}"
        path = log_path(self._source.namespace, self._source.pod, self._source.container)
        self._resume.begin()
        for chunk in client.chunks(f"{path}&follow=true&timestamps=true{since}", self._hang_up):
            self._push(self._resume.take(lines.feed(chunk)), lines.unfinished)
        self._push([], b"")
        return lines.end()

    def _push(self, lines: list[bytes], unfinished: bytes) -> None:
        if self.tail.extend(lines, unfinished):
            self._post(LogReady(self.token))


class _Resume:
    """Knows, after an interruption, which lines were read before: the API gives those of the last second again.

    `newest` is the time of the newest line that was read, as it was written.
    """

    def __init__(self) -> None:
        self.newest = b""
        self._at_newest = 0
        self._to_skip = -1

    def begin(self) -> None:
        self._to_skip = self._at_newest if self.newest else -1

    def take(self, lines: list[bytes]) -> list[bytes]:
        """Those that were not read before."""
        if self._to_skip >= 0:
            lines = self._skip(lines)
        newest, count = b"", 0
        for raw in reversed(lines):  # one or two looks, unless many lines came at the same moment
            stamp = stamp_of(raw)
            if stamp and newest and stamp != newest:
                break
            newest, count = stamp or newest, count + bool(stamp)
        else:
            count += self._at_newest if newest == self.newest else 0
        if newest:
            self.newest, self._at_newest = newest, count
        return lines

    def _skip(self, lines: list[bytes]) -> list[bytes]:
        newest = _stamp(self.newest)
        for place, raw in enumerate(lines):
            stamp = _stamp(stamp_of(raw))
            if stamp is None or newest is None or stamp < newest:
                continue
            if stamp == newest and self._to_skip:
                self._to_skip -= 1
                continue
            self._to_skip = -1
            return lines[place:]
        return []


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
