"""What a picture is: lines of text with the role that each part plays, which a screen may colour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

Run = tuple[str, str]
"""A piece of text and its role: "" or one of ROLES."""
Line = tuple[Run, ...]

SERIES = 6
"""How many series a picture tells apart by their marks."""
ROLES = ("axis", "label", "best", "bad", *(f"series-{number}" for number in range(SERIES)))


@dataclass(frozen=True)
class Picture:
    """Nothing in it needs the roles to be understood: they only carry colours where there are some."""

    lines: tuple[Line, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple("".join(text for text, _ in line) for line in self.lines)

    def __str__(self) -> str:
        return "\n".join(line.rstrip() for line in self.texts)


@dataclass
class Sheet:
    """What a picture is drawn on: characters in rows, the first row at the top. What lies outside is cut."""

    width: int
    height: int
    cells: list[list[str]] = field(init=False)
    roles: list[list[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.cells = [[" "] * self.width for _ in range(self.height)]
        self.roles = [[""] * self.width for _ in range(self.height)]

    def put(self, column: int, row: int, text: str, role: str = "") -> None:
        """Each character of `text` into one cell."""
        for place, character in enumerate(text, column):
            if 0 <= place < self.width and 0 <= row < self.height:
                self.cells[row][place] = character
                self.roles[row][place] = role

    def is_free(self, column: int, row: int, length: int) -> bool:
        """Whether nothing stands there, and all of it is on the sheet."""
        inside = 0 <= row < self.height and column >= 0 and column + length <= self.width
        return inside and not "".join(self.cells[row][column : column + length]).strip()

    def picture(self) -> Picture:
        pairs = zip(self.cells, self.roles, strict=True)
        return Picture(tuple(tuple(_runs(zip(cells, roles, strict=True))) for cells, roles in pairs))


def _runs(cells: Iterable[tuple[str, str]]) -> Iterable[Run]:
    text, last = "", ""
    for character, role in cells:
        if role != last and text:
            yield text, last
            text = ""
        text, last = text + character, role
    if text:
        yield text, last


def fitted(text: str, width: int) -> str:
    """`text` in at most `width` characters, its end told by an ellipsis of two dots where it is cut."""
    if len(text) <= width:
        return text
    return f"{text[: width - 2]}.." if width > 3 else text[: max(width, 0)]
