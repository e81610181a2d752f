"""The transport that gathers writes: one record for a turn of the loop, and none gathered once it is left.

Stands in for uvloop's transport, which real connections use in tests/embedded: this one only keeps what it is given.
"""

from __future__ import annotations

import asyncio

from minikf.embedded.server import Coalescing


class Kept:
    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


async def test_head_and_body_go_out_together() -> None:
    beneath = Kept()
    transport = Coalescing(beneath, asyncio.get_running_loop())
    transport.write(b"head ")
    transport.write(b"body")
    assert beneath.writes == []
    await asyncio.sleep(0)
    assert beneath.writes == [b"head body"]


async def test_what_was_written_before_a_close_is_sent() -> None:
    beneath = Kept()
    transport = Coalescing(beneath, asyncio.get_running_loop())
    transport.write(b"last words")
    transport.close()
    assert (beneath.writes, beneath.closed) == ([b"last words"], True)


async def test_a_websocket_gets_the_transport_beneath_and_nothing_is_sent_twice() -> None:
    beneath = Kept()
    transport = Coalescing(beneath, asyncio.get_running_loop())
    transport.write(b"before ")
    plain = transport.plain()
    plain.write(b"one")
    plain.write(b"two")
    await asyncio.sleep(0)
    assert beneath.writes == [b"before ", b"one", b"two"]
