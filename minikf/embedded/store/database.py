"""The SQLite file behind the store: one connection, one committer thread, group commit."""

from __future__ import annotations

import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from minikf.embedded.sqlitewal import use_write_ahead_log
from minikf.errors import Refused

Values = tuple[str | int | bytes | None, ...]

SCHEMA_VERSION = 2
# Rows of one statement at most. Each statement gives the interpreter's lock away and waits to have it back, so one is
# better than several; the connection keeps a prepared statement for each number of rows (128 of them by default).
_ROWS = 60


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
        # Writes as (epoch, row), and None for the end.
        self._waiting: queue.SimpleQueue[tuple[int, Row] | None] = queue.SimpleQueue()
        self._failed_epoch = -1
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
        # So that a batch without removals is one statement, and with it one transaction.
        run(
            "create trigger if not exists count_writes after insert on objects when new.rv > (select rv from counter) "
            "begin update counter set rv = new.rv; end"
        )
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
        self._waiting.put((epoch, row))

    def close(self) -> None:
        """Commits what is queued and closes the file."""
        self._waiting.put(None)
        if self._thread.is_alive():
            self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        is_open = True
        while is_open:
            waiting = [self._waiting.get()]
            with contextlib.suppress(queue.Empty):
                while True:
                    waiting.append(self._waiting.get_nowait())
            is_open = None not in waiting
            batch = [one for one in waiting if one is not None and one[0] > self._failed_epoch]
            if not batch:
                continue
            error = self._commit([row for _, row in batch])
            if error is not None:
                self._failed_epoch = batch[-1][0]
            assert self._report is not None
            self._report(len(batch), error)

    def _commit(self, rows: list[Row]) -> Exception | None:
        run = self._connection.execute
        # Of several versions of one object in a batch only the last is ever read again.
        last = {row.key: row for row in rows}
        kept = [(row.key, row.rv, row.raw) for row in last.values() if row.raw is not None]
        gone = [(row.key,) for row in last.values() if row.raw is None]
        statements = [
            (f"insert or replace into objects values {', '.join(('(?, ?, ?)',) * len(part))}", _flat(part))
            for part in _parts(kept)
        ]
        statements += [
            (f"delete from objects where key in ({', '.join('?' * len(part))})", _flat(part)) for part in _parts(gone)
        ]
        try:
            if len(statements) == 1 and not gone:
                run(*statements[0])  # the trigger counts
                return None
            run("begin immediate")
            for text, values in statements:
                run(text, values)
            run("update counter set rv = ?", (rows[-1].rv,))
            run("commit")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("rollback")
            return error
        return None


def _parts(rows: Sequence[Values]) -> Iterator[Sequence[Values]]:
    """The rows in pieces of `_ROWS`."""
    for start in range(0, len(rows), _ROWS):
        yield rows[start : start + _ROWS]


def _flat(rows: Sequence[Values]) -> list[str | int | bytes | None]:
    return [value for row in rows for value in row]
