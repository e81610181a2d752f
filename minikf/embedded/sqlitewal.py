"""Write-ahead logging for a database that others may open at the same moment."""

from __future__ import annotations

import sqlite3
import time

BUSY_SECONDS = 5.0
_PAUSE_SECONDS = 0.01


def use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Turns the log on. Raises sqlite3.Error, after BUSY_SECONDS where others hold the file.

    A change of the journal's mode needs the file alone. Where two ask at once, SQLite may tell one of them that the
    file is locked without waiting for its busy timeout (https://www.sqlite.org/c3ref/busy_handler.html: waiting could
    be a deadlock), so waiting is ours.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_PAUSE_SECONDS)
