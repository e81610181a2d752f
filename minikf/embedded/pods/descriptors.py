"""Pipes and terminals of programs, read and written without blocking the event loop."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Callable

_CHUNK = 32 << 10


async def read_chunks(fd: int) -> AsyncIterator[bytes]:
    """What comes out of a non-blocking descriptor until its end."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            chunk = os.read(fd, _CHUNK)
        except BlockingIOError:
            await _until(lambda ready: loop.add_reader(fd, ready), lambda: loop.remove_reader(fd))
            continue
        except OSError as error:
            if error.errno == errno.EIO:  # how a terminal ends when its last program has
                return
            raise
        if not chunk:
            return
        yield chunk


async def write_all(fd: int, data: bytes) -> bool:
    """Writes all of it; False when nobody reads any more."""
    loop = asyncio.get_running_loop()
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(fd, rest) :]
        except BlockingIOError:
            await _until(lambda ready: loop.add_writer(fd, ready), lambda: loop.remove_writer(fd))
        except OSError as error:
            if error.errno in (errno.EPIPE, errno.EIO):
                return False
            raise
    return True


async def _until(watch: Callable[[Callable[[], None]], object], stop: Callable[[], object]) -> None:
    ready = asyncio.Event()
    watch(ready.set)
    try:
        await ready.wait()
    finally:
        stop()
