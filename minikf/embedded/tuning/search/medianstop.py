"""Median stopping: the rules that go with new trials, as Katib's service computes them.

Katib v0.19 (pkg/earlystopping/v1beta1/medianstop/service.py): of each succeeded trial the mean of its first
`start_step` reports; where at least `min_trials_required` trials have one, the value is the mean of these means (the
name promises a median). A trial is stopped when its best report so far is worse, from its `start_step`th on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from minikf.embedded.tuning.search.algorithms import MEDIAN_STOP
from minikf.embedded.tuning.search.model import SUCCEEDED, Observed, Problem, Rule
from minikf.embedded.tuning.search.settings import read


def rules(problem: Problem, trials: Sequence[Observed]) -> tuple[Rule, ...]:
    """The rules for the trials suggested now; none while too few have succeeded. Raises SearchError.

    A trial that reported nothing, or something that is no number, is left out.
    """
    if problem.early_stopping != "medianstop":
        return ()
    given = read("medianstop", MEDIAN_STOP, problem.early_stopping_settings, "spec.earlyStopping.algorithmSettings")
    first: int = given.get("start_step", 4)
    means: list[float] = []
    for trial in trials:
        reports = [value for _, value in trial.history[:first]]
        if trial.state == SUCCEEDED and reports and math.isfinite(sum(reports)):
            means.append(sum(reports) / len(reports))
    if len(means) < given.get("min_trials_required", 3):
        return ()
    comparison = "less" if problem.goal_type == "maximize" else "greater"
    return (Rule(problem.objective, str(sum(means) / len(means)), comparison, first),)
