"""A line of a log has one time, whoever reads it and whenever: clients go on from it after an interruption."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from minikf.embedded.pods.layout import Attempt
from minikf.embedded.pods.logfile import LogWatch, open_log
from minikf.embedded.pods.logread import LogQuery, read_log, time_text

FOLLOWED = LogQuery(follow=True, timestamps=True)


async def test_a_follower_gets_the_time_that_is_noted_and_not_the_one_of_its_own_reading(tmp_path: Path) -> None:
    attempt = Attempt(tmp_path / "0", 0)
    handle, watch = open_log(attempt), LogWatch(attempt, 1 << 20)
    os.write(handle, b"one\n")
    watch.sample(5_000_000_000)
    lines = read_log(attempt, FOLLOWED, lambda: False)
    assert await anext(lines) == time_text(5_000_000_000) + b"one\n"
    os.write(handle, b"two\n")
    following = asyncio.ensure_future(anext(lines))
    await asyncio.sleep(0.2)
    assert not following.done()
    watch.sample(6_000_000_000)
    assert await following == time_text(6_000_000_000) + b"two\n"
    again = [
        chunk async for chunk in read_log(attempt, LogQuery(timestamps=True, since_ns=6_000_000_000), lambda: True)
    ]
    assert again == [time_text(6_000_000_000) + b"two\n"]
    os.close(handle)


async def test_where_times_cannot_be_noted_the_lines_come_all_the_same(tmp_path: Path) -> None:
    """As on a full disk."""
    attempt = Attempt(tmp_path / "0", 0)
    handle = open_log(attempt)
    os.write(handle, b"one\n")
    async with asyncio.timeout(10):
        assert (await anext(read_log(attempt, FOLLOWED, lambda: False))).endswith(b" one\n")
    os.close(handle)
