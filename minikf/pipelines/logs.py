"""What the steps of a run printed, one step after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from minikf import logs
from minikf.errors import Refused
from minikf.kube.rest import ApiAnswer
from minikf.pipelines.api import Object, PipelinesApi
from minikf.pipelines.following import OVER, tasks
from minikf.spec import Access

_AGAIN_SECONDS = 0.3


@dataclass(frozen=True)
class Line:
    """A line of a step's log."""

    step: str
    pod: str
    text: str


def of_run(access: Access, api: PipelinesApi, run: Object, step: str, tail: int, *, follow: bool) -> Iterator[Line]:
    """The lines of all steps, or of the one named `step`; with `follow` until the run is over.

    Steps are told in the order in which they began; lines of steps that run at the same time are not mixed. Raises
    Refused for a step that the run does not have.
    """
    namespace = str(api.get(f"experiments/{run['experiment_id']}").get("namespace") or "default")
    done: set[str] = set()
    while True:
        _check_step(run, step)
        for task, pod in _pods(run, step):
            if pod in done:
                continue
            name = str(task["display_name"])
            try:
                for text in logs.of_pod(access, namespace, pod, "", tail, follow=follow):
                    yield Line(name, pod, text)
            except ApiAnswer as answer:
                if answer.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST):
                    raise
                if follow and run["state"] not in OVER:
                    continue  # the pod's name is known before the pod is made
                yield Line(name, pod, f"(no log: {answer.message})")  # pods of old runs may have been deleted
            done.add(pod)
        if not follow or run["state"] in OVER:
            return
        time.sleep(_AGAIN_SECONDS)
        run = api.run_now(run["run_id"])


def _pods(run: Object, step: str) -> list[tuple[Object, str]]:
    """(task, pod) for each attempt, in the order of starts."""
    found = []
    for task in sorted(tasks(run), key=lambda one: str(one.get("start_time", ""))):
        detail = task.get("executor_detail") or {}
        pods = [*(detail.get("failed_main_jobs") or []), detail.get("main_job") or ""]
        if step in ("", task["display_name"]):
            found += [(task, pod) for pod in pods if pod]
    return found


def _check_step(run: Object, step: str) -> None:
    names = sorted({str(task["display_name"]) for task in tasks(run) if not task.get("child_tasks")})
    if step and step not in names and run["state"] in OVER:
        raise Refused(
            f"run {run['run_id']} has no step '{step}'",
            cause=f"it has {', '.join(names) or 'none'}",
            advice=f"minikf runs show {run['run_id']}",
        )
