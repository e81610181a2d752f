"""Following a log that breaks off: no line lost, none twice."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from minikf.tui.follow import _Resume, _stamp
from minikf.tui.tail import Tail

START = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


def stamp(nanoseconds: int) -> bytes:
    """As the kubelet writes it: RFC 3339 with up to nine digits, without trailing zeros."""
    moment = START + timedelta(seconds=nanoseconds // 10**9)
    fraction = f".{nanoseconds % 10**9:09}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z".encode()


@given(
    gaps=st.lists(st.sampled_from([0, 0, 1, 10**3, 10**8, 10**9, 10**10]), min_size=1, max_size=30),
    breaks=st.lists(st.integers(0, 30), max_size=6),
    batch=st.integers(1, 7),
)
def test_every_line_is_taken_once_however_often_the_log_breaks_off(
    gaps: list[int], breaks: list[int], batch: int
) -> None:
    """After a break the API gives again every line from the last whole second on."""
    times, at = [], 0
    for gap in gaps:
        at += gap
        times.append(at)
    lines = [(number, when, stamp(when) + b" line %d" % number) for number, when in enumerate(times)]
    resume, taken = _Resume(), []
    for end in [*sorted(breaks), len(lines)]:
        newest = max((times[int(raw.split()[-1])] for raw in taken), default=0)
        resume.begin()
        come = [raw for _, when, raw in lines[:end] if when >= newest // 10**9 * 10**9]
        for begin in range(0, len(come), batch):
            taken += resume.take(come[begin : begin + batch])
    assert taken == [raw for _, _, raw in lines]


def test_times_are_compared_by_value_and_not_by_text() -> None:
    early, late = _stamp(b"2026-01-01T00:00:00.1Z"), _stamp(b"2026-01-01T00:00:00.12Z")
    assert early is not None
    assert late is not None
    assert early < late
    nano, more = _stamp(b"2026-01-01T00:00:00.000000001Z"), _stamp(b"2026-01-01T00:00:00.000000002Z")
    assert nano is not None
    assert more is not None
    assert nano < more
    assert _stamp(b"2026-01-01T01:00:00+01:00") == _stamp(b"2026-01-01T00:00:00Z")


def test_what_is_no_time_is_none() -> None:
    assert _stamp(b"Traceback") is None
    assert _stamp(b"\xff") is None


def test_a_tail_keeps_the_newest_lines_and_counts_the_others() -> None:
    tail = Tail(most_bytes=6)
    assert [tail.push(str(number)) for number in range(5)] == [True, False, False, False, False]
    assert tail.drain() == ([b"2", b"3", b"4"], 2)
    assert tail.push("6")
    assert tail.drain() == ([b"6"], 0)
    assert tail.extend([], b"50 %")
    assert tail.unfinished == b"50 %"
