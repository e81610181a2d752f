"""Following a log that breaks off: no line lost, none twice."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from minikf.tui.feed import Tail
from minikf.tui.follow import _Resume, _stamp

START = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


def stamp(nanoseconds: int) -> bytes:
    """As the kubelet writes it: RFC 3339 with up to nine digits, without trailing zeros."""
    moment = START + timedelta(seconds=nanoseconds // 10**9)
    fraction = f".{nanoseconds % 10**9:09}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z".encode()


@given(
    gaps=st.lists(st.sampled_from([0, 0, 1, 10**3, 10**8, 10**9, 10**10]), min_size=1, max_size=30),
    breaks=st.lists(st.integers(0, 30), max_size=6),
)
def test_every_line_is_taken_once_however_often_the_log_breaks_off(gaps: list[int], breaks: list[int]) -> None:
    """After a break the API gives again every line from the last whole second on."""
    times, at = [], 0
    for gap in gaps:
        at += gap
        times.append(at)
    lines = list(enumerate(times))
    resume, taken, newest = _Resume(), [], -1
    for end in [*sorted(breaks), len(lines)]:
        resume.begin()
        since = newest // 10**9 * 10**9 if newest >= 0 else 0
        for number, when in lines[:end]:
            found = _stamp(stamp(when))
            assert found is not None
            if when >= since and not resume.is_repeated(found):
                taken.append(number)
                newest = when
    assert taken == [number for number, _ in lines]


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
    tail = Tail(limit=3)
    assert [tail.push(str(number)) for number in range(5)] == [True, False, False, False, False]
    assert tail.drain() == (["2", "3", "4"], 2)
    assert tail.push("6")
    assert tail.drain() == (["6"], 0)
