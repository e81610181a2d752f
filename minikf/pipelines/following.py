"""A run's progress as a stream of events: one for each step that begins or ends."""

from __future__ import annotations

import time
from collections.abc import Generator
from datetime import datetime
from typing import Any

from minikf.errors import WorkFailed
from minikf.pipelines.api import PipelinesApi
from minikf.spec import Event

OVER = ("SUCCEEDED", "FAILED", "CANCELED", "SKIPPED")
_OFTEN, _SELDOM = 0.2, 1.0  # seconds between looks, in the first _YOUNG seconds and after
_YOUNG = 30.0

Object = dict[str, Any]


def follow(api: PipelinesApi, run_id: str) -> Generator[Event, None, Object]:
    """Tells each step's begin and end until the run is over; returns the run with its tasks.

    Raises Unreachable, and ApiAnswer where the run is deleted meanwhile.
    """
    began = time.monotonic()
    told: dict[str, str] = {}
    while True:
        run = api.run_now(run_id)
        yield from news(run, told)
        if run["state"] in OVER:
            return run
        time.sleep(_OFTEN if time.monotonic() - began < _YOUNG else _SELDOM)


def news(run: Object, told: dict[str, str]) -> list[Event]:
    """Events of what changed since `told` (state by task id, which is brought up to date). Groups of steps are left
    out: their steps are told."""
    found: list[Event] = []
    for task in tasks(run):
        state = str(task.get("state", ""))
        if task.get("child_tasks") or told.get(task["task_id"]) == state or state in ("", "PENDING"):
            continue
        told[task["task_id"]] = state
        found.append(_event(task, state))
    return found


def tasks(run: Object) -> list[Object]:
    """The run's tasks, in the order in which they came to be."""
    return list((run.get("run_details") or {}).get("task_details") or [])


def check(run: Object) -> None:
    """Raises WorkFailed unless the run succeeded; the cause names the steps that failed."""
    if run["state"] == "SUCCEEDED":
        return
    failed = [
        f"{task['display_name']}: {_message(task)}"
        for task in tasks(run)
        if task.get("state") == "FAILED" and not task.get("child_tasks")
    ]
    cause = "; ".join(failed[:5]) or _message(run)
    raise WorkFailed(
        f"run {run['run_id']} ({run['display_name']}) is {run['state']}",
        cause=cause,
        advice=f"minikf runs logs {run['run_id']}",
    )


def seconds(task: Object) -> float | None:
    """How long a task or run took, None while it is not over."""
    begin = task.get("start_time") or task.get("created_at")
    end = task.get("end_time") or task.get("finished_at")
    if not begin or not end:
        return None
    return (datetime.fromisoformat(str(end)) - datetime.fromisoformat(str(begin))).total_seconds()


def _event(task: Object, state: str) -> Event:
    name = str(task.get("display_name", ""))
    took = seconds(task)
    after = f" after {took:.1f} s" if took is not None else ""
    if state == "RUNNING":
        return Event(name, "started", f"runs in pod {task['pod_name']}" if task.get("pod_name") else "runs")
    if state == "FAILED":
        return Event(name, "failed", f"failed{after}", cause=_message(task))
    return Event(name, "done", f"{state.lower()}{after}")


def _message(of: Object) -> str:
    return str((of.get("error") or {}).get("message") or "no cause is told")
