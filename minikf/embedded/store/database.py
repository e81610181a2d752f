"""The SQLite file behind the store: one connection, one committer thread, group commit."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from minikf.embedded.sqlitewal import use_write_ahead_log
from minikf.errors import Refused

Values = tuple[str | int | bytes | None, ...]

SCHEMA_VERSION = 1
# Rows of one statement. Each statement gives the interpreter's lock away and waits to have it back, so few are better
# than many; a number of sizes keeps SQLite's cache of prepared statements in use.
_ROWS = (64, 16, 4, 1)


@dataclass(frozen=True)
class Row:
    """What one write does to the file: `raw` None removes the object."""

    key: str
    rv: int
    raw: bytes | None


class Database:
    """Opens the file and commits batches of rows, each batch synced before it is reported."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._prepare()
        except sqlite3.Error as error:
            raise Refused(
                f"the platform's database {path} cannot be opened",
                cause=str(error),
                advice="minikf doctor",
            ) from error
        path.chmod(0o600)
        self._waiting: list[tuple[int, Row]] = []
        self._failed_epoch = -1
        self._wake = threading.Condition()
        self._stopping = False
        self._report: Callable[[int, Exception | None], None] | None = None
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)

    def _prepare(self) -> None:
        run = self._connection.execute
        use_write_ahead_log(self._connection)
        run("pragma synchronous=full")
        (version,) = run("pragma user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"it was written by a newer MiniKF (schema {version})")
        columns = "key text primary key, rv integer not null, raw blob not null"
        run(f"create table if not exists objects ({columns}) without rowid")
        run("create table if not exists counter (id integer primary key check (id = 0), rv integer not null)")
        run("insert or ignore into counter values (0, 0)")
        run(f"pragma user_version={SCHEMA_VERSION}")

    def load(self) -> tuple[int, Iterator[tuple[str, bytes]]]:
        """The highest resourceVersion ever committed and all objects as (key, JSON)."""
        (rv,) = self._connection.execute("select rv from counter").fetchone()
        return int(rv), iter(self._connection.execute("select key, raw from objects order by key"))

    def start(self, report: Callable[[int, Exception | None], None]) -> None:
        """Begins to commit. `report(n, error)` is called in the committer's thread after the next n writes
        were synced, or after they failed with `error`."""
        self._report = report
        self._thread.start()

    def submit(self, row: Row, epoch: int) -> None:
        """Queues one write. After a failed commit, writes of its epoch are dropped without a report: they were
        decided on objects that have gone back to what they were, and the store fails them itself."""
        with self._wake:
            self._waiting.append((epoch, row))
            self._wake.notify()

    def close(self) -> None:
        """Commits what is queued and closes the file."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._stopping:
                    self._wake.wait()
                if not self._waiting:
                    return
                waiting, self._waiting = self._waiting, []
            batch = [(epoch, row) for epoch, row in waiting if epoch > self._failed_epoch]
            if not batch:
                continue
            error = self._commit([row for _, row in batch])
            if error is not None:
                self._failed_epoch = batch[-1][0]
            assert self._report is not None
            self._report(len(batch), error)

    def _commit(self, rows: list[Row]) -> Exception | None:
        run = self._connection.execute
        try:
            run("begin immediate")
            # Of several versions of one object in a batch only the last is ever read again.
            last = {row.key: row for row in rows}
            kept = [(row.key, row.rv, row.raw) for row in last.values() if row.raw is not None]
            gone = [(row.key,) for row in last.values() if row.raw is None]
            for part in _parts(kept):
                run(f"insert or replace into objects values {', '.join(('(?, ?, ?)',) * len(part))}", _flat(part))
            for part in _parts(gone):
                run(f"delete from objects where key in ({', '.join('?' * len(part))})", _flat(part))
            run("update counter set rv = ?", (rows[-1].rv,))
            run("commit")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("rollback")
            return error
        return None


def _parts(rows: Sequence[Values]) -> Iterator[Sequence[Values]]:
    """The rows in pieces of the sizes in `_ROWS`."""
    start = 0
    for size in _ROWS:
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size


def _flat(rows: Sequence[Values]) -> list[str | int | bytes | None]:
    return [value for row in rows for value in row]
