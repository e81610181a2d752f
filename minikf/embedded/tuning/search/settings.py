"""Algorithm settings: what each may be, as data, and one place that reads or refuses them.

Names and limits are those of Katib v0.19's `ValidateAlgorithmSettings` (pkg/suggestion/v1beta1, by algorithm).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from minikf.embedded.tuning.search.model import SearchError


@dataclass(frozen=True)
class Setting:
    """One setting: how its text is read (ValueError with the reason), what it is when unset, and what it means.

    An `inner` one is the search's own, in the status of the Suggestion; users need not know it.
    """

    read: Callable[[str], Any]
    meaning: str
    default: str = ""
    required: bool = False
    inner: bool = False


@dataclass(frozen=True)
class Algorithm:
    """A row of the documentation: what it is, and what each of its settings means. `elsewhere`: why not here."""

    summary: str
    settings: Mapping[str, Setting]
    elsewhere: str = ""


def whole(least: int) -> Callable[[str], int]:
    """Reads a whole number that is at least `least`."""

    def read(text: str) -> int:
        number = int(text)
        if number < least:
            raise ValueError(f"should be greater than or equal to {least}")
        return number

    return read


def between(low: float, high: float, open_ends: bool = False) -> Callable[[str], float]:
    """Reads a number in [low, high], or in (low, high); no upper limit where `high` is infinite."""

    def read(text: str) -> float:
        number = float(text)
        inside = low < number < high if open_ends else low <= number <= high
        if not (inside and math.isfinite(number)):
            ends = "()" if open_ends else "[]"
            above = f"greater than {low:g}" if open_ends else f"at least {low:g}"
            wanted = above if math.isinf(high) else f"in the range {ends[0]}{low:g}, {high:g}{ends[1]}"
            raise ValueError(f"should be {wanted}")
        return number

    return read


def one_of(*names: str) -> Callable[[str], str]:
    """Reads one of these words."""

    def read(text: str) -> str:
        if text not in names:
            raise ValueError(f"is not supported; use one of {', '.join(names)}")
        return text

    return read


def text(value: str) -> str:
    """Reads text that is not empty."""
    if not value.strip():
        raise ValueError("should not be empty")
    return value


SEED = Setting(
    whole(0),
    "the seed; the same trials with the same results then lead to the same suggestions",
    "the experiment's uid",
)


def read(
    algorithm: str,
    known: Mapping[str, Setting],
    given: Mapping[str, str],
    where: str = "spec.algorithm.algorithmSettings",
) -> dict[str, Any]:
    """The given settings as values; those that are not given are left out. Raises SearchError for the first that fails.

    `where` is their field, for messages.
    """
    missing = [name for name, setting in known.items() if setting.required and name not in given]
    if missing:
        raise SearchError(f"{where}: required settings missing for algorithm {algorithm}: {', '.join(missing)}")
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            settings = f"its settings are {', '.join(name for name in known if not known[name].inner)}"
            raise SearchError(f"{where}: unknown setting {name} for algorithm {algorithm}", settings)
        try:
            values[name] = known[name].read(value)
        except ValueError as error:
            raise SearchError(f"{where}: failed to validate {name}({value}): {error}", known[name].meaning) from None
    return values
