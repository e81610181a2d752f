"""A live table: rows change under the cursor, the cursor stays on what it is on."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text
from textual.geometry import Offset
from textual.widgets import DataTable

MOST_ROWS = 1000


@dataclass(frozen=True)
class Row:
    """`cells` in the order of the columns; `style` is a Rich style."""

    key: str
    cells: tuple[str, ...]
    style: str = ""


class LiveTable(DataTable[Text]):
    """Shows rows in the order given; at most MOST_ROWS of them."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, cursor_type="row", zebra_stripes=False)
        self._shown: list[Row] = []
        self._titles: tuple[str, ...] = ()
        self._wanted = ""

    @property
    def current(self) -> str:
        """The key of the row under the cursor, "" where there is none."""
        return self._shown[self.cursor_row].key if 0 <= self.cursor_row < len(self._shown) else ""

    def begin(self, key: str) -> None:
        """Other rows come next; the cursor is to go to `key` where they have it."""
        self._titles = ()
        self._shown = []
        self._wanted = key

    def show(self, titles: tuple[str, ...], rows: list[Row]) -> None:
        """Rows that changed in place are updated; any other change lays the table out anew."""
        rows = rows[:MOST_ROWS]
        if titles == self._titles and [row.key for row in rows] == [row.key for row in self._shown]:
            self._update(rows)
        else:
            self._lay_out(titles, rows)
        self._shown = rows

    def _update(self, rows: list[Row]) -> None:
        for old, new in zip(self._shown, rows, strict=True):
            if old != new:
                for title, cell in zip(self._titles, new.cells, strict=True):
                    self.update_cell(new.key, title, Text(cell, style=new.style), update_width=True)

    def _lay_out(self, titles: tuple[str, ...], rows: list[Row]) -> None:
        """The cursor goes to the row it was on, or, where that is gone, to the same place."""
        kept, row, offset = self.current or self._wanted, self.cursor_row, self.scroll_offset
        self.clear(columns=titles != self._titles)
        if titles != self._titles:
            for title in titles:
                self.add_column(title, key=title)
            self._titles = titles
        for each in rows:
            self.add_row(*(Text(cell, style=each.style) for cell in each.cells), key=each.key)
        keys = [each.key for each in rows]
        place = keys.index(kept) if kept in keys else min(row, max(0, len(rows) - 1))
        self._wanted = "" if rows else kept
        self.move_cursor(row=place, scroll=False)
        if rows:
            self.call_after_refresh(self._place, keys[place], offset)

    def _place(self, key: str, offset: Offset) -> None:
        """Where it was scrolled to, or as near as shows the cursor; nothing where it has moved on since."""
        if self.current == key:
            self.scroll_to(offset.x, offset.y, animate=False)
            self.move_cursor(row=self.cursor_row, animate=False)
