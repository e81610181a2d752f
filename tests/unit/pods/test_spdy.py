"""SPDY/3.1 frames, against an independent reading of the same specification."""

from __future__ import annotations

import struct
import zlib

import pytest

from minikf.embedded.pods import spdy


def header_block(deflate: object, headers: dict[str, str]) -> bytes:
    plain = struct.pack(">I", len(headers))
    for name, value in headers.items():
        for text in (name.encode(), value.encode()):
            plain += struct.pack(">I", len(text)) + text
    return deflate.compress(plain) + deflate.flush(zlib.Z_SYNC_FLUSH)  # type: ignore[attr-defined, no-any-return]


def syn_stream(deflate: object, stream: int, headers: dict[str, str]) -> bytes:
    body = struct.pack(">IIH", stream, 0, 0) + header_block(deflate, headers)
    return struct.pack(">HHI", 0x8003, 1, len(body)) + body


def test_streams_and_data_arrive_however_they_are_cut() -> None:
    deflate = zlib.compressobj(zdict=spdy.DICTIONARY)
    sent = syn_stream(deflate, 1, {"streamType": "error", "port": "80"})
    sent += syn_stream(deflate, 3, {"streamType": "data", "port": "80"})
    sent += struct.pack(">II", 3, 5) + b"hello" + struct.pack(">II", 3, 1 << 24)
    for step in (1, 7, len(sent)):
        reader = spdy.Reader()
        frames = [frame for at in range(0, len(sent), step) for frame in reader.feed(sent[at : at + step])]
        assert [(one.kind, one.stream) for one in frames] == [(1, 1), (1, 3), (0, 3), (0, 3)]
        assert frames[0].headers == {"streamtype": "error", "port": "80"}
        assert (frames[2].body, frames[2].is_last, frames[3].is_last) == (b"hello", False, True)


def test_what_we_write_can_be_read() -> None:
    writer, inflate = spdy.Writer(), zlib.decompressobj(zdict=spdy.DICTIONARY)
    for stream in (1, 3):
        frame = writer.reply(stream)
        assert struct.unpack(">HHII", frame[:12]) == (0x8003, 2, len(frame) - 8, stream)
        assert inflate.decompress(frame[12:]) == b"\0\0\0\0"
    assert writer.data(3, b"x", last=True) == b"\0\0\0\3\1\0\0\1x"


@pytest.mark.parametrize(
    "data", [b"\x80\x09\0\1\0\0\0\0", b"\x80\x03\0\1\0\0\0\x0cxxxxxxxxxxxx", b"\0\0\0\1\0\xff\xff\xff"]
)
def test_nonsense_is_refused(data: bytes) -> None:
    with pytest.raises(spdy.SpdyError):
        list(spdy.Reader().feed(data))
