"""What a search is asked and what it answers: frozen data, in Katib's terms, with numbers as the strings Katib has.

Sources of the terms: Katib's `Experiment.spec` (feasible spaces, distributions, early stopping rules) and its gRPC
interface `GetSuggestions` (assignments, trial name, labels, algorithm settings), both of Katib v0.19.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PENDING, RUNNING = "Pending", "Running"
SUCCEEDED, FAILED, KILLED = "Succeeded", "Failed", "Killed"
EARLY_STOPPED, METRICS_UNAVAILABLE = "EarlyStopped", "MetricsUnavailable"
STATES = (PENDING, RUNNING, SUCCEEDED, FAILED, KILLED, EARLY_STOPPED, METRICS_UNAVAILABLE)


@dataclass(frozen=True)
class Parameter:
    """One parameter: `type` is double, int, discrete or categorical; `values` is `feasibleSpace.list`.

    `distribution` is uniform, logUniform, normal, logNormal or "".
    """

    name: str
    type: str
    minimum: str = ""
    maximum: str = ""
    step: str = ""
    values: tuple[str, ...] = ()
    distribution: str = ""


@dataclass(frozen=True)
class Problem:
    """An experiment as its search sees it. `goal_type` is minimize or maximize; `objective` the metric's name.

    `settings` are `algorithmSettings`, those of `Suggestion.status` (an earlier `Batch.settings`) written over those of
    the experiment. `uid` seeds whatever has no `random_state`.
    """

    experiment: str
    parameters: tuple[Parameter, ...]
    objective: str
    goal_type: str
    algorithm: str
    settings: Mapping[str, str]
    max_trials: int | None
    parallel_trials: int
    uid: str
    early_stopping: str = ""
    early_stopping_settings: Mapping[str, str] = field(default_factory=dict)
    nas: bool = False


@dataclass(frozen=True)
class Rule:
    """One of Katib's `earlyStoppingRules`; `comparison` is less, greater or equal."""

    name: str
    value: str
    comparison: str
    start_step: int = 0


@dataclass(frozen=True)
class Observed:
    """What is known of a trial, also of one that is suggested but not begun (`state` Pending).

    `objective` is the observed metric by its strategy, None where there is none; `history` holds (time in seconds,
    value) of the objective metric in the order of the reports; `started` is in seconds since the epoch.
    """

    name: str
    assignments: Mapping[str, str]
    state: str
    objective: float | None
    labels: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    started: float = 0
    history: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Suggested:
    """One trial to create. `name` is "" where the caller names it; `labels` must come back in `Observed.labels`."""

    assignments: Mapping[str, str]
    name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Batch:
    """The answer. It may hold fewer trials than asked for: none until running ones end (hyperband), or `finished`.

    `settings` is what `Suggestion.status.algorithmSettings` must hold; `finished`: there is nothing more to try.
    """

    suggested: tuple[Suggested, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    finished: bool = False


class SearchError(Exception):
    """The experiment cannot be searched as it stands; `message` names the field, `advice` says what to write."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
