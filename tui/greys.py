"""Without colours: greys that can be read on what they stand on, whatever colour they were."""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import Monochrome

LEAST_CONTRAST = 4.5
"""Of a text on its background, by WCAG 2.2, success criterion 1.4.3."""


class Greys(Monochrome):
    """A dark red becomes a grey that is nearly the background: such a text is made white or black."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            Segment(text, readable(style, background) if style is not None else None, control)
            for text, style, control in super().apply(segments, background)
        ]


@lru_cache(1024)
def readable(style: Style, background: Color) -> Style:
    """The style, with another colour where its own could not be read; what is dim stays as it is."""
    if style.color is None or style.dim:
        return style
    color = Color.from_rich_color(style.color)
    behind = Color.from_rich_color(style.bgcolor) if style.bgcolor is not None else background
    if contrast(color, behind) >= LEAST_CONTRAST:
        return style
    return style + Style(color=behind.get_contrast_text(1.0).rich_color)


def contrast(one: Color, other: Color) -> float:
    """1 to 21, by WCAG 2.2."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    parts = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized)
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))
