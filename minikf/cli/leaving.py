"""Ctrl-C and SIGTERM: a verb that only watches ends at once, what it watches goes on, and the user is told how."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator, Mapping

from minikf.errors import ExitCode

_signals: list[int] = []


def on_sigterm() -> None:
    """From now on SIGTERM unwinds the program as Ctrl-C does. For the program's own process only."""

    def terminated(number: int, _: object) -> None:
        _signals.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, terminated)


def code() -> ExitCode:
    """The exit code of a program that a signal has ended."""
    return ExitCode.TERMINATED if _signals else ExitCode.INTERRUPTED


@contextlib.contextmanager
def goes_on(what: str, hints: Mapping[str, str]) -> Iterator[None]:
    """Whoever leaves the block by Ctrl-C or SIGTERM reads that `what` goes on, and the commands for it."""
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.write(f"\n{what} goes on without you\n{listed(hints)}\n")
        raise


def listed(hints: Mapping[str, str]) -> str:
    """Commands by what they do, a line each."""
    width = max(map(len, hints), default=0)
    return "\n".join(f"  {label:<{width}}  {command}" for label, command in hints.items())
