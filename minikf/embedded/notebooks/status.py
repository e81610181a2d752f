"""The status of a Notebook: its pod's, as upstream mirrors it (notebook_controller.go, createNotebookStatus); pure."""

from __future__ import annotations

from minikf.embedded.controllers.conditions import is_true
from minikf.embedded.status import Object

_KEPT = ("type", "status", "reason", "message", "lastProbeTime", "lastTransitionTime")


def make_status(notebook: Object, pod: Object | None, problem: tuple[str, str] | None = None) -> Object:
    """`problem` is the reason and message of what keeps the pod from being made."""
    if pod is None:
        state = {"waiting": {"reason": problem[0], "message": problem[1]}} if problem else {}
        return {"conditions": [], "containerState": state, "readyReplicas": 0}
    told: Object = pod.get("status") or {}
    conditions = [{key: one[key] for key in _KEPT if one.get(key) is not None} for one in told.get("conditions") or []]
    return {
        "conditions": conditions,
        "containerState": _container_state(notebook["metadata"]["name"], pod),
        "readyReplicas": int(is_true(told, "Ready") and "deletionTimestamp" not in pod["metadata"]),
    }


def _container_state(name: str, pod: Object) -> Object:
    """Of the container that has the notebook's name, else of the first one, where upstream tells nothing."""
    states = (pod.get("status") or {}).get("containerStatuses") or []
    first = pod["spec"]["containers"][0]["name"]
    for wanted in (name, first):
        for one in states:
            if one.get("name") == wanted:
                return dict(one.get("state") or {})
    return {}
