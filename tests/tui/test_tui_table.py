"""The live table and the pure parts of the log: widths, cuts, order, bounds."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from minikf.tui.widgets.livetable import GAP, LiveTable, Row, Rows, cut, fit
from minikf.tui.widgets.logbuffer import LogBuffer, pattern_of
from minikf.views.loglines import LONGEST_RAW, Splitter, short_names, shown, stamp_of
from minikf.views.logparts import OVERLAP, PAGE, fitted
from minikf.views.text import LONGEST_LINE
from tests.tui.screen import SIZES

TITLES = ("NAMESPACE", "NAME", "STATE", "WHY")


class Table(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[object] = []

    def compose(self) -> ComposeResult:
        yield LiveTable(id="table")

    def on_live_table_moved(self, message: LiveTable.Moved) -> None:
        self.told.append(message.key)

    def on_live_table_chosen(self, message: LiveTable.Chosen) -> None:
        self.told.append(f"chosen {message.key}")

    def on_live_table_sorted(self, message: LiveTable.Sorted) -> None:
        self.told.append(f"sorted {message.title}")

    @property
    def lines(self) -> list[str]:
        return [strip.text.rstrip() for strip in self.screen._compositor.render_strips()]


def row(number: int, why: str = "", style: str = "") -> Row:
    return Row(f"k{number}", ("team", f"name-{number:05}", "Running", why), style)


@asynccontextmanager
async def shown_in(size: tuple[int, int], rows: list[Row]) -> AsyncIterator[tuple[Table, LiveTable, Pilot[None]]]:
    app = Table()
    async with app.run_test(size=size) as pilot:
        table = app.query_one(LiveTable)
        table.focus()
        table.show(TITLES, rows)
        await pilot.pause()
        yield app, table, pilot


@pytest.mark.parametrize("size", SIZES)
async def test_ten_thousand_rows_are_all_reached(size: tuple[int, int]) -> None:
    async with shown_in(size, [row(number) for number in range(10_000)]) as (app, table, pilot):
        begin = time.perf_counter()
        for _ in range(20):
            table.show(TITLES, [row(number) for number in range(10_000)])
        assert time.perf_counter() - begin < 5
        table.move("bottom")
        await pilot.pause()
        assert table.current == "k9999"
        assert "name-09999" in app.lines[-1]
        table.move("page_up")
        assert table.current == f"k{9999 - (size[1] - 2)}"
        table.move("top")
        await pilot.pause()
        assert "name-00000" in app.lines[1]


@pytest.mark.parametrize("size", SIZES)
async def test_the_cursor_stays_on_its_key_and_at_its_place(size: tuple[int, int]) -> None:
    async with shown_in(size, [row(number) for number in range(100)]) as (app, table, pilot):
        for _ in range(50):
            table.move("down")
        await pilot.pause()
        at = next(y for y, line in enumerate(app.lines) if "name-00050" in line)
        table.show(TITLES, [*(row(number) for number in range(1000, 1005)), *(row(number) for number in range(100))])
        await pilot.pause()
        assert table.current == "k50"
        assert "name-00050" in app.lines[at]
        table.show(TITLES, [row(number) for number in range(100) if number != 50])
        await pilot.pause()
        assert table.current not in ("", "k50")
        table.begin("k70")
        assert table.current == ""
        table.show(TITLES, [row(number) for number in range(100)])
        await pilot.pause()
        assert table.current == "k70"
        assert any("name-00070" in line for line in app.lines)


@pytest.mark.parametrize("size", SIZES)
async def test_what_does_not_fit_is_cut_and_can_be_scrolled_to(size: tuple[int, int]) -> None:
    why = "begin " + "because " * 30 + "end"
    async with shown_in(size, [row(number, why) for number in range(5)]) as (app, _, pilot):
        text = "\n".join(app.lines)
        assert all(cell_len(line) <= size[0] for line in app.lines)
        assert "…" in text or "›" in text
        assert " end" not in text
        await pilot.press(*["right"] * 40)
        assert " end" in "\n".join(app.lines)
        assert app.lines[0].startswith("‹")
        await pilot.press(*["left"] * 45)
        assert "\n".join(app.lines) == text


async def test_mouse_marks_and_the_sorted_column() -> None:
    async with shown_in((80, 24), [row(number) for number in range(100)]) as (app, table, pilot):
        table.show(TITLES, [row(number) for number in range(100)], "NAME", True)
        await pilot.pause()
        assert "NAME▼" in app.lines[0]
        await pilot.click(LiveTable, offset=(14, 0))
        await pilot.click(LiveTable, offset=(5, 3))
        await pilot.click(LiveTable, offset=(5, 4), times=2)
        await pilot.pause()
        assert app.told[-4:] == ["sorted NAME", "k2", "k3", "chosen k3"]
        table.toggle_mark()
        table.move("down")
        table.toggle_mark()
        await pilot.pause()
        assert table.marked == {"k3", "k4"}
        assert app.lines[4].startswith("●")
        table.show(TITLES, [row(number) for number in range(4)])
        assert table.marked == {"k3"}  # what is not shown is not meant
        table.unmark()
        assert not table.marked


async def test_rows_are_made_only_where_they_are_seen() -> None:
    made: list[int] = []

    def make(number: int) -> Row:
        made.append(number)
        return row(number)

    async with shown_in((80, 24), []) as (app, table, pilot):
        table.show(TITLES, Rows([f"k{number}" for number in range(10_000)], make))
        await pilot.pause()
        assert "name-00000" in app.lines[1]
        assert max(made) < 30


@given(
    natural=st.lists(st.integers(0, 80), min_size=1, max_size=8),
    room=st.integers(20, 200),
)
def test_columns_take_the_room_there_is(natural: list[int], room: int) -> None:
    heads = [min(8, width) for width in natural]
    widths = fit(natural, heads, room)
    total = sum(widths) + GAP * (len(widths) - 1)
    assert all(width <= most for width, most in zip(widths, natural, strict=True))
    assert all(width >= head for width, head in zip(widths, heads, strict=True))
    assert total <= room or all(width <= max(10, head) for width, head in zip(widths, heads, strict=True))


@given(
    text=st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Mn", "Me"))), width=st.integers(1, 40)
)
def test_a_cut_cell_has_its_width(text: str, width: int) -> None:
    assert cell_len(cut(text, width)) == width


@given(lines=st.lists(st.binary(max_size=40).filter(lambda raw: b"\n" not in raw)), size=st.integers(1, 50))
def test_lines_are_cut_out_of_chunks_however_they_come(lines: list[bytes], size: int) -> None:
    raw, splitter = b"".join(line + b"\n" for line in lines), Splitter()
    come = [line for begin in range(0, len(raw), size) for line in splitter.feed(raw[begin : begin + size])]
    assert come == lines
    assert not splitter.end()


def test_a_line_without_an_end_is_kept_only_in_part() -> None:
    splitter = Splitter()
    for _ in range(160):
        assert splitter.feed(b"x" * 65536) == []
    assert len(splitter.unfinished) <= LONGEST_RAW + 1
    (line,) = splitter.feed(b"y\n")
    assert len(line) < LONGEST_RAW + 40
    assert shown(line).endswith(f"… ({160 * 65536 + 1:,} bytes)")
    assert len(shown(line)) < LONGEST_LINE + 40


def test_times_are_told_from_text() -> None:
    assert stamp_of(b"2026-01-01T00:00:00.5Z hello") == b"2026-01-01T00:00:00.5Z"
    assert stamp_of(b"2026-01-01T00:00:00+01:00 hello") == b"2026-01-01T00:00:00+01:00"
    assert stamp_of(b"2026-01-01 hello") == b""
    assert shown(b"2026-01-01T00:00:00.5Z a b") == "a b"


def test_names_are_told_apart_by_what_differs() -> None:
    assert short_names(["job-node-0", "job-node-1"]) == ["0", "1"]
    assert short_names(["web"]) == ["web"]
    assert short_names(["web-a", "web-a side"]) == ["a", "a side"]


def test_a_part_is_fitted_to_the_lines_behind_it() -> None:
    log = [b"line %d" % number for number in range(3 * PAGE)]
    first = log[2 * PAGE : 2 * PAGE + OVERLAP]
    part = fitted(log[PAGE : 2 * PAGE + OVERLAP], first)
    assert (part.lines, part.is_first, part.fits) == (tuple(log[PAGE : 2 * PAGE]), False, True)
    # Seven lines were written since: the tail begins seven lines later.
    part = fitted(log[PAGE + 7 : 2 * PAGE + OVERLAP + 7], first)
    assert part.lines == tuple(log[PAGE + 7 : 2 * PAGE])
    assert fitted(first + log[:5], first).is_first
    assert not fitted(log[:PAGE], first).fits


@given(batches=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 30)), max_size=30))
def test_a_buffer_is_bounded_and_its_filter_is_what_a_scan_finds(batches: list[tuple[int, int]]) -> None:
    buffer, number = LogBuffer(most_lines=50), 0
    buffer.filter(re.compile("[05]$"))
    for source, count in batches:
        buffer.append(source, [b"line %d" % each for each in range(number, number + count)])
        number += count
        assert buffer.held <= 55
    lines = [buffer.line(place) for place in range(len(buffer))]
    assert [int(line.raw.split()[1]) for line in lines] == [line.number for line in lines]
    assert [line.number for line in lines] == [
        each for each in range(number - buffer.held, number) if str(each)[-1] in "05"
    ]
    buffer.filter(None)
    assert len(buffer) == buffer.held


def test_lines_of_several_sources_are_merged_by_time() -> None:
    buffer = LogBuffer()
    stamps = [b"2026-01-01T00:00:00.%dZ" % fraction for fraction in (1, 12, 13, 2)]
    buffer.merge(0, [stamps[0] + b" a", stamps[3] + b" d"])
    buffer.merge(1, [stamps[1] + b" b", b"no time", stamps[2] + b" c"])
    assert [shown(buffer.line(place).raw) for place in range(5)] == ["a", "b", "no time", "c", "d"]


def test_small_letters_find_capitals_and_what_is_no_pattern_is_words() -> None:
    assert pattern_of("error").search("An ERROR")
    assert not pattern_of("Error").search("An ERROR")
    assert pattern_of("a[").search("a[0]")
