"""An Experiment with its trials, as the screens and commands show it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from minikf.kube.shapes import Object, mapping, mappings
from minikf.views.text import plain
from minikf.views.trials.numbers import finite
from minikf.views.trials.trial import Trial, trial_of

DECADES = 2
"""A parameter whose least and greatest value are so many powers of ten apart is shown on a logarithmic axis."""


@dataclass(frozen=True)
class Objective:
    """What is looked for; `goal` ends the search, None where nothing does."""

    name: str
    maximizes: bool
    goal: float | None = None

    def is_better(self, one: float, than: float) -> bool:
        return one > than if self.maximizes else one < than

    def order(self, trial: Trial) -> tuple[bool, float]:
        """What trials are sorted by, the best first; those without a value of the objective last."""
        value = trial.value
        if value is None or math.isnan(value):
            return True, 0.0
        return False, -value if self.maximizes else value


@dataclass(frozen=True)
class Parameter:
    """One that is tuned: `low` and `high` of a number, `choices` of anything else."""

    name: str
    low: float | None = None
    high: float | None = None
    is_log: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Experiment:
    """`trials` are in the order in which they were made; `most` is how many there may be, 0 where nothing says so."""

    namespace: str
    name: str
    state: str
    cause: str
    algorithm: str
    objective: Objective
    parameters: tuple[Parameter, ...]
    trials: tuple[Trial, ...]
    most: int = 0
    named_best: str = ""

    @property
    def best(self) -> Trial | None:
        """The trial that Katib names, else the first with the best finite value; None without any."""
        named = next((trial for trial in self.trials if trial.name == self.named_best), None)
        return named or next(iter(self.ranked), None)

    @property
    def ranked(self) -> tuple[Trial, ...]:
        """Trials with a finite value of the objective, the best first."""
        counted = [trial for trial in self.trials if trial.counts]
        return tuple(sorted(counted, key=self.objective.order))

    @property
    def by_worth(self) -> tuple[Trial, ...]:
        """All trials, the best first, those without a value last."""
        return tuple(sorted(self.trials, key=self.objective.order))

    @property
    def best_so_far(self) -> tuple[tuple[int, float], ...]:
        """Of each trial with a finite value, its number and the best value up to it."""
        found: list[tuple[int, float]] = []
        for trial in self.trials:
            if trial.counts and trial.value is not None:
                best = (
                    found[-1][1] if found and not self.objective.is_better(trial.value, found[-1][1]) else trial.value
                )
                found.append((trial.number, best))
        return tuple(found)


def experiment_of(obj: Object, trials: Iterable[Object]) -> Experiment:
    """Of an Experiment and the Trials of its namespace, of which only its own count. Never raises for a wrong form."""
    metadata, spec, status = (mapping(obj.get(part)) for part in ("metadata", "spec", "status"))
    objective = mapping(spec.get("objective"))
    own = sorted((each for each in trials if _is_of(obj, each)), key=_made)
    state, cause = state_of(status)
    return Experiment(
        namespace=plain(str(metadata.get("namespace", ""))),
        name=plain(str(metadata.get("name", ""))),
        state=state,
        cause=cause,
        algorithm=plain(str(mapping(spec.get("algorithm")).get("algorithmName", ""))),
        objective=Objective(
            plain(str(objective.get("objectiveMetricName", ""))),
            objective.get("type") != "minimize",
            finite(objective.get("goal")),
        ),
        parameters=tuple(_parameter(each) for each in mappings(spec.get("parameters"))),
        trials=tuple(trial_of(each, number, objective) for number, each in enumerate(own, 1)),
        most=int(finite(spec.get("maxTrialCount")) or 0),
        named_best=plain(str(mapping(status.get("currentOptimalTrial")).get("bestTrialName") or "")),
    )


def state_of(status: Object) -> tuple[str, str]:
    """Katib's state in a word, and why where that is not good."""
    true = [each for each in mappings(status.get("conditions")) if each.get("status") == "True"]
    last = true[-1] if true else {}
    state = plain(str(last.get("type") or "Created"))
    is_good = state in ("Created", "Running", "Succeeded")
    return state, "" if is_good else plain(str(last.get("message") or last.get("reason") or ""))


def _is_of(experiment: Object, trial: Object) -> bool:
    mine, its = mapping(experiment.get("metadata")), mapping(trial.get("metadata"))
    label = mapping(its.get("labels")).get("katib.kubeflow.org/experiment")
    return label == mine.get("name") and its.get("namespace") == mine.get("namespace")


def _made(trial: Object) -> tuple[str, str, int, str]:
    """Times are whole seconds: of trials made within one, those that ended or changed first come first."""
    metadata, status = mapping(trial.get("metadata")), mapping(trial.get("status"))
    version = str(metadata.get("resourceVersion", ""))
    return (
        str(metadata.get("creationTimestamp") or ""),
        str(status.get("completionTime") or "~"),
        int(version) if version.isdecimal() else 0,
        str(metadata.get("name", "")),
    )


def _parameter(spec: Object) -> Parameter:
    space = mapping(spec.get("feasibleSpace"))
    name = plain(str(spec.get("name", "")))
    low, high = finite(space.get("min")), finite(space.get("max"))
    if spec.get("parameterType") in ("double", "int") and low is not None and high is not None:
        told = str(space.get("distribution", "")).startswith("log")
        spans = 0 < low < high and high / low >= 10**DECADES
        return Parameter(name, low, high, (told and low > 0) or spans)
    choices = space.get("list")
    return Parameter(name, choices=tuple(plain(str(each)) for each in choices) if isinstance(choices, list) else ())
