"""Compares two sides' outcomes and says at which path of which step they differ, and which differences are allowed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from .case import Case, Kubectl, Step

ABSENT = "<absent>"


@dataclass(frozen=True)
class Difference:
    """One place where the sides differ. `path` is like `body.metadata.labels.a` or `stdout[2]`."""

    case: str
    step: str
    path: str
    real: Any
    embedded: Any

    def __str__(self) -> str:
        return (
            f"{self.step}\n    at {self.path}\n    real:     {_short(self.real)}\n    embedded: {_short(self.embedded)}"
        )


@dataclass(frozen=True)
class Allowance:
    """A difference that is meant, with its reason.

    `case` and `step` are shell patterns over the case's name and the step's label; `path` is a regular expression that
    must match a difference's whole path. `real` and `embedded` are regular expressions that must be found in the two
    values written as JSON; they make an allowance precise, so that a wrong value is still noticed.
    """

    case: str
    path: str
    reason: str
    step: str = "*"
    real: str = ""
    embedded: str = ""

    def covers(self, difference: Difference) -> bool:
        return (
            fnmatchcase(difference.case, self.case)
            and fnmatchcase(difference.step, self.step)
            and re.fullmatch(self.path, difference.path) is not None
            and re.search(self.real, json.dumps(difference.real)) is not None
            and re.search(self.embedded, json.dumps(difference.embedded)) is not None
        )


def differences(case: Case, real: list[Any], embedded: list[Any]) -> list[Difference]:
    """Every difference of a case, in the order of its steps."""
    found: list[Difference] = []
    for label, step, left, right in zip(case.labels(), case.steps, real, embedded, strict=True):
        places = _outcomes(_kept(step, left), _kept(step, right))
        found += [Difference(case.name, label, *place) for place in places]
    return found


def _kept(step: Step, outcome: Any) -> Any:
    """The outcome with only those lines of its output that the step wants compared."""
    if not isinstance(step, Kubectl) or not step.keep or not isinstance(outcome["stdout"], list):
        return outcome
    return outcome | {"stdout": [line for line in outcome["stdout"] if re.search(step.keep, line)]}


def _outcomes(left: Any, right: Any) -> Iterator[tuple[str, Any, Any]]:
    """A success against a failure is two differences, not one for every field that the object has."""
    if left.get("status") != right.get("status") and _kind(left) != _kind(right):
        yield "status", left.get("status"), right.get("status")
        yield "body", left.get("body"), right.get("body")
    else:
        yield from _walk("", left, right)


def _kind(outcome: dict[str, Any]) -> Any:
    body = outcome.get("body")
    return body.get("kind") if isinstance(body, dict) else None


def _walk(path: str, left: Any, right: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted(left.keys() | right.keys()):
            joined = f"{path}.{key}" if path else str(key)
            yield from _walk(joined, left.get(key, ABSENT), right.get(key, ABSENT))
    elif isinstance(left, list) and isinstance(right, list):
        for index in range(max(len(left), len(right))):
            one = left[index] if index < len(left) else ABSENT
            other = right[index] if index < len(right) else ABSENT
            yield from _walk(f"{path}[{index}]", one, other)
    elif left != right or type(left) is not type(right):
        yield path, left, right


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 600 else text[:600] + f"... ({len(text)} characters)"
