"""The daemon's log stays small and is quoted from its end."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

from minikf import logfile, logs


def test_a_large_log_is_cut_while_a_process_appends_to_it(tmp_path: Path) -> None:
    log = tmp_path / "daemon.log"
    handle = logfile.open_for_append(log)
    for number in range(200):
        os.write(handle, f"line {number:03}\n".encode())
    assert not logfile.rotate(log, limit=100_000)
    assert logfile.rotate(log, limit=900)
    os.write(handle, b"after\n")
    os.close(handle)
    assert log.read_text() == "after\n"
    kept = (tmp_path / "daemon.log.1").read_text()
    assert len(kept) == 900 and kept.endswith("line 199\n")
    assert log.stat().st_mode & 0o077 == 0


def test_the_tail_is_of_this_start_only(tmp_path: Path) -> None:
    log = tmp_path / "daemon.log"
    log.write_bytes(b"old\n" * 3)
    before = log.stat().st_size
    log.write_bytes(b"old\n" * 3 + b"new 1\nnew \xff2\n")
    assert logfile.tail(log, 10, before) == ["new 1", "new �2"]
    assert logfile.tail(log, 1) == ["new �2"]
    assert logfile.tail(log, 10, since=10_000) == ["old"] * 3 + ["new 1", "new �2"]
    assert logfile.tail(tmp_path / "none.log", 10) == []


def test_following_gives_whole_lines_and_survives_a_cut(tmp_path: Path) -> None:
    log = tmp_path / "daemon.log"
    log.write_text("one\ntwo\nthr")
    lines = logs._from(log, 4)
    assert next(lines) == "two"
    with log.open("a") as file:
        file.write("ee\n")
    assert next(lines) == "three"
    log.write_text("new\n")
    assert list(itertools.islice(lines, 1)) == ["new"]
