"""States, durations, values and sizes of a run in the words and signs that are shown. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from minikf.views.runs.model import (
    CACHED,
    CONDITION,
    EXIT,
    ITERATION,
    LOOP,
    NOT_RUN,
    OVER,
    WAITING,
    Json,
    Made,
    Step,
    Value,
)
from minikf.views.text import plain

# One cell each, and told apart without colour.
GLYPHS = {
    "SUCCEEDED": "✓", CACHED: "↺", "FAILED": "✗", "RUNNING": "●", "PENDING": "○", WAITING: "·", "SKIPPED": "-",
    NOT_RUN: "-", "CANCELED": "■", "CANCELING": "■", "PAUSED": "‖",
}  # fmt: skip
WORDS = {WAITING: "waits", NOT_RUN: "not run", CACHED: "cached"}


def glyph(state: str) -> str:
    return GLYPHS.get(state, "?")


def state_word(state: str) -> str:
    """`succeeded`, `not run`."""
    return WORDS.get(state, state.lower().replace("_", " "))


def title(step: Step) -> str:
    """Its name, and for a group what it is."""
    if step.kind == CONDITION:
        return f"if {step.note or step.name}" if not step.note.endswith(" is false") else f"if {step.note[:-9]}"
    if step.kind == LOOP:
        return f"for {step.name}"
    if step.kind == EXIT:
        return f"try {step.name}"
    return step.name


def tail(step: Step, now: datetime) -> str:
    """What stands after the name: how far a group is, how long a step took."""
    if step.is_group and step.total and step.kind != ITERATION:
        return f"{step.done}/{step.total}" if step.total > 1 or step.state not in OVER else ""
    if step.state in (WAITING, NOT_RUN, "SKIPPED", CACHED) or step.is_group:
        return ""
    return duration(step.seconds(now))


def duration(seconds: float | None) -> str:
    """0.4s, 12s, 3m05s, 2h10m, 3d4h; "" where nobody knows."""
    if seconds is None:
        return ""
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    return f"{whole // 86400}d{whole % 86400 // 3600}h"


def value_text(value: Json) -> str:
    """A value on one line."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return plain(" ".join(text.split()))


def value_words(one: Value) -> str:
    """A parameter's value, and where it comes from: `5 (load.Output)`."""
    source = f"from {one.source}" if one.source else ""
    if not one.known:
        return source or "not known"
    return f"{value_text(one.value)}  ({source})" if source else value_text(one.value)


def number(value: float) -> str:
    """A metric as people read it: at most six digits that count."""
    return f"{value:.6g}"


def metrics_words(metrics: Mapping[str, float]) -> str:
    return ", ".join(f"{plain(name)} {number(value)}" for name, value in metrics.items())


def size_words(size: int) -> str:
    """Bytes as people read them, "" for an unknown size."""
    if size < 0:
        return ""
    amount = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":
            return f"{size} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return ""


_CONTENT = {"MISSING": "its file is gone", "CHANGED": "its file has another size by now"}


def made_words(one: Made) -> str:
    """An artifact in one line: its type, size, address, and what is wrong with it."""
    kind = one.type.removeprefix("system.")
    parts = [kind, size_words(one.size) if one.size >= 0 else "", metrics_words(one.metrics)]
    parts += [plain(one.uri) if not one.metrics else "", _CONTENT.get(one.content, "")]
    return "  ".join(part for part in parts if part)
