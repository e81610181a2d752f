"""Listening sockets of loopback, and connections that speak TLS or not."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable

log = logging.getLogger("minikf.forward")

LOOPBACK = "127.0.0.1"
_TLS_HELLO = b"\x16"  # RFC 8446, 5.1: a record of the type handshake
_FIRST_SECONDS = 20.0
_HANDSHAKE_SECONDS = 20.0
_MOST_CLIENTS = 512
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

# As the embedded engine's: the model-registry client warns of https ports that do not end in 443; below 32768, where
# Linux begins to hand out ports to outgoing connections.
PROGRAMS = tuple(range(10443, 32768, 1000))
PAGES = tuple(range(8180, 8400))


def listen(port: int) -> socket.socket | None:
    """A listening socket of loopback on this port, any where it is 0; None where another program has it."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(256)
        listener.setblocking(False)
    except OSError:
        listener.close()
        return None
    return listener


class Listening:
    """Accepts until it is closed. The same port takes plain HTTP, for browsers, which do not know our CA, and TLS."""

    def __init__(self, listener: socket.socket, tls: ssl.SSLContext, serve: Serve) -> None:
        self._listener, self._tls, self._serve = listener, tls, serve
        self._clients: set[asyncio.Task[None]] = set()
        self._accepting = asyncio.create_task(self._accept())

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    async def close(self) -> None:
        """Ends what is going on, too."""
        tasks = {self._accepting, *self._clients}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._listener.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connected, _ = await loop.sock_accept(self._listener)
            except OSError as error:  # no more files, no memory, or the client has gone: the next one may be luckier
                log.warning("no connection can be taken: %s", error)
                await asyncio.sleep(0.5)
                continue
            if len(self._clients) >= _MOST_CLIENTS:
                connected.close()
                continue
            connected.setblocking(False)
            # As asyncio does for what it has made itself; without it an answer's second part waits for an ACK.
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client = asyncio.create_task(self._client(connected))
            self._clients.add(client)
            client.add_done_callback(self._clients.discard)

    async def _client(self, connected: socket.socket) -> None:
        try:
            async with asyncio.timeout(_FIRST_SECONDS):
                first = await _peek(connected)
            reader = asyncio.StreamReader(limit=256 * 1024)
            protocol = asyncio.StreamReaderProtocol(reader)
            secure = first == _TLS_HELLO
            loop = asyncio.get_running_loop()
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol,
                connected,
                ssl=self._tls if secure else None,
                ssl_handshake_timeout=_HANDSHAKE_SECONDS if secure else None,
            )
        except (OSError, TimeoutError) as error:  # a client that trusts others than our CA, for one
            log.debug("a client left before it asked: %s", error)
            connected.close()
            return
        except BaseException:
            connected.close()
            raise
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        try:
            await self._serve(reader, writer)
        except Exception:
            log.exception("a connection failed")
        finally:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError, asyncio.CancelledError):
                async with asyncio.timeout(2.0):
                    await writer.wait_closed()


async def _peek(connected: socket.socket) -> bytes:
    """The first byte, which stays where it is."""
    loop = asyncio.get_running_loop()
    there = asyncio.Event()
    loop.add_reader(connected, there.set)
    try:
        await there.wait()
    finally:
        loop.remove_reader(connected)
    return connected.recv(1, socket.MSG_PEEK)
