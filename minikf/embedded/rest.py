"""What the daemon's own REST surfaces read of a request, each wording its refusals in its own error body."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class ClientGone(Exception):
    """The client went away before it had sent its request."""


class TooLarge(Exception):
    """The body has more bytes than the surface takes; the text says how many that is."""


def first_values(raw: bytes) -> dict[str, str]:
    """The first value of each parameter of a query. Raises ValueError with what is wrong with it."""
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict")
    except (UnicodeDecodeError, ValueError) as error:
        raise ValueError(f"the query cannot be read: {error}") from error
    if any("\0" in value for _, value in pairs):
        raise ValueError("the query contains a NUL character")
    return dict(reversed(pairs))


async def whole_body(receive: Receive, limit: int) -> bytes:
    """The body of at most `limit` bytes. Raises ClientGone, and TooLarge before more of it is kept."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        if len(body) > limit:
            raise TooLarge(f"the body has more than {limit} bytes")
        if not message.get("more_body", False):
            return bytes(body)
