"""What a model server counts of its requests, read from its Prometheus metrics: count, errors, latency.

Two sources, whichever is there: MiniKF's own server counts every request from its head to its answer
(`minikf_inference_*`, minikf.embedded.serving.metrics); KServe's package times the steps of each one that it could
decode (`request_preprocess_seconds`, `request_predict_seconds`, `request_postprocess_seconds`; kserve/metrics.py and
kserve/model.py).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_SAMPLE = re.compile(r"(?P<name>[A-Za-z_:][\w:]*)(?:\{(?P<labels>.*)\})?\s+(?P<value>\S+)(?:\s+-?\d+)?")
_LABEL = re.compile(r'([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"')
_OURS, _KSERVE = "minikf_inference_seconds", "request_predict_seconds"

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Sample:
    name: str
    labels: Labels
    value: float


@dataclass(frozen=True)
class Counters:
    """What one server has counted since it started. `le` are a histogram's cumulative counts by upper bound.

    `codes` says how many errors of each kind, where the server tells them apart. `source` is the histogram's name.
    """

    source: str
    started: float
    requests: float
    seconds: float
    le: Mapping[float, float]
    errors: float = 0.0
    codes: Mapping[str, float] = field(default_factory=dict)


def measures(source: str) -> str:
    """What the seconds of a source are the time of, in words."""
    return "from a request's head to its answer" if source == _OURS else "the model's predict step alone"


@dataclass(frozen=True)
class Figures:
    """Requests over a time. Seconds are None where nothing was asked."""

    requests: int
    errors: int
    codes: Mapping[str, int]
    p50: float | None
    p95: float | None
    mean: float | None

    def as_dict(self) -> dict[str, Any]:
        return {
            "requests": self.requests, "errors": self.errors, "codes": dict(self.codes),
            "p50Seconds": self.p50, "p95Seconds": self.p95, "meanSeconds": self.mean,
        }  # fmt: skip


def samples(text: str) -> list[Sample]:
    """The samples of a Prometheus text; lines in another form are left out."""
    found = []
    for line in text.splitlines():
        match = None if line.startswith("#") else _SAMPLE.fullmatch(line.strip())
        if match is None:
            continue
        try:
            value = float(match["value"])
        except ValueError:
            continue
        labels = {name: re.sub(r"\\(.)", r"\1", value) for name, value in _LABEL.findall(match["labels"] or "")}
        found.append(Sample(match["name"], labels, value))
    return found


def counters(text: str) -> Counters | None:
    """What a server's metrics say of its predictions; None where they say nothing of any."""
    every = samples(text)
    started = next((one.value for one in every if one.name == "process_start_time_seconds"), 0.0)
    if f"# TYPE {_OURS} " in text:
        errors = [one for one in every if one.name == "minikf_inference_errors_total"]
        codes = _sums((one.labels.get("code", "?"), one.value) for one in errors)
        return _counters(every, _OURS, started, _total(every, f"{_OURS}_count"), sum(codes.values()), codes)
    if f"# TYPE {_KSERVE} " in text:
        # Whoever fails between the first step and the last one is not seen in the last one.
        before, after = (_total(every, f"request_{step}process_seconds_count") for step in ("pre", "post"))
        return _counters(every, _KSERVE, started, before, max(0.0, before - after), {})
    return None


def _counters(
    every: list[Sample], name: str, started: float, requests: float, errors: float, codes: Mapping[str, float]
) -> Counters:
    buckets = (
        (_bound(one.labels.get("le", "")), one.value) for one in every if one.name == f"{name}_bucket"
    )  # the sum over models and protocols
    return Counters(name, started, requests, _total(every, f"{name}_sum"), _sums(buckets), errors, codes)


def figures(now: Mapping[str, Counters], since: Mapping[str, Counters] | None = None) -> Figures:
    """The figures of a service's servers, by a name of each; `since` an earlier reading, or since they started.

    A server that was started in between has counted everything since.
    """
    parts = [_between((since or {}).get(name), one) for name, one in now.items()]
    requests = sum(one.requests for one in parts)
    timed = sum(max(one.le.values(), default=0.0) for one in parts)
    le = _sums((bound, value) for one in parts for bound, value in one.le.items())
    codes = _sums((code, value) for one in parts for code, value in one.codes.items())
    return Figures(
        round(requests),
        round(sum(one.errors for one in parts)),
        {code: round(value) for code, value in sorted(codes.items()) if value},
        quantile(le, 0.5),
        quantile(le, 0.95),
        sum(one.seconds for one in parts) / timed if timed else None,
    )


def _between(old: Counters | None, new: Counters) -> Counters:
    if old is None or old.started != new.started or new.requests < old.requests:
        return new
    return Counters(
        new.source,
        new.started,
        new.requests - old.requests,
        new.seconds - old.seconds,
        {bound: value - old.le.get(bound, 0.0) for bound, value in new.le.items()},
        max(0.0, new.errors - old.errors),
        {code: value - old.codes.get(code, 0.0) for code, value in new.codes.items()},
    )


def quantile(le: Mapping[float, float], share: float) -> float | None:
    """The value below which a share of a histogram lies, between two bounds in proportion, as Prometheus'
    `histogram_quantile` has it; the last finite bound where it lies beyond, None for an empty histogram."""
    bounds = sorted(le)
    total = le[bounds[-1]] if bounds else 0.0
    if total <= 0:
        return None
    rank, before, low = share * total, 0.0, 0.0
    for bound in bounds:
        if le[bound] >= rank:
            if math.isinf(bound):
                return low
            inside = le[bound] - before
            return low + (bound - low) * ((rank - before) / inside if inside else 1.0)
        before, low = le[bound], bound
    return low


def _bound(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.inf


def _total(every: list[Sample], name: str) -> float:
    return sum(one.value for one in every if one.name == name)


def _sums(pairs: Iterable[tuple[Any, float]]) -> dict[Any, float]:
    found: dict[Any, float] = {}
    for key, value in pairs:
        found[key] = found.get(key, 0.0) + value
    return found


def short(seconds: float | None) -> str:
    """A latency as people read it; a dash where none was measured."""
    if seconds is None:
        return "-"
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"
