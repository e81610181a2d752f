"""The SQLite file: one thread writes it, so that the event loop never waits for a disk; reads have a connection of
their own, which WAL lets see what was committed last without waiting for a write."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from minikf.embedded.pipelines.store.errors import StoreFailed
from minikf.embedded.pipelines.store.migrations import migrate
from minikf.embedded.sqlitewal import BUSY_SECONDS, use_write_ahead_log
from minikf.errors import Refused

T = TypeVar("T")
Row = tuple[Any, ...]

_FULL = 13  # SQLITE_FULL; sqlite3 names it from Python 3.11 on, but not on every build


class Database:
    """`write` runs work in a transaction that is synced before it is acknowledged; `rows` reads at once."""

    def __init__(self, path: Path, writer: sqlite3.Connection, reader: sqlite3.Connection) -> None:
        self.path = path
        self._writer = writer
        self._reader = reader
        self._reading = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pipelines")

    @classmethod
    def open(cls, path: Path) -> Database:
        """Opens the file, or makes it (for its owner only). Raises Refused where it cannot be used."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            writer = _connect(path)
        except (OSError, sqlite3.Error) as error:
            raise _unusable(path, error) from error
        try:
            use_write_ahead_log(writer)
            writer.execute("PRAGMA synchronous = FULL")
            writer.execute("PRAGMA fullfsync = ON")  # macOS: through the drive's cache
            writer.execute("PRAGMA foreign_keys = ON")
            migrate(writer, path)
            reader = _connect(path)
            reader.execute("PRAGMA query_only = ON")
        except sqlite3.Error as error:
            writer.close()
            raise _unusable(path, error) from error
        except Refused:
            writer.close()
            raise
        return cls(path, writer, reader)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """What a query finds. Raises StoreFailed."""
        try:
            with self._reading:
                return self._reader.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def row(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        """The first row that a query finds. Raises StoreFailed."""
        found = self.rows(sql, values)
        return found[0] if found else None

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` did, durable when this returns; nothing of it where it raises.

        Raises what `work` raises, and StoreFailed where the database fails.
        """
        return await self._run(lambda: self.transaction(work))

    def transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """`write` without a loop, for whoever opens the file before there is one."""
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            done = work(self._writer)
            self._writer.execute("COMMIT")
        except BaseException:
            if self._writer.in_transaction:  # a full disk may have ended it already
                self._writer.execute("ROLLBACK")
            raise
        return done

    async def close(self) -> None:
        """Ends after the work that was asked for."""
        await self._run(self._writer.close)
        self._thread.shutdown()
        with self._reading:
            self._reader.close()

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _failed(self, error: sqlite3.Error) -> StoreFailed:
        advice = f"look at {self.path}"
        if getattr(error, "sqlite_errorcode", None) == _FULL:
            advice = "free some disk space and try again"
        return StoreFailed(f"the pipelines' database failed: {error}", advice)


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def _unusable(path: Path, error: Exception) -> Refused:
    return Refused(
        f"the pipelines' database {path} cannot be used",
        cause=str(error),
        advice=f"move it away and start again (pipelines and runs are in it): mv '{path}' '{path}.broken'",
    )
