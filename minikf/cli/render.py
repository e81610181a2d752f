"""How things look in a terminal: errors, progress, tables and JSON. The only place that prints."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from minikf.cli import ReaderGone
from minikf.errors import MinikfError

if TYPE_CHECKING:
    from collections.abc import Generator

    from minikf.spec import Event

T = TypeVar("T")

_RED = "31"
_GREEN = "32"
_YELLOW = "33"
_MAGENTA = "35"
_CYAN = "36"
_DIM = "2"
_BOLD = "1"


def error(failure: MinikfError, *, as_json: bool) -> None:
    """A failure on stderr: what, why and what to type next; one line of JSON with `--json`."""
    if as_json:
        _write(sys.stderr, json.dumps(failure.as_dict()))
        return
    _write(sys.stderr, f"{_styled('error:', _RED, sys.stderr)} {failure.message}")
    for label, text in (("why", failure.cause), ("try", failure.advice), ("see", failure.url)):
        if text:
            _write(sys.stderr, f"  {_styled(label + ':', _BOLD, sys.stderr)} {text}")


def follow(steps: Generator[Event, None, T], *, as_json: bool) -> T:
    """Runs long work to its end, telling each of its events on stderr, and returns its result."""
    while True:
        try:
            event = next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        _tell(event, as_json)


def _tell(event: Event, as_json: bool) -> None:
    if as_json:
        _write(sys.stderr, json.dumps(event.as_dict()))
        return
    colour = {"done": _GREEN, "failed": _RED}.get(event.state, _DIM)
    mark = {"done": "ok", "failed": "!!", "progress": ".."}.get(event.state, "->")
    counts = "".join(
        f" {done:,}/{total:,} {unit}"
        for done, total, unit in (
            (event.bytes_done, event.bytes_total, "bytes"),
            (event.objects_done, event.objects_total, "objects"),
        )
        if total
    )
    _write(sys.stderr, f"{_styled(mark, colour, sys.stderr)} {event.what}: {event.message or event.state}{counts}")


def note(line: str) -> None:
    """A remark on stderr, beside whatever a command prints."""
    _write(sys.stderr, f"{_styled('note:', _YELLOW, sys.stderr)} {line}")


def data(value: Any) -> None:
    """A result as JSON on stdout."""
    _write(sys.stdout, json.dumps(value, indent=2, default=str))


def text(line: str = "") -> None:
    """A line for people on stdout."""
    _write(sys.stdout, line)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as what they hold."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    for number, row in enumerate((head, *rows)):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        text(_styled(line, _BOLD, sys.stdout) if number == 0 else line)


# Colours of the states of runs and steps, and of the lines that join them.
_STATES = {
    "SUCCEEDED": _GREEN, "CACHED": _CYAN, "FAILED": _RED, "RUNNING": _YELLOW, "CANCELED": _MAGENTA,
    "CANCELING": _MAGENTA, "line": _DIM,
}  # fmt: skip
_FAINT = ("PENDING", "WAITING", "SKIPPED", "NOT_RUN")


def spans(line: Sequence[tuple[str, str]]) -> None:
    """A line of texts, each in the colour of its state."""
    codes = [(words, _STATES.get(state, _DIM if state in _FAINT else "")) for words, state in line]
    text(
        "".join(_styled(words, code, sys.stdout) if code and words.strip() else words for words, code in codes).rstrip()
    )


def level(word: str) -> str:
    """A word of health in its colour."""
    colours = {"ok": _GREEN, "running": _GREEN, "warning": _YELLOW, "error": _RED, "failing": _RED}
    return _styled(word, colours.get(word, _DIM), sys.stdout)


def megabytes(count: int) -> str:
    """Bytes as people read them; empty for an unknown size."""
    return f"{count / 1024 / 1024:.0f} MiB" if count else ""


def has_terminal() -> bool:
    """Whether a person can be asked: both ends are a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def _styled(words: str, code: str, stream: TextIO) -> str:
    """ANSI colours on a terminal only, and never where NO_COLOR (no-color.org) is set."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not stream.isatty()
    return words if plain else f"\x1b[{code}m{words}\x1b[0m"


def _write(stream: TextIO, line: str) -> None:
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(line.encode(encoding, "replace").decode(encoding) + "\n")
        stream.flush()
    except BrokenPipeError as error:
        if stream is sys.stdout:
            raise ReaderGone from error
        # Nobody hears how the work goes on; that is no reason to leave it half done.
