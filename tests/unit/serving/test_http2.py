"""The farewell goes between two frames, wherever the pieces of a stream happen to be cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from minikf.embedded.serving.http2 import GoAway

FRAMES = st.lists(st.binary(max_size=40), min_size=1, max_size=8)
CUTS = st.lists(st.integers(min_value=1, max_value=60), max_size=20)


def _frame(payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([4, 0, 0, 0, 0, 0]) + payload


def _frames(data: bytes) -> list[bytes]:
    found = []
    while data:
        length = 9 + int.from_bytes(data[:3], "big")
        assert len(data) >= length, "a frame was broken"
        found.append(data[:length])
        data = data[length:]
    return found


def _pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    found = []
    for cut in cuts:
        found.append(data[:cut])
        data = data[cut:]
    return [piece for piece in (*found, data) if piece]


@given(FRAMES, CUTS, st.integers(min_value=0, max_value=25))
def test_one_whole_goaway_and_nothing_else_changes(payloads: list[bytes], cuts: list[int], when: int) -> None:
    frames = [_frame(payload) for payload in payloads]
    watcher, out = GoAway(), b""
    pieces = _pieces(b"".join(frames), cuts)
    for number, piece in enumerate(pieces):
        if number == min(when, len(pieces) - 1):
            out += watcher.farewell()
        out += watcher.seen(piece)
    found = _frames(out)
    (goaway,) = [frame for frame in found if frame[3] == 7]
    assert goaway == bytes([0, 0, 8, 7, 0, 0, 0, 0, 0]) + b"\x7f\xff\xff\xff" + bytes(4)
    assert found[0] == frames[0], "the first frame of a server is its SETTINGS"
    assert [frame for frame in found if frame is not goaway] == frames


def test_before_the_first_frame_it_waits() -> None:
    watcher = GoAway()
    assert watcher.farewell() == b""
    first = _frame(b"settings")
    assert watcher.seen(first).startswith(first)
