"""Whether a running trial's early stopping rules say stop. All of them have to; pure.

kubeflow/katib v0.19.0, updateStopRules of cmd/metricscollector/v1beta1/file-metricscollector/main.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from minikf.embedded.status import Object
from minikf.embedded.tuning.metrics import MetricLog, number


class StopWatch:
    """Takes in a trial's values in their order. The objective counts by its best value so far."""

    def __init__(self, rules: Sequence[Object], objective: Object) -> None:
        self._left = [dict(rule) for rule in rules]
        self._steps = {rule["name"]: int(rule.get("startStep") or 0) for rule in rules}
        self._objective = objective["objectiveMetricName"]
        self._best_of = max if objective.get("type") == "maximize" else min
        self._best: float | None = None

    @property
    def says_stop(self) -> bool:
        return not self._left

    def hear(self, logs: Iterable[MetricLog]) -> None:
        """Values that are no finite numbers count as no step."""
        for log in logs:
            value = number(log.value)
            if value is not None:
                self._hear(log.name, value)

    def _hear(self, name: str, value: float) -> None:
        rules = [rule for rule in self._left if rule["name"] == name]
        if not rules:
            return
        if name == self._objective:
            self._best = value if self._best is None else self._best_of(self._best, value)
            value = self._best
        self._steps[name] -= 1
        if self._steps[name] > 0:
            return
        for rule in rules:
            if _holds(value, rule.get("comparison", ""), number(rule["value"])):
                self._left.remove(rule)


def _holds(value: float, comparison: str, limit: float | None) -> bool:
    if limit is None:
        return False
    return {"equal": value == limit, "less": value < limit, "greater": value > limit}.get(comparison, False)
