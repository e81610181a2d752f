"""From what a trial wrote to its observation: log lines to metric logs, metric logs to min, max and latest; pure.

kubeflow/katib v0.19.0, pkg/metricscollector/v1beta1/file-metricscollector and getMetrics of
pkg/controller.v1beta1/trial/trial_controller_util.go. One difference: a value that is no finite number is never a
minimum or maximum, and one that is empty (`loss=nan` by the default filter) is none at all, so the trial ends as
MetricsUnavailable; Katib takes the empty text for the trial's result.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from minikf.embedded.status import Object

UNAVAILABLE = "unavailable"
DEFAULT_FILTER = r"([\w|-]+)\s*=\s*([+-]?\d*(\.\d+)?([Ee][+-]?\d+)?)"
# Of lines that do not say when they were written: Go's zero time.
NO_TIME = "0001-01-01T00:00:00Z"
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class MetricLog:
    """One value of a metric as it was reported; `time` is RFC 3339, NO_TIME where nobody said."""

    time: str
    name: str
    value: str


def compile_filter(pattern: str) -> re.Pattern[str]:
    """A filter of `metricsFormat`. Raises re.error. Digits and words are ASCII's, as in Go."""
    return re.compile(pattern, re.ASCII)


def read_text(lines: Iterable[str], metrics: Sequence[str], filters: Sequence[str]) -> list[MetricLog]:
    """The values in lines of text, by the filters or the default one."""
    patterns = [compile_filter(one) for one in filters or (DEFAULT_FILTER,)]
    found = []
    for line in lines:
        if not any(name in line for name in metrics):
            continue
        first = line.split(" ", 1)[0]
        time = first if first != line and _TIME.fullmatch(first) else NO_TIME
        for pattern in patterns:
            if pattern.groups < 2:
                continue
            for match in pattern.finditer(line):
                name, value = (match[1] or "").strip(), (match[2] or "").strip()
                if name in metrics and value:
                    found.append(MetricLog(time, name, value))
    return found


class NotJson(ValueError):
    """A line of a file whose format is JSON is no JSON object."""


def read_json(lines: Iterable[str], metrics: Sequence[str]) -> list[MetricLog]:
    """The values in lines of JSON objects. Katib takes texts only; numbers are taken here, too. Raises NotJson."""
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            obj = json.loads(line)
        except ValueError as error:
            raise NotJson(f"line {number} is not JSON: {error}") from error
        if not isinstance(obj, dict):
            raise NotJson(f"line {number} is no JSON object")
        time = _json_time(obj.get("timestamp"))
        for name in metrics:
            value = obj.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                value = repr(value)
            if isinstance(value, str) and value.strip():
                found.append(MetricLog(time, name, value.strip()))
    return found


def _json_time(value: Any) -> str:
    if isinstance(value, str):
        return value if _TIME.fullmatch(value) else NO_TIME
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z")
        except (OverflowError, ValueError, OSError):
            return NO_TIME
    return NO_TIME


def observe(logs: Sequence[MetricLog], strategies: Sequence[Object]) -> list[Object]:
    """`status.observation.metrics`: min, max and latest of every metric that has a strategy."""
    return [_metric(one["name"], [log for log in logs if log.name == one["name"]]) for one in strategies]


def _metric(name: str, logs: Sequence[MetricLog]) -> Object:
    numbers = [(value, log.value) for log in logs if (value := number(log.value)) is not None]
    latest = max(enumerate(logs), key=lambda one: (_moment(one[1].time), one[0]))[1].value if logs else UNAVAILABLE
    return {
        "name": name,
        "min": min(numbers)[1] if numbers else UNAVAILABLE,
        "max": max(numbers)[1] if numbers else UNAVAILABLE,
        "latest": latest,
    }


def _moment(time: str) -> float:
    if time == NO_TIME:
        return -math.inf
    try:
        return datetime.fromisoformat(time.upper()).timestamp()
    except (ValueError, OverflowError):
        return -math.inf


def number(text: str) -> float | None:
    """The finite number that a text is, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def objective_text(observation: Object | None, objective: Object) -> str:
    """The trial's result by the objective's strategy, as text; UNAVAILABLE without one."""
    name = objective.get("objectiveMetricName")
    strategy = next((one["value"] for one in objective.get("metricStrategies") or [] if one["name"] == name), "latest")
    for metric in (observation or {}).get("metrics") or []:
        if metric["name"] == name:
            value = metric.get(strategy if strategy in ("min", "max") else "latest", UNAVAILABLE)
            return str(metric.get("latest", UNAVAILABLE) if value == UNAVAILABLE else value)
    return UNAVAILABLE


def is_nothing(text: str) -> bool:
    """Whether a result says nothing: it was not reported, or it is a NaN or an infinity."""
    if text in ("", UNAVAILABLE):
        return True
    try:
        return not math.isfinite(float(text))
    except ValueError:
        return False
