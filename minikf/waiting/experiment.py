"""An Experiment on its way to its end."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any
from urllib.parse import quote

from minikf.errors import WorkFailed
from minikf.kube.rest import RestClient
from minikf.spec import Access, Event

OFTEN_SECONDS = 0.2
_GROUP = "/apis/kubeflow.org/v1beta1"

Object = dict[str, Any]


def ended(access: Access, namespace: str, name: str) -> Generator[Event, None, Object]:
    """Tells how far it is; returns it when it has succeeded.

    Raises WorkFailed when it has failed, Unreachable, ApiAnswer.
    """
    client, told, about = RestClient(access), "", f"{namespace}/{name}"
    while True:
        found = client.get(path_of(namespace, name))
        if (now := progress(found)) != told:
            told = now
            yield Event(about, "progress", now)
        ending = ending_of(found)
        if ending is not None and ending["type"] == "Failed":
            yield Event(about, "failed", "has failed", cause=ending["message"])
            raise WorkFailed(
                f"experiment {about} has failed",
                cause=f"{ending['message']}{_silent(found)}",
                advice=f"minikf experiment show {name} -n {namespace}",
            )
        if ending is not None:
            yield Event(about, "done", str(ending["message"]))
            return found
        time.sleep(OFTEN_SECONDS)


def _silent(experiment: Object) -> str:
    """That trials printed no value of the objective, where that is so: the experiment itself says only that they count
    as failed."""
    count, name = (experiment.get("status") or {}).get("trialMetricsUnavailable"), objective_of(experiment)
    if not count:
        return ""
    return f": {count} trial{'s' if count > 1 else ''} printed no {name}, which has to stand on a line as {name}=0.5"


def objective_of(experiment: Object) -> str:
    return str(experiment["spec"]["objective"]["objectiveMetricName"])


def ending_of(experiment: Object) -> Object | None:
    """The condition that says how it ended, None while it goes on, or is about to with a larger budget."""
    most, spec = experiment["spec"].get("maxTrialCount"), experiment["spec"]
    has_more = most is not None and most > (experiment.get("status") or {}).get("trials", 0)
    for condition in (experiment.get("status") or {}).get("conditions") or []:
        if has_more and condition["reason"] == "ExperimentMaxTrialsReached" and spec.get("resumePolicy") != "Never":
            continue
        if condition["type"] in ("Succeeded", "Failed") and condition["status"] == "True":
            found: Object = condition
            return found
    return None


def progress(experiment: Object) -> str:
    """Such as `12 of 20 trials, 2 running, best accuracy=0.98`."""
    status, spec = experiment.get("status") or {}, experiment["spec"]
    running = status.get("trialsRunning", 0) + status.get("trialsPending", 0)
    ended_ = status.get("trials", 0) - running
    most = spec.get("maxTrialCount")
    parts = [f"{ended_} of {most} trials" if most else f"{ended_} trials"]
    for field, word in (("trialsFailed", "failed"), ("trialMetricsUnavailable", "without metrics")):
        if status.get(field):
            parts.append(f"{status[field]} {word}")
    if running:
        parts.append(f"{running} running")
    best = result_of(status.get("currentOptimalTrial") or {}, spec["objective"])
    return ", ".join([*parts, *([f"best {spec['objective']['objectiveMetricName']}={best}"] if best else [])])


def result_of(trial: Object, objective: Object) -> str:
    """The objective's value by its strategy, out of a part of a status with an `observation`; "" without one."""
    name = objective["objectiveMetricName"]
    strategies = {one["name"]: one["value"] for one in objective.get("metricStrategies") or []}
    for metric in (trial.get("observation") or {}).get("metrics") or []:
        if metric["name"] == name:
            value = str(metric.get(strategies.get(name, "latest"), ""))
            return "" if value == "unavailable" else value
    return ""


def assignments(part: Object) -> str:
    """Parameters in one line: `lr=0.1 layers=3`."""
    return " ".join(f"{one['name']}={one['value']}" for one in part.get("parameterAssignments") or [])


def path_of(namespace: str, name: str = "", plural: str = "experiments") -> str:
    base = f"{_GROUP}/namespaces/{quote(namespace, safe='')}/{plural}"
    return f"{base}/{quote(name, safe='')}" if name else base


def trials_path(namespace: str, experiment: str) -> str:
    """Where the trials of an experiment are listed."""
    selector = quote(f"katib.kubeflow.org/experiment={experiment}", safe="")
    return f"{path_of(namespace, plural='trials')}?labelSelector={selector}"
