"""A container's log: it writes the file itself; we note when which part appeared, and drop the oldest part.

The index beside the log holds the offset where the log now begins (8 bytes and 8 spare), then pairs of (offset up to
which the log had grown, time in nanoseconds), all little-endian. Dropping punches a hole, so offsets stay valid for
those who read, and not a byte is lost that the container writes meanwhile.
"""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path

from minikf.embedded.pods.layout import Attempt

log = logging.getLogger("minikf.pods")

PAIR = struct.Struct("<QQ")
HEADER_SIZE = PAIR.size
_PAGE = 4096
# What is dropped at a time is a fifth, as kubelet keeps five files and drops the oldest.
_PARTS = 5


def open_log(attempt: Attempt) -> int:
    """A descriptor to be the container's stdout and stderr."""
    return os.open(attempt.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


class LogWatch:
    """Keeps the index of a growing log, and the log below `cap` bytes."""

    def __init__(self, attempt: Attempt, cap: int) -> None:
        self._log = attempt.log
        self._cap = cap
        self._fd = os.open(attempt.index, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        header = os.pread(self._fd, HEADER_SIZE, 0)
        if len(header) < HEADER_SIZE:
            os.pwrite(self._fd, PAIR.pack(0, 0), 0)
        self._start = PAIR.unpack(header)[0] if len(header) == HEADER_SIZE else 0
        # A daemon killed in the middle of a write may have left half a pair.
        end = os.fstat(self._fd).st_size
        self._end = max(HEADER_SIZE, end - end % PAIR.size)
        self._seen = PAIR.unpack(os.pread(self._fd, PAIR.size, self._end - PAIR.size))[0] if end > HEADER_SIZE else 0

    def sample(self, now_ns: int) -> None:
        """Notes how far the log has grown by now."""
        try:
            size = os.stat(self._log).st_size  # noqa: PTH116 - ten times a second
            if size > self._seen:
                os.pwrite(self._fd, PAIR.pack(size, now_ns), self._end)
                self._end += PAIR.size
                self._seen = size
            if size - self._start > self._cap:
                self._drop(size)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.ENOENT):
                raise
            # Without room the log's times are lost, its text is not: the next sample tries again.

    def close(self, now_ns: int) -> None:
        """The container has ended: the rest is noted."""
        self.sample(now_ns)
        os.close(self._fd)

    def _drop(self, size: int) -> None:
        start = size - self._cap * (_PARTS - 1) // _PARTS
        start -= start % _PAGE
        # Noted first: what is announced as gone may still be there, but not the other way round.
        os.pwrite(self._fd, PAIR.pack(start, 0), 0)
        try:
            punch(self._log, start)
        except OSError as error:
            log.warning(
                "%s grows beyond %d bytes, the file system cannot drop its head: %s", self._log, self._cap, error
            )
            self._cap = sys.maxsize
            return
        self._start = start


def punch(path: Path, size: int) -> None:
    """Gives the first `size` bytes of a file back to the disk; they read as zeros. Raises OSError."""
    fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        if sys.platform == "darwin":
            import fcntl

            # F_PUNCHHOLE with struct fpunchhole (sys/fcntl.h): flags, reserved, offset, length.
            fcntl.fcntl(fd, 99, struct.pack("<IIqq", 0, 0, 0, size))
            return
        libc = ctypes.CDLL(None, use_errno=True)
        # FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE (linux/falloc.h).
        if libc.fallocate(fd, 2 | 1, ctypes.c_int64(0), ctypes.c_int64(size)) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(fd)


class LogIndex:
    """Reads an index: which time belongs to an offset, and the other way round."""

    def __init__(self, path: Path) -> None:
        try:
            self._data = path.read_bytes()
        except FileNotFoundError:
            self._data = b""
        self.start = PAIR.unpack_from(self._data)[0] if len(self._data) >= HEADER_SIZE else 0
        self._count = max(0, len(self._data) - HEADER_SIZE) // PAIR.size

    @property
    def end(self) -> int:
        """How far the log had grown when that was last noted."""
        return self._pair(self._count - 1)[0] if self._count else 0

    def part_of(self, offset: int) -> tuple[int, int] | None:
        """(end, time) of the part that holds `offset`; None when it is not noted yet."""
        place = self._first(lambda pair: pair[0] > offset)
        return self._pair(place) if place < self._count else None

    def offset_at(self, time_ns: int) -> int:
        """Where the log was when `time_ns` began: what was written then or later follows.

        The first such time counts, not the last: after a step back of the clock older lines may come along, but none is
        left out.
        """
        place = 0
        for place, (_, noted) in enumerate(PAIR.iter_unpack(self._pairs())):
            if noted >= time_ns:
                return self._pair(place - 1)[0] if place else 0
        return self.end

    def _pairs(self) -> bytes:
        return self._data[HEADER_SIZE : HEADER_SIZE + self._count * PAIR.size]

    def _pair(self, place: int) -> tuple[int, int]:
        offset, time_ns = PAIR.unpack_from(self._data, HEADER_SIZE + place * PAIR.size)
        return offset, time_ns

    def _first(self, holds: Callable[[tuple[int, int]], bool]) -> int:
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            if holds(self._pair(middle)):
                high = middle
            else:
                low = middle + 1
        return low
