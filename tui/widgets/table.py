"""A live table: rows change under the cursor, the cursor stays on what it is on."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text
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

    @property
    def current(self) -> str:
        """The key of the row under the cursor, "" where there is none."""
        return self._shown[self.cursor_row].key if 0 <= self.cursor_row < len(self._shown) else ""

    def show(self, titles: tuple[str, ...], rows: list[Row]) -> None:
        rows = rows[:MOST_ROWS]
        if titles != self._titles:
            self._rebuild(titles, rows)
        elif [row.key for row in rows] == [row.key for row in self._shown]:
            self._update(rows)
        else:
            self._refill(rows)
        self._shown = rows

    def _update(self, rows: list[Row]) -> None:
        for old, new in zip(self._shown, rows, strict=True):
            if old != new:
                for title, cell in zip(self._titles, new.cells, strict=True):
                    self.update_cell(new.key, title, Text(cell, style=new.style), update_width=True)

    def _rebuild(self, titles: tuple[str, ...], rows: list[Row]) -> None:
        kept = self.current
        self.clear(columns=True)
        for title in titles:
            self.add_column(title, key=title)
        self._titles = titles
        self._fill(rows, kept, 0)

    def _refill(self, rows: list[Row]) -> None:
        kept, row = self.current, self.cursor_row
        self.clear()
        self._fill(rows, kept, row)

    def _fill(self, rows: list[Row], kept: str, row: int) -> None:
        """The cursor goes to the row it was on, or, where that is gone, to the same place."""
        x, y = self.scroll_x, self.scroll_y
        for each in rows:
            self.add_row(*(Text(cell, style=each.style) for cell in each.cells), key=each.key)
        keys = [each.key for each in rows]
        place = keys.index(kept) if kept in keys else min(row, max(0, len(rows) - 1))
        self.move_cursor(row=place, scroll=False)
        self.scroll_to(x, y, animate=False)
        self.call_after_refresh(self._scroll_to_cursor)
