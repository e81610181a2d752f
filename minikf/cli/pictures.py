"""Pictures of characters on stdout: as large as the terminal allows, in seven bits where it shows no others."""

from __future__ import annotations

import codecs
import shutil
import sys
from typing import Annotated

import typer

Plot = Annotated[bool, typer.Option("--plot", help="Draw it.")]
TALLEST = 22


def room() -> tuple[int, int]:
    """Columns and lines for a picture; COLUMNS and LINES of the environment count first, and 80 x 24 without a
    terminal."""
    columns, lines = shutil.get_terminal_size()
    return columns, max(8, min(TALLEST, lines - 4))


def ascii_only() -> bool:
    """Whether the output cannot show braille."""
    try:
        return codecs.lookup(sys.stdout.encoding or "ascii").name not in ("utf-8", "utf-16", "utf-32")
    except LookupError:
        return True
