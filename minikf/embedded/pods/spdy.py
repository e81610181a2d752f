"""The server's end of SPDY/3.1, as far as port forwarding needs it.

Frames, header blocks and their dictionary: draft-mbelshe-httpbis-spdy-00 (SPDY/3), sections 2.2, 2.6 and 2.6.10.1.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

DICTIONARY = resources.files(__package__).joinpath("spdy.dict").read_bytes()
SYN_STREAM, SYN_REPLY, RST_STREAM, SETTINGS, PING, GOAWAY, HEADERS, WINDOW_UPDATE = 1, 2, 3, 4, 6, 7, 8, 9
FIN = 1
_VERSION = 3
_HEAD = struct.Struct(">II")
# No client of ours sends frames of more than its 32 KiB buffer; what claims more is not SPDY.
_MAX_FRAME = 1 << 20


class SpdyError(Exception):
    """What came is not SPDY/3.1."""


@dataclass(frozen=True)
class Frame:
    """A control frame of type `kind` (its stream and headers, where it has them), or data when `kind` is 0."""

    kind: int
    stream: int
    flags: int
    body: bytes
    headers: dict[str, str]

    @property
    def is_last(self) -> bool:
        return bool(self.flags & FIN)


class Reader:
    """Cuts what arrives into frames."""

    def __init__(self) -> None:
        self._buffer = b""
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are now complete. Raises SpdyError."""
        self._buffer += data
        while len(self._buffer) >= _HEAD.size:
            first, second = _HEAD.unpack_from(self._buffer)
            size = second & 0xFFFFFF
            if size > _MAX_FRAME:
                raise SpdyError(f"a frame of {size} bytes")
            if len(self._buffer) < _HEAD.size + size:
                return
            body = self._buffer[_HEAD.size : _HEAD.size + size]
            self._buffer = self._buffer[_HEAD.size + size :]
            yield self._frame(first, second >> 24, body)

    def _frame(self, first: int, flags: int, body: bytes) -> Frame:
        if not first >> 31:
            return Frame(0, first, flags, body, {})
        kind = first & 0xFFFF
        if (first >> 16) & 0x7FFF != _VERSION:
            raise SpdyError(f"version {(first >> 16) & 0x7FFF}")
        try:
            stream = struct.unpack_from(">I", body)[0] & 0x7FFFFFFF if len(body) >= 4 else 0
            headers = self._headers(body[10:]) if kind == SYN_STREAM else {}
        except (struct.error, zlib.error, UnicodeDecodeError) as error:
            raise SpdyError(str(error)) from error
        return Frame(kind, stream, flags, body, headers)

    def _headers(self, block: bytes) -> dict[str, str]:
        plain = self._inflate.decompress(block)
        count, place = struct.unpack_from(">I", plain)[0], 4
        headers = {}
        for _ in range(count):
            pair = []
            for _ in range(2):
                size = struct.unpack_from(">I", plain, place)[0]
                place += 4
                pair.append(plain[place : place + size].decode())
                place += size
            headers[pair[0].lower()] = pair[1]
        return headers


class Writer:
    """Makes frames."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(zdict=DICTIONARY)

    def reply(self, stream: int) -> bytes:
        """Accepts a stream; no headers."""
        block = self._deflate.compress(struct.pack(">I", 0)) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return _control(SYN_REPLY, struct.pack(">I", stream) + block)

    def data(self, stream: int, data: bytes, *, last: bool = False) -> bytes:
        return _HEAD.pack(stream, (FIN << 24 if last else 0) | len(data)) + data

    def window(self, stream: int, size: int) -> bytes:
        """The stream may send `size` bytes more."""
        return _control(WINDOW_UPDATE, struct.pack(">II", stream, size))

    def pong(self, ping: bytes) -> bytes:
        return _control(PING, ping)

    def reset(self, stream: int) -> bytes:
        """Ends a stream with an internal error (status 6)."""
        return _control(RST_STREAM, struct.pack(">II", stream, 6))


def _control(kind: int, body: bytes) -> bytes:
    return struct.pack(">HHI", 0x8000 | _VERSION, kind, len(body)) + body
