"""The numbers in a line of a training's log. Pure.

Read are: `loss=0.12` (Katib's form, and tqdm's), `loss: 0.12` (Keras, scikit-learn), JSON objects, Python dictionaries
(Hugging Face's Trainer), `train loss 0.12`, and XGBoost's `[3] train-rmse:0.12`.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass

_HAS_NUMBER = re.compile(r"\d|nan|inf", re.IGNORECASE)
LONGEST_LINE = 2000
"""Characters of a line that are looked at."""
MOST_VALUES = 64
"""Values that are taken from one line."""

_NUMBER = r"[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|nan|inf(?:inity)?)(?!\w|[.:]\d)"
_NAME = r"(?<![\w./\\|-])[A-Za-z][\w./|-]{0,63}"
_KNOWN = (
    r"loss|acc|accuracy|error|err|auc|f1|rmse|mse|mae|perplexity|ppl|reward|score|precision|recall|logloss|merror|"
    r"mlogloss|bleu|rouge|wer|iou|r2|return"
)
_EQUALS = re.compile(rf"({_NAME})\s*=\s*({_NUMBER})", re.IGNORECASE)
_COLON = re.compile(rf"({_NAME})\s*:\s+({_NUMBER})", re.IGNORECASE)
_TIGHT_COLON = re.compile(rf"({_NAME}):({_NUMBER})", re.IGNORECASE)
_QUOTED = re.compile(rf"""['"]([A-Za-z][\w./|@ -]{{0,63}})['"]\s*:\s*['"]?({_NUMBER})['"]?""", re.IGNORECASE)
_WORDS = re.compile(
    rf"(?<![\w./-])(?:(train|training|val|valid|validation|eval|test)[ _])?([\w-]{{0,32}}?(?:{_KNOWN}))[ ]+({_NUMBER})",
    re.IGNORECASE,
)
_IS_KNOWN = re.compile(rf"(?:^|[\W_])(?:{_KNOWN})(?:$|[\W_@\d])", re.IGNORECASE)
_IS_THERE = re.compile(rf"(?:{_KNOWN}) ", re.IGNORECASE)
_STEP = re.compile(
    r"(?<![\w./-])(?:global[_ ])?(?:step|iter|iteration|batch)\s*[:=#]?\s*\[?(\d{1,12})\b", re.IGNORECASE
)
_EPOCH = re.compile(r"(?<![\w./-])epoch\s*[:=#]?\s*\[?(\d{1,9}(?:\.\d+)?)", re.IGNORECASE)
_BRACKET = re.compile(r"^\s*\[(\d{1,12})\]\s")
_STEPS = frozenset({"step", "global_step", "iter", "iteration", "batch", "steps"})
_NO_METRICS = frozenset({"info", "warning", "error", "debug", "line", "pid", "port", "rank", "seed", "it"})


@dataclass(frozen=True)
class Reading:
    """What one line says: `values` by name, and how far the training is, where it tells."""

    values: tuple[tuple[str, float], ...]
    step: float | None = None
    epoch: float | None = None


def read(line: str) -> Reading | None:
    """None for a line without numbers that have names."""
    text = line[:LONGEST_LINE].strip()
    if not _HAS_NUMBER.search(text):
        return None
    found = _of_json(text)
    if found is None:
        found = _of_text(text)
    step = next((value for name, value in found.items() if name.lower() in _STEPS), None)
    epoch = next((value for name, value in found.items() if name.lower() == "epoch"), None)
    values = [(name, value) for name, value in found.items() if name.lower() not in {*_STEPS, "epoch"}]
    if not values:
        return None
    return Reading(
        tuple(values[:MOST_VALUES]),
        step if step is not None else _first(_STEP, text) if not text.startswith("{") else None,
        epoch if epoch is not None else _first(_EPOCH, text) if not text.startswith("{") else None,
    )


def _of_json(text: str) -> dict[str, float] | None:
    """None for what is no JSON object; objects in it give names such as `train/loss`."""
    if not (text.startswith("{") and text.endswith("}")):
        return None
    try:
        obj = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return _numbers(obj, "") if isinstance(obj, dict) else None


def _numbers(obj: dict[str, object], before: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for key, value in list(obj.items())[:MOST_VALUES]:
        name = f"{before}{key}"[:64]
        if isinstance(value, dict) and not before:
            found.update(_numbers(value, f"{key}/"))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[name] = _float(value)
        elif isinstance(value, str) and re.fullmatch(_NUMBER, value.strip(), re.IGNORECASE):
            found[name] = float(value)
    return found


def _float(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _of_text(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for pattern in (_QUOTED, _EQUALS, _COLON):
        for match in pattern.finditer(text):
            if match[1].lower() not in _NO_METRICS:
                found.setdefault(match[1].strip(".-|/"), float(match[2]))
    for match in _TIGHT_COLON.finditer(text):
        if _IS_KNOWN.search(match[1]) and match[1].lower() not in _NO_METRICS:
            found.setdefault(match[1], float(match[2]))
    for match in _WORDS.finditer(text) if _IS_THERE.search(text) else ():
        if match[2].lower() not in _NO_METRICS:
            found.setdefault(f"{match[1]}_{match[2]}" if match[1] else match[2], float(match[3]))
    return found


def _first(pattern: re.Pattern[str], text: str) -> float | None:
    match = pattern.search(text)
    if match is None and pattern is _STEP:
        match = _BRACKET.search(text)
    return float(match[1]) if match else None
