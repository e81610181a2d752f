"""What stands on a notebook's port before a server that checks neither Host nor Origin of what it is sent.

The server behind it is on a unix socket of the user's own. One connection carries one request: its head is checked and
loses the notebook's path, which is what Kubeflow's gateway does for such servers (the annotation
`notebooks.kubeflow.org/http-rewrite-uri`); from then on bytes pass both ways, so websockets need nothing of their own.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from minikf.embedded.serving.guard import Hosts

log = logging.getLogger("minikf.notebooks")

# Node's own limit of a request's head is 16 KiB.
_LONGEST_HEAD = 64 * 1024
_HEAD_SECONDS = 60.0
_START_SECONDS = 120.0
_LOOK_SECONDS = 0.05
_PIECE = 256 * 1024
_HOSTS = Hosts()


@dataclass(frozen=True)
class Refusal:
    """An answer in place of the server's; `location` is where a redirect leads."""

    status: HTTPStatus
    why: str
    location: str = ""

    def answer(self) -> bytes:
        body = f"{self.why}\n".encode()
        lines = [f"HTTP/1.1 {self.status.value} {self.status.phrase}", "Content-Type: text/plain; charset=utf-8"]
        lines += [f"Content-Length: {len(body)}", "Connection: close"]
        lines += [f"Location: {self.location}"] if self.location else []
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def checked(head: bytes, prefix: str) -> bytes | Refusal:
    """The head as the server behind gets it; `prefix` is the notebook's path, with no slash at its end.

    `head` ends with the empty line. All but an upgrade is asked to be the last of its connection.
    """
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, space, rest = first.partition(" ")
    target, _, version = rest.rpartition(" ")
    pairs = [(name.strip().lower(), value.strip()) for name, colon, value in (x.partition(":") for x in lines) if colon]
    if not space or not target or version not in ("HTTP/1.1", "HTTP/1.0") or len(pairs) != len(lines):
        return Refusal(HTTPStatus.BAD_REQUEST, "this is no HTTP/1.1 request")
    hosts = [value for name, value in pairs if name == "host"]
    if len(hosts) != 1 or not _HOSTS.allow(hosts[0]):
        return Refusal(HTTPStatus.FORBIDDEN, "the Host header does not name this machine's loopback")
    origins = [value for name, value in pairs if name == "origin"]
    if any(origin.lower() != f"http://{hosts[0].lower()}" for origin in origins):
        return Refusal(HTTPStatus.FORBIDDEN, "requests from other web sites are refused (Origin header)")
    path, question, query = target.partition("?")
    if path in ("/", prefix):
        return Refusal(HTTPStatus.FOUND, "the notebook is below this path", f"{prefix}/{question}{query}")
    if not path.startswith(f"{prefix}/"):
        return Refusal(HTTPStatus.NOT_FOUND, f"the notebook is at {prefix}/")
    # What says whom the server should believe it is: only gateways write these, and there is none.
    kept = [(name, value) for name, value in pairs if name != "forwarded" and not name.startswith("x-forwarded-")]
    if not any(name == "upgrade" for name, _ in kept):
        kept = [(name, value) for name, value in kept if name not in ("connection", "keep-alive")]
        kept.append(("connection", "close"))
    told = [f"{method} {target.removeprefix(prefix)} {version}", *(f"{name}: {value}" for name, value in kept)]
    return ("\r\n".join(told) + "\r\n\r\n").encode("latin-1")


class Front:
    """Serves a listening socket; `behind` is the server's own, which may come later: requests wait for it."""

    def __init__(self, prefix: str, behind: Path) -> None:
        self._prefix = prefix
        self._behind = behind

    async def serve(self, listener: socket.socket) -> asyncio.Server:
        return await asyncio.start_server(self._connected, sock=listener, limit=_LONGEST_HEAD)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._pass(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            log.debug("a connection ended early: %s", error)
        finally:
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _HEAD_SECONDS)
        except asyncio.LimitOverrunError:
            found: bytes | Refusal = Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the request's head is long")
        else:
            found = checked(head, self._prefix)
        if isinstance(found, Refusal):
            writer.write(found.answer())
            await writer.drain()
            return
        inner_reader, inner_writer = await self._open()
        try:
            inner_writer.write(found)
            there = asyncio.ensure_future(_copy(reader, inner_writer))
            back = asyncio.ensure_future(_copy(inner_reader, writer))
            # The server's end is the end: a client that has asked may have closed its side already.
            await asyncio.wait({back})
            there.cancel()
        finally:
            inner_writer.close()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the server, once it listens. Raises OSError when it does not within two minutes."""
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                return await asyncio.open_unix_connection(str(self._behind))
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(_LOOK_SECONDS)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError as error:
        log.debug("a connection broke: %s", error)
