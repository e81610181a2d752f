"""Pictures of an experiment."""

from __future__ import annotations

import math

from minikf.tui.pictures.chart import Kind, Series, chart
from minikf.tui.pictures.parallel import Axis, Values, parallel
from minikf.tui.pictures.picture import Picture
from minikf.tui.pictures.scale import Scale, scale_of
from minikf.views.trials.experiment import Experiment, Parameter
from minikf.views.trials.numbers import finite
from minikf.views.trials.trial import Trial


def objective_over_trials(experiment: Experiment, width: int, height: int, *, ascii_only: bool = False) -> Picture:
    """Each trial's value with the best so far, and below, on the axis, the trials that ended without one."""
    values = tuple((float(trial.number), trial.value) for trial in experiment.trials if trial.state != "Failed")
    so_far = [(float(number), value) for number, value in experiment.best_so_far]
    if so_far and experiment.trials:
        so_far.append((float(len(experiment.trials)), so_far[-1][1]))
    failed = tuple((float(trial.number), None) for trial in experiment.trials if trial.failed)
    best = experiment.best
    series = [
        Series(experiment.objective.name or "objective", values, Kind.POINTS, "series-0", "•", "o"),
        Series("best so far", tuple(so_far), Kind.STEPS, "best", "", "-"),
        Series("best", ((float(best.number), best.value),) if best else (), Kind.POINTS, "best", "◆", "#"),
        Series("failed", failed, Kind.RUG, "bad", "×", "x"),
    ]
    return chart(series, width, height, x_label="trial", is_log=None, ascii_only=ascii_only)


def parallel_coordinates(experiment: Experiment, width: int, height: int, *, ascii_only: bool = False) -> Picture:
    """A line for each trial that has a value of the objective, through its parameters to it."""
    shown = experiment.ranked
    axes = [_axis(parameter, shown) for parameter in experiment.parameters]
    axes.append(Axis(experiment.objective.name or "objective", scale_of([each.value or 0.0 for each in shown])))
    numeric = {axis.name for axis in axes if not axis.categories}
    lines = [_line(experiment, trial, numeric) for trial in shown]
    best = experiment.best
    place = shown.index(best) if best in shown else -1
    return parallel(axes, lines, width, height, best=place, ascii_only=ascii_only)


def _axis(parameter: Parameter, trials: tuple[Trial, ...]) -> Axis:
    """As wide as the search space, or, where that is not told, as what was tried."""
    values = [trial.parameter(parameter.name) for trial in trials]
    if parameter.low is not None and parameter.high is not None:
        return Axis(parameter.name, Scale(parameter.low, parameter.high, parameter.is_log))
    choices = parameter.choices or tuple(dict.fromkeys(values))
    numbers = [value for each in choices if (value := finite(each)) is not None]
    if numbers and len(numbers) == len(choices) > _MANY_CHOICES:
        return Axis(parameter.name, scale_of(numbers))
    return Axis(parameter.name, categories=choices or ("",))


_MANY_CHOICES = 8
"""So many choices of numbers are an axis of numbers: their names would not all have a line."""


def _line(experiment: Experiment, trial: Trial, numeric: set[str]) -> Values:
    found: list[float | str | None] = []
    for parameter in experiment.parameters:
        text = trial.parameter(parameter.name)
        found.append(finite(text) if parameter.name in numeric else text)
    value = trial.value
    return [*found, value if value is not None and math.isfinite(value) else None]
