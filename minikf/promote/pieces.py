"""The pieces of a text that kustomize's `replacements` can set.

They set a whole field, or one piece of a field that is split at a delimiter. So a piece is what stands between two
equal delimiters; where there are none, a whole line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from minikf.promote.laptop import Span

_NO_DELIMITER = re.compile(r"[\w${}]")


@dataclass(frozen=True)
class Piece:
    """`text[start:end]`, to be replaced; `spans` are what is local in it."""

    start: int
    end: int
    delimiter: str
    spans: tuple[Span, ...]


def pieces(text: str, spans: list[Span]) -> Iterator[Piece]:
    """Line by line: every span by itself where equal delimiters enclose it, else the line as a whole."""
    rest = list(spans)
    while rest:
        start = text.rfind("\n", 0, rest[0].start) + 1
        end = text.find("\n", rest[0].start)
        end = len(text) if end < 0 else end
        here = [span for span in rest if span.start < end]
        rest = rest[len(here) :]
        delimiters = [_delimiter(text, span) for span in here]
        if all(delimiter is not None for delimiter in delimiters):
            for span, delimiter in zip(here, delimiters, strict=True):
                yield Piece(span.start, span.end, delimiter or "", (span,))
        else:
            yield Piece(start, end, "\n" if "\n" in text else "", tuple(here))


def _delimiter(text: str, span: Span) -> str | None:
    """The character on both sides of a span ("" where the span is the text), None where they differ."""
    sides = {text[span.start - 1] if span.start else "", text[span.end] if span.end < len(text) else ""}
    inner = sides - {""}
    if not inner:
        return ""
    delimiter = inner.pop()
    return None if inner or _NO_DELIMITER.match(delimiter) else delimiter


def with_names(text: str, piece: Piece, name: str) -> str:
    """A line whose local spans are shown as the placeholder: what the answer starts as."""
    shown, at = "", piece.start
    for span in piece.spans:
        shown += text[at : span.start] + f"${{{name}}}"
        at = span.end
    return shown + text[at : piece.end]
