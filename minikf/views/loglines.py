"""Lines of logs: cut out of what arrives, told from their times, made fit to be shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from minikf.views.text import LONGEST_LINE, plain

LONGEST_RAW = 4 * LONGEST_LINE  # bytes of a line that are kept: as many characters of UTF-8 as are shown
TAB = 8
_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) ")
_CUT = re.compile(r"… \([\d,]+ bytes\)$")
_STAMP_SHOWN = len("2026-01-01T00:00:00.123")


class Splitter:
    """Makes lines of chunks. Of a line that does not end only its beginning is kept, and its length."""

    def __init__(self) -> None:
        self._rest = b""
        self._missing = 0

    @property
    def unfinished(self) -> bytes:
        """The line that has not ended yet, as far as it is kept."""
        return self._rest

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that end in a chunk, without their newlines."""
        *whole, rest = chunk.split(b"\n")
        if not whole:
            self._keep(rest)
            return []
        self._keep(whole[0])
        whole[0] = self._taken()
        self._keep(rest)
        if max(map(len, whole)) > LONGEST_RAW:
            whole[1:] = [cut(line) for line in whole[1:]]
        return whole

    def end(self) -> list[bytes]:
        """The last line where nothing more comes."""
        return [self._taken()] if self._rest else []

    def _keep(self, part: bytes) -> None:
        room = max(0, LONGEST_RAW + 1 - len(self._rest))
        self._missing += max(0, len(part) - room)
        self._rest += part[:room]

    def _taken(self) -> bytes:
        line, missing = self._rest, self._missing
        self._rest, self._missing = b"", 0
        return cut(line, missing)


def cut(line: bytes, missing: int = 0) -> bytes:
    """At most LONGEST_RAW bytes of a line, with its whole length behind; `missing` bytes of it were cut off before."""
    if len(line) <= LONGEST_RAW and not missing:
        return line
    return line[:LONGEST_RAW] + f"… ({len(line) + missing:,} bytes)".encode()


def stamp_of(raw: bytes) -> bytes:
    """The time at the beginning of a line, b"" where there is none."""
    found = _STAMP.match(raw)
    return found[0][:-1] if found else b""


def in_order(raw: bytes) -> bytes:
    """What orders lines by time. Kubelets leave trailing zeros of a second out, so the letter behind must go."""
    return stamp_of(raw).rstrip(b"Z")


def shown(raw: bytes, *, with_time: bool = False) -> str:
    """A line as it is shown: nothing a terminal would act on; of what a carriage return overwrites, the last."""
    found = _STAMP.match(raw)
    text = raw[found.end() if found else 0 :].decode(errors="replace")
    if not text.isprintable():
        text = text.rstrip("\r")
        text = plain(text[text.rfind("\r") + 1 :].expandtabs(TAB))
    if len(text) > LONGEST_LINE:
        found_end = _CUT.search(text)
        text = text[:LONGEST_LINE] + (found_end[0] if found_end else f"… ({len(raw):,} bytes)")
    if with_time and found:
        return f"{found[0][:_STAMP_SHOWN].decode().rstrip(' Z')} {text}"
    return text


def short_names(names: Sequence[str]) -> list[str]:
    """What tells names apart: without the words with which all of them begin."""
    if len(set(names)) < 2:
        return list(names)
    least, most = min(names), max(names)  # what these two have in common, all have
    same = next((at for at, (one, other) in enumerate(zip(least, most, strict=False)) if one != other), len(least))
    skip = max(least.rfind(mark, 0, same) for mark in "-/ ") + 1
    return [name[skip:] or name for name in names]
