"""One Trial of an Experiment."""

from __future__ import annotations

import math
from dataclasses import dataclass

from minikf.kube.shapes import Object, mapping, mappings
from minikf.views.items import item_of
from minikf.views.judge_others import trial as judge
from minikf.views.text import plain
from minikf.views.trials.numbers import moment, number


@dataclass(frozen=True)
class Metric:
    """What is left of all values that a trial reported, as texts, since NaN and "unavailable" are among them."""

    name: str
    least: str
    greatest: str
    latest: str


@dataclass(frozen=True)
class Trial:
    """`number` counts from 1 in the order of making; `value` is that of the objective, None where it reported none.

    Times are seconds since 1970.
    """

    name: str
    number: int
    state: str
    cause: str
    parameters: tuple[tuple[str, str], ...]
    value: float | None
    text: str
    metrics: tuple[Metric, ...]
    started: float | None
    ended: float | None

    @property
    def counts(self) -> bool:
        """Whether it can be the best one."""
        return self.value is not None and math.isfinite(self.value) and self.state != "Failed"

    @property
    def failed(self) -> bool:
        """Whether it ended without a result."""
        return self.state in ("Failed", "MetricsUnavailable")

    @property
    def seconds(self) -> float | None:
        """How long it took, None while it goes on."""
        if self.started is None or self.ended is None:
            return None
        return max(0.0, self.ended - self.started)

    def parameter(self, name: str) -> str:
        return dict(self.parameters).get(name, "")


def trial_of(obj: Object, place: int, objective: Object) -> Trial:
    """`objective` is the experiment's. Never raises for a wrong form."""
    item = item_of("trials", obj, judge)
    spec, status = mapping(obj.get("spec")), mapping(obj.get("status"))
    metrics = tuple(_metric(each) for each in mappings(mapping(status.get("observation")).get("metrics")))
    text = _result(metrics, objective)
    return Trial(
        name=item.name,
        number=place,
        state=item.verdict.state,
        cause=item.verdict.cause,
        parameters=tuple(
            (plain(str(each.get("name", ""))), plain(str(each.get("value", ""))))
            for each in mappings(spec.get("parameterAssignments"))
        ),
        value=number(text),
        text=text,
        metrics=metrics,
        started=moment(status.get("startTime")),
        ended=moment(status.get("completionTime")),
    )


def _metric(obj: Object) -> Metric:
    name, least, greatest, latest = (plain(str(obj.get(key) or "")) for key in ("name", "min", "max", "latest"))
    return Metric(name, least, greatest, latest)


def _result(metrics: tuple[Metric, ...], objective: Object) -> str:
    """The objective's value by its strategy (min, max or latest), as Katib compares it; "" without one."""
    name = objective.get("objectiveMetricName")
    chosen = [each for each in mappings(objective.get("metricStrategies")) if each.get("name") == name]
    strategy = str(chosen[0].get("value")) if chosen else "latest"
    for metric in metrics:
        if metric.name == name:
            by = {"min": metric.least, "max": metric.greatest}.get(strategy, metric.latest)
            value = metric.latest if by in ("", "unavailable") else by
            return "" if value == "unavailable" else value
    return ""
