"""Where kept events go: a sink's address, or a file of the platform. A thread does it, so no prediction waits."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

from minikf.embedded.serving.payloads import SERVED_VARIABLE, Event, Wish

log = logging.getLogger("minikf.serving")

# A file of this many bytes becomes NAME.1.jsonl, in place of the one before: twice this much is kept of a service.
FILE_BYTES = 32 * 1024 * 1024
# Events that may wait for a slow sink; KServe lets 100 wait, then predictions.
_WAITING = 1000
_BATCH = 200
_QUIET_SECONDS = 30.0


class Keeping:
    """Events on their way. What a sink does not take, and what comes while too many wait, is counted and told."""

    def __init__(self, deliver: Callable[[Sequence[Event]], None]) -> None:
        self._deliver = deliver
        self._waiting: queue.Queue[Event | None] = queue.Queue(_WAITING)
        self._thread: threading.Thread | None = None
        self._told = 0.0
        self.lost = 0

    def keep(self, event: Event) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="payloads", daemon=True)
            self._thread.start()
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            self._lose(1, "the sink is too slow")

    def stop(self, seconds: float) -> None:
        """Waits until what was kept has gone, at most so long."""
        if self._thread is None:
            return
        end = time.monotonic() + seconds
        with contextlib.suppress(queue.Full):  # the thread is still at it, and is given no more time than this
            self._waiting.put(None, timeout=seconds)
        self._thread.join(max(0.0, end - time.monotonic()))
        if self.lost:
            log.warning("%d events of requests and answers were lost in all", self.lost)

    def _work(self) -> None:
        while True:
            batch = [self._waiting.get()]
            while len(batch) < _BATCH and not self._waiting.empty():
                batch.append(self._waiting.get())
            events = [event for event in batch if event is not None]
            try:
                self._deliver(events)
            except OSError as error:
                self._lose(len(events), str(error))
            except _NotTaken as error:
                self._lose(error.count, str(error))
            if len(events) < len(batch):
                return

    def _lose(self, count: int, why: str) -> None:
        self.lost += count
        if time.monotonic() - self._told > _QUIET_SECONDS or not self._told:
            self._told = time.monotonic()
            log.warning("events of requests and answers were lost, %d so far: %s", self.lost, why)


def keeping(wish: Wish) -> Keeping:
    """What the wish's events are given to. Raises OSError where the platform's folder is not known."""
    if wish.url:
        return Keeping(_Sink(wish.url).send)
    folder = os.environ.get(SERVED_VARIABLE, "")
    if not folder:
        raise OSError(f"the variable {SERVED_VARIABLE}, which says where requests are kept, is not set")
    return Keeping(_File(Path(folder) / wish.namespace / f"{wish.service}.jsonl").append)


class _NotTaken(Exception):
    """The sink did not take `count` of the events."""

    def __init__(self, count: int, why: str) -> None:
        super().__init__(why)
        self.count = count


class _Sink:
    def __init__(self, url: str) -> None:
        self._url = url
        self._client: httpx.Client | None = None

    def send(self, events: Sequence[Event]) -> None:
        if self._client is None:
            self._client = httpx.Client(timeout=10.0)
        refused, why = 0, ""
        for number, event in enumerate(events):
            try:
                answer = self._client.post(self._url, content=event.data, headers=event.headers())
            except (httpx.HTTPError, httpx.InvalidURL) as error:  # the others would wait for the same
                raise _NotTaken(refused + len(events) - number, f"{self._url}: {error}") from error
            if answer.status_code >= 300:
                refused, why = refused + 1, f"{self._url} answered {answer.status_code}"
        if refused:
            raise _NotTaken(refused, why)


class _File:
    """Lines are appended whole, also while two servers of a service write, during a replacement."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def append(self, events: Sequence[Event]) -> None:
        if not events:
            return
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self._file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self._file.exists() and self._file.stat().st_size > FILE_BYTES:
                self._file.replace(self._file.with_suffix(".1.jsonl"))
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "ab") as out:
                out.write(b"".join(event.line() for event in events))
        finally:
            os.close(lock)
