"""The state of a Trial and an Experiment, read off their conditions; pure."""

from __future__ import annotations

from minikf.embedded.status import Object
from minikf.embedded.tuning.conditions import find, is_true

EXPERIMENT_LABEL = "katib.kubeflow.org/experiment"
TRIAL_LABEL = "katib.kubeflow.org/trial"
# In the order in which Katib asks.
_ENDED = ("Killed", "Failed", "Succeeded", "EarlyStopped", "MetricsUnavailable")


def state_of(status: Object) -> str:
    """Pending, Running, or how the Trial ended."""
    for type_ in _ENDED:
        if is_true(status, type_):
            return type_
    return "Running" if is_true(status, "Running") else "Pending"


def has_ended(trial: Object) -> bool:
    return state_of(trial.get("status") or {}) in _ENDED


def is_completed(experiment: Object) -> bool:
    status = experiment.get("status") or {}
    return is_true(status, "Succeeded") or is_true(status, "Failed")


def is_restartable(experiment: Object) -> bool:
    """Whether a completed Experiment goes on when its budget is raised."""
    status = experiment.get("status") or {}
    succeeded = find(status, "Succeeded")
    return (
        succeeded is not None
        and is_true(status, "Succeeded")
        and succeeded.get("reason") == "ExperimentMaxTrialsReached"
        and experiment["spec"].get("resumePolicy") in ("LongRunning", "FromVolume")
    )
