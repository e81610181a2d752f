"""As much of HTTP/2 as it takes to end a connection without losing a request."""

from __future__ import annotations

# RFC 9113: a frame is 3 bytes of length, type, flags, 4 bytes of stream and the payload (section 4.1). GOAWAY (6.8)
# has type 7, stream 0, and as payload the last stream that will be served and an error code. With the highest stream
# and NO_ERROR it means: finish what you sent, then open a new connection.
_HEADER_BYTES = 9
_GOAWAY = bytes([0, 0, 8, 7, 0, 0, 0, 0, 0]) + (2**31 - 1).to_bytes(4, "big") + (0).to_bytes(4, "big")


class GoAway:
    """Follows the frames that a server sends, and puts a GOAWAY between two of them."""

    def __init__(self) -> None:
        self._header = b""
        self._left = 0
        self._wanted = False
        self._begun = False

    def seen(self, data: bytes) -> bytes:
        """The data, with the farewell in it once it is wanted and a frame ends."""
        out: list[bytes] = []
        start = place = 0
        while place < len(data):
            if self._left:
                step = min(self._left, len(data) - place)
                self._left -= step
                place += step
            else:
                piece = data[place : place + _HEADER_BYTES - len(self._header)]
                self._header += piece
                place += len(piece)
                if len(self._header) == _HEADER_BYTES:
                    self._left = int.from_bytes(self._header[:3], "big")
                    self._header = b""
                    self._begun = True
            if self._wanted and self._between:
                out += [data[start:place], _GOAWAY]
                start = place
                self._wanted = False
        return data if not out else b"".join([*out, data[start:]])

    def farewell(self) -> bytes:
        """The frame, or nothing while another frame is half sent: then `seen` puts it after that one."""
        if self._between:
            return _GOAWAY
        self._wanted = True
        return b""

    @property
    def _between(self) -> bool:
        # A server's first frame must be SETTINGS, so nothing may go before it.
        return self._begun and not self._left and not self._header
