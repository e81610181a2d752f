"""Turning the write-ahead log on while others use the file."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from minikf.embedded import sqlitewal
from minikf.embedded.sqlitewal import use_write_ahead_log


def _holder(path: Path) -> sqlite3.Connection:
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN EXCLUSIVE")
    return holder


def test_it_waits_until_the_file_is_free(tmp_path: Path) -> None:
    holder = _holder(tmp_path / "a.db")
    connection = sqlite3.connect(tmp_path / "a.db", timeout=0, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError, match="locked"):  # what SQLite alone says, at once
        connection.execute("PRAGMA journal_mode = WAL")
    threading.Timer(0.05, holder.rollback).start()
    use_write_ahead_log(connection)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_file_that_stays_held_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlitewal, "BUSY_SECONDS", 0.05)
    holder = _holder(tmp_path / "a.db")
    connection = sqlite3.connect(tmp_path / "a.db", timeout=0, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        use_write_ahead_log(connection)
    holder.close()
