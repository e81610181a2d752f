"""Reads a container's log as `kubectl logs` wants it: a tail, since a time, with timestamps, followed."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from minikf.embedded.pods.layout import Attempt
from minikf.embedded.pods.logfile import LogIndex

_CHUNK = 64 << 10
# How soon a follower sees a new line.
_FOLLOW_SECONDS = 0.05
# How long a follower that wants times waits for them; on a full disk they are never noted.
_NOTED_SECONDS = 1.0


@dataclass(frozen=True)
class LogQuery:
    """`tail` lines (None for all), from `since_ns` on, at most `limit` bytes (None for no limit)."""

    follow: bool = False
    timestamps: bool = False
    since_ns: int = 0
    tail: int | None = None
    limit: int | None = None


async def read_log(attempt: Attempt, query: LogQuery, has_ended: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Chunks of the log; with `follow`, until the container has ended and everything was read."""
    try:
        fd = os.open(attempt.log, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    left = query.limit
    try:
        async for chunk in _chunks(fd, attempt, query, has_ended):
            if left is not None and len(chunk) >= left:
                yield chunk[:left]
                return
            left = None if left is None else left - len(chunk)
            yield chunk
    finally:
        os.close(fd)


async def _chunks(fd: int, attempt: Attempt, query: LogQuery, has_ended: Callable[[], bool]) -> AsyncIterator[bytes]:
    position = _first_offset(fd, attempt, query)
    stamper = Stamper(attempt, position) if query.timestamps else None
    waited = 0.0
    while True:
        # Asked before the read: what is written before the end is then surely read.
        ended = not query.follow or has_ended()
        chunk = os.pread(fd, _CHUNK, position)
        if chunk and stamper and not ended and waited < _NOTED_SECONDS:
            chunk = stamper.noted(chunk)
            waited += 0 if chunk else _FOLLOW_SECONDS
        if chunk:
            waited = 0.0
            position += len(chunk)
            yield stamper.stamp(chunk) if stamper else chunk
        elif ended:
            return
        else:
            await asyncio.sleep(_FOLLOW_SECONDS)


def _first_offset(fd: int, attempt: Attempt, query: LogQuery) -> int:
    index = LogIndex(attempt.index)
    start = _line_start(fd, index.start)
    if query.since_ns:
        start = max(start, _line_start(fd, index.offset_at(query.since_ns)))
    if query.tail is not None:
        start = max(start, _tail_start(fd, query.tail, start))
    return start


def _line_start(fd: int, offset: int) -> int:
    """The first offset from `offset` on where a line begins."""
    if offset == 0 or os.pread(fd, 1, offset - 1) == b"\n":
        return offset
    while chunk := os.pread(fd, _CHUNK, offset):
        place = chunk.find(b"\n")
        if place >= 0:
            return offset + place + 1
        offset += len(chunk)
    return offset


def _tail_start(fd: int, lines: int, floor: int) -> int:
    """Where the last `lines` lines begin; an unfinished line at the end counts as one."""
    end = os.fstat(fd).st_size
    if lines <= 0:
        return end
    missing = lines + (1 if end > floor and os.pread(fd, 1, end - 1) == b"\n" else 0)
    position = end
    while position > floor:
        begin = max(floor, position - _CHUNK)
        chunk = os.pread(fd, position - begin, begin)
        place = len(chunk)
        while (place := chunk.rfind(b"\n", 0, place)) >= 0:
            missing -= 1
            if missing == 0:
                return begin + place + 1
        position = begin
    return floor


class Stamper:
    """Puts the time in front of every line."""

    def __init__(self, attempt: Attempt, position: int) -> None:
        self._attempt = attempt
        self._index = LogIndex(attempt.index)
        self._position = position
        self._at_line_start = True
        self._part_end = 0
        self._stamp = b""

    def noted(self, chunk: bytes) -> bytes:
        """The part of the chunk that follows whose time is noted: that of the rest would be another one later, and a
        client that goes on from a time after an interruption would get lines twice."""
        if self._position + len(chunk) > self._index.end:
            self._index = LogIndex(self._attempt.index)
        return chunk[: max(0, self._index.end - self._position)]

    def stamp(self, chunk: bytes) -> bytes:
        """The chunk that follows in the log, with times."""
        out = []
        chunk_end = self._position + len(chunk)
        for line in _split(chunk):
            if self._at_line_start:
                out.append(self._time_of(self._position, chunk_end))
            out.append(line)
            self._position += len(line)
            self._at_line_start = line.endswith(b"\n")
        return b"".join(out)

    def _time_of(self, offset: int, chunk_end: int) -> bytes:
        if offset >= self._part_end:
            part = self._index.part_of(offset)
            if part is None:  # written since we read the index, or not noted yet
                self._index = LogIndex(self._attempt.index)
                part = self._index.part_of(offset)
            self._part_end, time_ns = part or (chunk_end, time.time_ns())
            self._stamp = time_text(time_ns)
        return self._stamp


def _split(chunk: bytes) -> list[bytes]:
    """Lines by newline only."""
    return [line + b"\n" for line in chunk.split(b"\n")[:-1]] + ([rest] if (rest := chunk.rpartition(b"\n")[2]) else [])


def time_text(time_ns: int) -> bytes:
    """As kubelet prints it: RFC 3339 with nine digits, and a blank."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z ".encode()
