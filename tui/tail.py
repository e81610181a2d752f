"""Lines on their way from the thread that reads a log to the screen that shows it."""

from __future__ import annotations

from collections import deque
from threading import Lock

MOST_BYTES = 8 << 20


class Tail:
    """The newest lines, at most MOST_BYTES of them, however fast they come.

    A line is as the API gives it, `<RFC 3339 time> <text>`, or without a time. Lines stay in the batches in which they
    came: at 50,000 lines a second nobody has time for each.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._batches: deque[tuple[list[bytes], int]] = deque()
        self._bytes = 0
        self._lock = Lock()
        self._dropped = 0
        self._told = False
        self._unfinished = b""

    def push(self, line: str) -> bool:
        """Adds a line; whether the screen must be told that there is something to drain."""
        return self.extend([line.encode()])

    def extend(self, lines: list[bytes], unfinished: bytes = b"") -> bool:
        """Adds lines, and what there is of the next one; whether the screen must be told."""
        size = sum(map(len, lines)) + len(lines)
        with self._lock:
            if lines:
                self._batches.append((lines, size))
                self._bytes += size
            while self._bytes > self._most and len(self._batches) > 1:
                gone, freed = self._batches.popleft()
                self._bytes -= freed
                self._dropped += len(gone)
            self._unfinished = unfinished
            told, self._told = self._told, True
            return not told

    def drain(self) -> tuple[list[bytes], int]:
        """All lines that wait, and how many were dropped before them."""
        with self._lock:
            lines = [line for batch, _ in self._batches for line in batch]
            dropped = self._dropped
            self._batches.clear()
            self._bytes = self._dropped = 0
            self._told = False
            return lines, dropped

    @property
    def unfinished(self) -> bytes:
        """The beginning of a line that has not ended yet: a progress bar, a question."""
        return self._unfinished
