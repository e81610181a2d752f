"""A log's index, its head that is dropped, and the ways to read it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from minikf.embedded.pods.layout import Attempt
from minikf.embedded.pods.logfile import LogIndex, LogWatch, open_log
from minikf.embedded.pods.logread import LogQuery, read_log, time_text

SECOND = 1_000_000_000


class Log:
    """A log written in parts, each at its time in seconds."""

    def __init__(self, folder: Path, cap: int = 1 << 30) -> None:
        self.attempt = Attempt(folder / "0", 0)
        self.fd = open_log(self.attempt)
        self.watch = LogWatch(self.attempt, cap)

    def write(self, data: bytes, at: float) -> None:
        os.write(self.fd, data)
        self.watch.sample(int(at * SECOND))

    async def read(self, has_ended: Callable[[], bool] = lambda: True, **query: object) -> bytes:
        wanted = LogQuery(**query)  # type: ignore[arg-type]
        return b"".join([chunk async for chunk in read_log(self.attempt, wanted, has_ended)])


async def test_tails(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.write(b"one\ntwo\nthree\nunfinished", 1)
    assert await log.read() == b"one\ntwo\nthree\nunfinished"
    assert await log.read(tail=0) == b""
    assert await log.read(tail=1) == b"unfinished"
    assert await log.read(tail=2) == b"three\nunfinished"
    assert await log.read(tail=99) == b"one\ntwo\nthree\nunfinished"
    log.write(b"\n", 2)
    assert await log.read(tail=1) == b"unfinished\n"


async def test_a_tail_longer_than_what_is_read_at_a_time(tmp_path: Path) -> None:
    log = Log(tmp_path)
    lines = [b"%06d\n" % number for number in range(100_000)]
    log.write(b"".join(lines), 1)
    assert await log.read(tail=50_000) == b"".join(lines[-50_000:])


async def test_times_and_since(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.write(b"a\nb", 1)
    log.write(b"b\nc\n", 2)
    log.write(b"d\n", 3)
    stamped = (await log.read(timestamps=True)).splitlines()
    # A line has the time at which its beginning was seen.
    seconds = [line[17:19] for line in stamped]
    assert seconds == [b"01", b"01", b"02", b"03"]
    assert [line.split(b" ", 1)[1] for line in stamped] == [b"a", b"bb", b"c", b"d"]
    assert await log.read(since_ns=2 * SECOND) == b"c\nd\n"
    assert await log.read(since_ns=3 * SECOND) == b"d\n"
    assert await log.read(since_ns=9 * SECOND) == b""
    assert await log.read(since_ns=2 * SECOND, tail=1) == b"d\n"


async def test_carriage_returns_do_not_make_lines(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.write(b"10%\r20%\r\nnext\x0b\x0c\x1c line\n", 1)
    assert (await log.read(timestamps=True)).count(b"Z ") == 2


async def test_limits_count_bytes_of_the_answer(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.write(b"abcdef\n", 1)
    assert await log.read(limit=3) == b"abc"
    assert await log.read(limit=100) == b"abcdef\n"
    assert len(await log.read(limit=31, timestamps=True)) == 31


async def test_following_ends_after_the_last_byte(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.write(b"one\n", 1)
    asked = 0

    def has_ended() -> bool:
        nonlocal asked
        asked += 1
        if asked == 3:
            os.write(log.fd, b"last\n")
        return asked >= 3

    assert await log.read(has_ended, follow=True) == b"one\nlast\n"


async def test_no_log_is_an_empty_log(tmp_path: Path) -> None:
    attempt = Attempt(tmp_path / "0", 0)
    assert [chunk async for chunk in read_log(attempt, LogQuery(), lambda: True)] == []


async def test_the_oldest_part_is_dropped_and_offsets_stay(tmp_path: Path) -> None:
    log = Log(tmp_path, cap=1 << 20)
    line = b"x" * 99 + b"\n"
    for second in range(30):
        log.write(line * 1000, second)
    index = LogIndex(log.attempt.index)
    kept = 3_000_000 - index.start
    assert 800_000 <= kept <= 1 << 20
    assert log.attempt.log.stat().st_blocks * 512 < 1_300_000, "the file system kept the blocks"
    data = await log.read()
    assert set(data.splitlines()) == {line[:-1]}, "what is left begins with a whole line"
    assert kept - 100 <= len(data) <= kept
    assert (await log.read(tail=1)) == line


async def test_an_index_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.write(b"a\n", 1)
    log.watch.close(int(1.1 * SECOND))
    with log.attempt.index.open("ab") as file:
        file.write(b"half")
    log.watch = LogWatch(log.attempt, 1 << 30)
    log.write(b"b\n", 5)
    assert [line[17:19] for line in (await log.read(timestamps=True)).splitlines()] == [b"01", b"05"]


def test_times_have_nine_digits() -> None:
    assert time_text(1_700_000_000_000_000_042) == b"2023-11-14T22:13:20.000000042Z "


@pytest.mark.parametrize("size", [0, 1, 10])
def test_offsets_and_times_are_found(tmp_path: Path, size: int) -> None:
    log = Log(tmp_path)
    for second in range(size):
        log.write(b"0123456789", second + 1)
    index = LogIndex(log.attempt.index)
    for second in range(size):
        assert index.part_of(second * 10) == (second * 10 + 10, (second + 1) * SECOND)
        assert index.offset_at((second + 1) * SECOND) == second * 10
    assert index.part_of(size * 10) is None


async def test_after_the_clock_stepped_back_nothing_that_is_asked_for_is_left_out(tmp_path: Path) -> None:
    log = Log(tmp_path)
    for text, second in ((b"a\n", 3600), (b"b\n", 3700), (b"c\n", 100), (b"d\n", 200), (b"e\n", 300), (b"f\n", 400)):
        log.write(text, second)
    index = LogIndex(log.attempt.index)
    assert index.offset_at(3700 * SECOND) == 2, "who goes on from the last line before the step gets what came after it"
    assert index.offset_at(350 * SECOND) <= 10, "what was printed in the last minute is there"
    assert index.offset_at(4000 * SECOND) == 12
