"""TrainJobs that are trials of an Experiment: Katib deletes a trial's job when it is over, and the Trial keeps what was
run and with which parameters. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Object = dict[str, Any]

# pkg/controller.v1beta1/consts of Katib.
_EXPERIMENT = "katib.kubeflow.org/experiment"
TRIAL = "trial"  # beside a TrainJob's own fields: which experiment it is of, its parameters and its result


def with_trials(jobs: Iterable[Object], trials: Iterable[Object]) -> list[Object]:
    """The TrainJobs, those of trials with what their Trials say, and those that only their Trials remember."""
    told = {
        (one["metadata"]["namespace"], one["metadata"]["name"]): one
        for one in trials
        if (one["spec"].get("runSpec") or {}).get("kind") == "TrainJob"
    }
    found = []
    for job in jobs:
        trial = told.pop((job["metadata"]["namespace"], job["metadata"]["name"]), None)
        found.append({**job, TRIAL: _about(trial)} if trial else job)
    return found + [_remembered(one) for one in told.values()]


def _remembered(trial: Object) -> Object:
    """The TrainJob of a trial as it was, with the trial's end for its own."""
    states = {"Succeeded": "Complete", "EarlyStopped": "Complete", "Failed": "Failed"}
    ended = [one["type"] for one in (trial.get("status") or {}).get("conditions") or [] if one.get("status") == "True"]
    conditions = [{"type": states[one], "status": "True"} for one in ended if one in states]
    return {
        "metadata": {key: trial["metadata"].get(key) for key in ("namespace", "name", "creationTimestamp")},
        "spec": trial["spec"]["runSpec"].get("spec") or {},
        "status": {"conditions": conditions},
        TRIAL: _about(trial),
    }


def _about(trial: Object) -> Object:
    metrics = ((trial.get("status") or {}).get("observation") or {}).get("metrics") or []
    return {
        "experiment": (trial["metadata"].get("labels") or {}).get(_EXPERIMENT, ""),
        "parameters": {one["name"]: one["value"] for one in trial["spec"].get("parameterAssignments") or []},
        "metrics": {one["name"]: one.get("latest") for one in metrics},
    }
