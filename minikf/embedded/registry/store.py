"""The registry's database: one SQLite file, used by one thread, so that the event loop never waits for a disk."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from minikf.embedded.registry.errors import RegistryError
from minikf.embedded.registry.migrations import migrate
from minikf.embedded.registry.session import Session
from minikf.embedded.sqlitewal import BUSY_SECONDS, use_write_ahead_log
from minikf.errors import Refused

T = TypeVar("T")
Clock = Callable[[], float]

_FULL = 13  # SQLITE_FULL; sqlite3 names it from Python 3.11 on, but not on every build


class RegistryStore:
    """Runs work on the database: `write` in a transaction that is synced before it is acknowledged, `read` outside."""

    def __init__(self, connection: sqlite3.Connection, path: Path, clock: Clock = time.time) -> None:
        self._connection = connection
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="registry")
        self.path = path

    @classmethod
    def open(cls, path: Path, clock: Clock = time.time) -> RegistryStore:
        """Opens the database, or makes it (for its owner only). Raises Refused where it is none or cannot be used."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise _unusable(path, error) from error
        try:
            use_write_ahead_log(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA fullfsync = ON")  # macOS: through the drive's cache
            connection.execute("PRAGMA foreign_keys = ON")
            migrate(connection, path)
        except sqlite3.Error as error:
            connection.close()
            raise _unusable(path, error) from error
        except Refused:
            connection.close()
            raise
        return cls(connection, path, clock)

    async def read(self, work: Callable[[Session], T]) -> T:
        """What `work` finds. Raises what it raises, and RegistryError 503 where the database fails."""
        return await self._run(lambda: work(self._session()))

    async def write(self, work: Callable[[Session], T]) -> T:
        """What `work` did, durable when this returns; nothing of it where it raises.

        Raises what `work` raises, and RegistryError 503 where the database fails.
        """
        return await self._run(lambda: self._transaction(work))

    async def close(self) -> None:
        """Ends after the work that was asked for."""
        await self._run(self._connection.close)
        self._thread.shutdown()

    def _session(self) -> Session:
        return Session(self._connection, int(self._clock() * 1000))

    def _transaction(self, work: Callable[[Session], T]) -> T:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            done = work(self._session())
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # a full disk may have ended it already
                self._connection.execute("ROLLBACK")
            raise
        return done

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _failed(self, error: sqlite3.Error) -> RegistryError:
        advice = f"look at {self.path}"
        if getattr(error, "sqlite_errorcode", None) == _FULL:
            advice = "free some disk space and try again"
        return RegistryError(503, "DatabaseFailed", f"the registry's database failed: {error}", advice)


def _unusable(path: Path, error: Exception) -> Refused:
    return Refused(
        f"the model registry's database {path} cannot be used",
        cause=str(error),
        advice=f"move it away and start again (the registered models are in it): mv '{path}' '{path}.broken'",
    )
