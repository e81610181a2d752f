"""Text in cells of a terminal: wide characters take two, marks that stand on others none. Pure."""

from __future__ import annotations

import unicodedata


def width(text: str) -> int:
    """How many cells a text takes."""
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def fit(text: str, most: int) -> str:
    """A text of at most so many cells; what was cut off is shown as …"""
    if width(text) <= most:
        return text
    if most < 1:
        return ""
    kept, left = [], most - 1
    for character in text:
        left -= _cells(character)
        if left < 0:
            break
        kept.append(character)
    return "".join(kept) + "…"


def pad(text: str, cells: int) -> str:
    """A text of exactly so many cells."""
    fitted = fit(text, cells)
    return fitted + " " * (cells - width(fitted))


def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
