"""An Experiment's status, worked out of its Trials; pure.

kubeflow/katib v0.19.0, pkg/controller.v1beta1/experiment/util/status_util.go. Differences: a result that is no finite
number is never the best, and a text is the best only while there is no number.
"""

from __future__ import annotations

from collections.abc import Sequence

from minikf.embedded.status import Object
from minikf.embedded.tuning.collectors import SERVED, way_of
from minikf.embedded.tuning.conditions import mark, settle
from minikf.embedded.tuning.metrics import is_nothing, number, objective_text
from minikf.embedded.tuning.states import state_of

# By state: (the list of names in the status, the count of them).
_FIELDS = {
    "Running": ("runningTrialList", "trialsRunning"),
    "Pending": ("pendingTrialList", "trialsPending"),
    "Failed": ("failedTrialList", "trialsFailed"),
    "Succeeded": ("succeededTrialList", "trialsSucceeded"),
    "Killed": ("killedTrialList", "trialsKilled"),
    "EarlyStopped": ("earlyStoppedTrialList", "trialsEarlyStopped"),
    "MetricsUnavailable": ("metricsUnavailableTrialList", "trialMetricsUnavailable"),
}


def count(status: Object, state: str) -> int:
    """How many Trials are in that state by the status."""
    return int(status.get(_FIELDS[state][1], 0))


def active(status: Object) -> int:
    return count(status, "Running") + count(status, "Pending")


def completed(status: Object) -> int:
    return sum(count(status, state) for state in _FIELDS) - active(status)


def summarize(status: Object, experiment: Object, trials: Sequence[Object]) -> None:
    """Writes names, counts and the best trial in place; `trials` are in the order in which they were suggested."""
    status["trials"] = len(trials)
    by_state: dict[str, list[str]] = {}
    for trial in trials:
        by_state.setdefault(state_of(trial.get("status") or {}), []).append(trial["metadata"]["name"])
    for state, (names, amount) in _FIELDS.items():
        for field in (names, amount):
            status.pop(field, None)
        if by_state.get(state):
            status[names], status[amount] = by_state[state], len(by_state[state])
    best = best_trial(trials, experiment["spec"]["objective"])
    if best is not None:
        observation = (best.get("status") or {}).get("observation") or {}
        status["currentOptimalTrial"] = {
            "bestTrialName": best["metadata"]["name"],
            "parameterAssignments": best["spec"].get("parameterAssignments") or [],
            "observation": {"metrics": observation.get("metrics") or []},
        }


def best_trial(trials: Sequence[Object], objective: Object) -> Object | None:
    """The trial with the best number, the first of equals; the latest text where there is no number at all."""
    best: tuple[float, Object] | None = None
    latest: Object | None = None
    sign = -1.0 if objective["type"] == "maximize" else 1.0
    for trial in trials:
        text = objective_text((trial.get("status") or {}).get("observation"), objective)
        value = number(text)
        if value is not None:
            if best is None or sign * value < best[0]:
                best = (sign * value, trial)
        elif not is_nothing(text):
            latest = trial
    return best[1] if best is not None else latest


def reaches_goal(experiment: Object, trials: Sequence[Object]) -> bool:
    objective = experiment["spec"]["objective"]
    best = best_trial(trials, objective)
    value = number(objective_text(((best or {}).get("status") or {}).get("observation"), objective))
    goal = objective.get("goal")
    if goal is None or value is None:
        return False
    return bool(value >= goal if objective["type"] == "maximize" else value <= goal)


def judge(status: Object, experiment: Object, trials: Sequence[Object], *, no_more: bool, now: str) -> None:
    """Sets the condition that the counts of `status` call for, in place; `no_more`: nothing is left to suggest."""
    spec = experiment["spec"]
    most, most_failed = spec.get("maxTrialCount"), spec.get("maxFailedTrialCount")
    failed = count(status, "Failed") + count(status, "MetricsUnavailable")
    ending: tuple[str, str, str] | None = None
    if reaches_goal(experiment, trials):
        ending = ("Succeeded", "ExperimentGoalReached", "Experiment has succeeded because Objective goal has reached")
    elif most_failed is not None and failed and failed >= most_failed:
        ending = ("Failed", "ExperimentFailed", "Experiment has failed because max failed count has reached")
    elif most is not None and completed(status) >= most:
        text = "Experiment has succeeded because max trial count has reached"
        ending = ("Succeeded", "ExperimentMaxTrialsReached", text)
    elif no_more and not active(status):
        text = "Experiment has succeeded because suggestion service has reached the end"
        ending = ("Succeeded", "ExperimentSuggestionEndReached", text)
    if ending is None:
        mark(status, "Running", "ExperimentRunning", "Experiment is running", now)
        return
    settle(status, *ending, now)
    status["completionTime"] = now


def parallel_trials(spec: Object) -> int:
    """How many Trials may run at a time. Metrics endpoints all listen on the same port, so on one machine one can."""
    return 1 if way_of(spec.get("metricsCollectorSpec")) == SERVED else int(spec["parallelTrialCount"])


def missing_trials(status: Object, spec: Object) -> int:
    """How many Trials are to be made now; negative where there are more at work than may be.

    Trials without metrics use up the budget as well: Katib leaves them out here and then makes one too many.
    """
    parallel, most = parallel_trials(spec), spec.get("maxTrialCount")
    running = active(status)
    if running > parallel:
        return int(parallel - running)
    wanted = parallel if most is None else min(parallel, most - completed(status))
    return int(max(0, wanted - running))
