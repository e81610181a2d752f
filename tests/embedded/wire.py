"""A bare HTTPS client for tests that need exact bytes, wrong headers or a thousand connections."""

from __future__ import annotations

import asyncio
import json
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from minikf.spec import Access


@dataclass(frozen=True)
class Answer:
    code: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """Connections to one platform; by default each request is a right one."""

    def __init__(self, access: Access) -> None:
        self.port = urlsplit(access.server).port or 443
        self.token = access.token.read_text().strip()
        self._trust = ssl.create_default_context(cafile=str(access.ca))

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=self._trust, server_hostname="127.0.0.1", limit=64 * 1024 * 1024
        )

    def head(self, method: str, path: str, body: bytes | None = None, **headers: str | None) -> bytes:
        """A request's bytes. A header given as None is left out; `_` in a name stands for `-`."""
        lines: dict[str, str | None] = {
            "host": f"127.0.0.1:{self.port}",
            "authorization": f"Bearer {self.token}",
            "content-type": "application/json" if body is not None else None,
            "content-length": str(len(body)) if body is not None else None,
        }
        lines.update({name.replace("_", "-").lower(): value for name, value in headers.items()})
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
        return f"{method} {path} HTTP/1.1\r\n{text}\r\n".encode() + (body or b"")

    async def ask(self, method: str, path: str, body: bytes | Any = None, **headers: str | None) -> Answer:
        """One request on a connection of its own."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        reader, writer = await self.connect()
        try:
            writer.write(self.head(method, path, data, **headers))
            await writer.drain()
            return await read_answer(reader)
        finally:
            writer.close()


async def read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    return int(head[0].split()[1]), headers


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    code, headers = await read_head(reader)
    if "content-length" in headers:
        return Answer(code, headers, await reader.readexactly(int(headers["content-length"])))
    return Answer(code, headers, b"".join([chunk async for chunk in chunks(reader)]))


async def chunks(reader: asyncio.StreamReader) -> Any:
    """The chunks of a chunked body."""
    while size := int(await reader.readline(), 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)
