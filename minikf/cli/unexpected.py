"""A failure that nobody foresaw: a short message, and the traceback where it can be found."""

from __future__ import annotations

import datetime
import sys
import traceback
from pathlib import Path

from minikf import __version__
from minikf.errors import MinikfError

LIMIT_BYTES = 1024 * 1024


def report(error: Exception, *, debug: bool) -> MinikfError:
    """The error to show; the traceback goes to the log file of errors, and to stderr with `--debug`."""
    text = "".join(traceback.format_exception(error))
    if debug:
        sys.stderr.write(text)
    log = _write(text)
    return MinikfError(
        "something went wrong that MiniKF did not foresee",
        cause=f"{type(error).__name__}: {error}",
        advice=f"see {log}" if log is not None else "run the same command with --debug before the verb",
    )


def _write(text: str) -> Path | None:
    """Where the traceback was written, or None where it cannot be: that failure must not hide the first one."""
    from minikf.paths import state_home

    try:
        log = state_home() / "errors.log"
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = "w" if log.exists() and log.stat().st_size > LIMIT_BYTES else "a"
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        with log.open(mode) as file:
            file.write(f"--- {now} minikf {__version__}\n{text}\n")
    except (OSError, MinikfError):
        return None
    return log
