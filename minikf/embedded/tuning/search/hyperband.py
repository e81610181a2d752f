"""Hyperband: brackets of successive halving, their rungs computed from the trials alone.

Sizes and resources are those of Katib v0.19 (pkg/suggestion/v1beta1/hyperband/service.py): s_max = int(log r_l / log
eta); the bracket s begins with ceil((s_max + 1) * eta^s / (s + 1)) trials of int(r_l * eta^-s) of the resource; each
rung keeps ceil(n_i / eta) of them, with eta times as much. Katib's service keeps its place in algorithmSettings and
takes however many trials are asked for as the size of a bracket; here the place follows from the order of the trials,
and a rung may be handed out in parts. The settings are written all the same, for those who read them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from minikf.embedded.tuning.search.known import Known, under_way, value
from minikf.embedded.tuning.search.model import Batch, Observed, Suggested
from minikf.embedded.tuning.search.sampling import drawn


@dataclass(frozen=True)
class _Rung:
    """Of bracket `s`, rung `i`: how many trials at most, and how much of the resource each."""

    s: int
    i: int
    size: int
    resource: int


@dataclass(frozen=True)
class _Plan:
    eta: float
    r_l: float

    @property
    def s_max(self) -> int:
        return int(math.log(self.r_l) / math.log(self.eta))

    def bracket(self, s: int) -> Iterator[_Rung]:
        """The rungs of one bracket in their order."""
        size = math.ceil((self.s_max + 1) * (self.eta**s / (s + 1)))
        first = int(self.r_l * self.eta**-s)
        for i in range(s + 1):
            yield _Rung(s, i, size, int(first * self.eta**i))
            size = math.ceil(size / self.eta)


def hyperband(known: Known, settings: Mapping[str, Any], count: int) -> Batch:
    """The trials of the rung that is due; none while the rung before it has trials under way."""
    plan = _Plan(settings.get("eta", 3.0), settings["r_l"])
    name: str = settings["resource_name"]
    rest = known.trials
    for s in range(plan.s_max, -1, -1):
        above: tuple[Observed, ...] | None = None
        for rung in plan.bracket(s):
            best = None if above is None else _best(known, above)[: rung.size]
            size = rung.size if best is None else len(best)
            above, rest = rest[:size], rest[size:]
            if len(above) < size:
                points = _points(known, rung, name, best, len(above), min(count, size - len(above)))
                return Batch(tuple(map(Suggested, points)), _told(plan, rung, name, len(above) + len(points)))
            if any(map(under_way, above)):
                return Batch((), _told(plan, rung, name, size))
    return Batch((), _told(plan, _Rung(-1, 0, 0, 0), name, 0), finished=True)


def _best(known: Known, trials: tuple[Observed, ...]) -> list[Observed]:
    """The trials that have a value, best first; of equals the one created first."""
    ranked = [(trial, value(trial)) for trial in trials]
    sign = -1.0 if known.problem.goal_type == "maximize" else 1.0
    return [trial for trial, number in sorted(ranked, key=lambda pair: sign * (pair[1] or 0.0)) if number is not None]


def _points(
    known: Known, rung: _Rung, name: str, best: list[Observed] | None, begun: int, count: int
) -> list[dict[str, str]]:
    """`count` points of a rung after the `begun` first ones: by chance, or the best of the rung above."""
    axis = next(axis for axis in known.space.axes if axis.name == name)
    amount = {name: str(rung.resource) if axis.type == "int" else repr(float(rung.resource))}
    if best is not None:
        return [dict(trial.assignments) | amount for trial in best[begun : begun + count]]
    return [drawn(known.space, known, rung.s, number) | amount for number in range(begun, begun + count)]


def _told(plan: _Plan, rung: _Rung, name: str, evaluating: int) -> dict[str, str]:
    """The state under the names that Katib's Suggestions have it."""
    return {
        "eta": str(plan.eta),
        "s_max": str(plan.s_max),
        "r_l": str(plan.r_l),
        "b_l": str((plan.s_max + 1) * plan.r_l),
        "r": str(rung.resource),
        "n": str(rung.size),
        "current_s": str(rung.s),
        "current_i": str(rung.i),
        "resource_name": name,
        "evaluating_trials": str(evaluating),
    }
