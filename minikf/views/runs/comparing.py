"""What two runs differ in: parameters, steps, metrics, artifacts. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from minikf.views.runs.model import SUCCESS, Json, Made, Object, RunGraph, Step
from minikf.views.runs.words import duration, number, size_words, state_word, value_text

NONE = "–"  # what one of the two does not have


@dataclass(frozen=True)
class Row:
    """One thing of both: `left` and `right` in words, NONE where a run does not have it. `change` is right minus left
    of numbers."""

    name: str
    left: str
    right: str
    differs: bool
    change: float | None = None


@dataclass(frozen=True)
class Comparison:
    left: RunGraph
    right: RunGraph
    run: tuple[Row, ...]
    parameters: tuple[Row, ...]
    steps: tuple[Row, ...]
    metrics: tuple[Row, ...]
    artifacts: tuple[Row, ...]

    @property
    def parts(self) -> tuple[tuple[str, tuple[Row, ...]], ...]:
        return (
            ("RUN", self.run),
            ("PARAMETERS", self.parameters),
            ("STEPS", self.steps),
            ("METRICS", self.metrics),
            ("ARTIFACTS", self.artifacts),
        )

    def as_dict(self) -> Object:
        parts = {title.lower(): [vars(row) | {"change": row.change} for row in rows] for title, rows in self.parts}
        return {"left": self.left.id, "right": self.right.id, **parts}


def compare(left: RunGraph, right: RunGraph, now: datetime) -> Comparison:
    return Comparison(
        left=left,
        right=right,
        run=_run(left, right, now),
        parameters=_parameters(left, right),
        steps=_steps(left, right, now),
        metrics=_metrics(left, right),
        artifacts=_artifacts(left, right),
    )


def shown_change(row: Row) -> str:
    """The change of a number with its sign; "" where there is none."""
    return f"{row.change:+.4g}" if row.change else ""


def _run(left: RunGraph, right: RunGraph, now: datetime) -> tuple[Row, ...]:
    one, other = left.seconds(now), right.seconds(now)
    rows = [
        _row("name", left.name, right.name),
        _row("pipeline", left.pipeline, right.pipeline),
        _row("experiment", left.experiment, right.experiment),
        _row("state", state_word(left.state), state_word(right.state)),
        Row("took", duration(one) or NONE, duration(other) or NONE, False, _change(one, other)),
    ]
    return tuple(rows)


def _parameters(left: RunGraph, right: RunGraph) -> tuple[Row, ...]:
    one, other = ({value.name: value.value for value in graph.parameters} for graph in (left, right))
    return tuple(
        Row(
            name,
            value_text(one[name]) if name in one else NONE,
            value_text(other[name]) if name in other else NONE,
            _text(one, name) != _text(other, name),
            _change(_float(one.get(name)), _float(other.get(name))),
        )
        for name in _names(one, other)
    )


def _steps(left: RunGraph, right: RunGraph, now: datetime) -> tuple[Row, ...]:
    """By their place in the pipeline. Other states and other code are differences; a duration is none, and a success is
    one whether the cache gave it or not."""
    one, other = ({step.id: step for step in graph.steps if not step.is_group} for graph in (left, right))
    rows = []
    for name in _names(one, other):
        before, after = one.get(name), other.get(name)
        if before is None or after is None:
            rows.append(Row(name, _state(before, now), _state(after, now), True))
            continue
        other_code = bool(before.code and after.code and before.code != after.code)
        note = " (other code)" if other_code else ""
        change = _change(before.seconds(now), after.seconds(now))
        same = before.state == after.state or (before.state in SUCCESS and after.state in SUCCESS)
        rows.append(Row(name, _state(before, now), _state(after, now) + note, other_code or not same, change))
    return tuple(rows)


def _state(step: Step | None, now: datetime) -> str:
    if step is None:
        return NONE
    took = duration(step.seconds(now)) if step.pods else ""
    return f"{state_word(step.state)} {took}".rstrip()


def _metrics(left: RunGraph, right: RunGraph) -> tuple[Row, ...]:
    one, other = (
        {f"{step.id} {name}": value for step in graph.steps for name, value in step.metrics.items()}
        for graph in (left, right)
    )
    return tuple(
        Row(
            name,
            number(one[name]) if name in one else NONE,
            number(other[name]) if name in other else NONE,
            one.get(name) != other.get(name),
            _change(one.get(name), other.get(name)),
        )
        for name in _names(one, other)
    )


def _artifacts(left: RunGraph, right: RunGraph) -> tuple[Row, ...]:
    """Files of steps, by content where that is known, else by address. Metrics have rows of their own, and a group only
    passes on what its steps made."""
    one, other = (
        {
            f"{step.id} {made.name}": made
            for step in graph.steps
            if not step.is_group
            for made in step.gives
            if not made.metrics
        }
        for graph in (left, right)
    )
    rows = []
    for name in _names(one, other):
        before, after = one.get(name), other.get(name)
        differs = before is None or after is None or _content(before) != _content(after)
        rows.append(Row(name, _made(before), _made(after), differs))
    return tuple(rows)


def _content(made: Made) -> str:
    return made.sha256 or made.uri or json.dumps(dict(made.metadata), sort_keys=True, default=str)


def _made(made: Made | None) -> str:
    if made is None:
        return NONE
    kind = made.type.removeprefix("system.")
    parts = (kind, size_words(made.size), made.sha256[:12])
    return " ".join(part for part in parts if part) or "there"


def _row(name: str, left: str, right: str) -> Row:
    return Row(name, left or NONE, right or NONE, left != right)


def _names(left: Mapping[str, object], right: Mapping[str, object]) -> Iterable[str]:
    return dict.fromkeys([*left, *right])


def _text(values: Mapping[str, Json], name: str) -> str:
    return json.dumps(values[name], sort_keys=True) if name in values else ""


def _float(value: Json) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _change(left: float | None, right: float | None) -> float | None:
    return right - left if left is not None and right is not None else None
