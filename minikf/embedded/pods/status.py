"""A pod's status from what its containers are doing. Pure.

Phase and conditions: kubelet v1.34, pkg/kubelet/kubelet_pods.go (getPhase) and pkg/kubelet/status/generate.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from minikf.embedded.pods.resources import qos_class
from minikf.embedded.pods.state import ContainerView, Running, State, Terminated, Waiting
from minikf.embedded.status import Object
from minikf.embedded.times import timestamp

ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class PodView:
    """What is known of a pod. `failed` is a reason and message that end it whatever its containers did."""

    init: Sequence[ContainerView]
    main: Sequence[ContainerView]
    started_at: float
    failed: tuple[str, str] | None = None
    has_ended: bool = False


def time_text(epoch: float) -> str | None:
    """metav1.Time; None stands for a moment that never was."""
    return timestamp(datetime.fromtimestamp(epoch, UTC)) if epoch else None


def pod_status(pod: Object, view: PodView, now: float) -> Object:
    """The new status. Fields that we do not own are kept, and so are times of conditions that did not change."""
    old: Object = pod.get("status") or {}
    phase = _phase(view)
    status: Object = {
        **old,
        "phase": phase,
        "conditions": _conditions(pod, view, phase, old.get("conditions") or [], now),
        "hostIP": ADDRESS,
        "hostIPs": [{"ip": ADDRESS}],
        "podIP": ADDRESS,
        "podIPs": [{"ip": ADDRESS}],
        "startTime": old.get("startTime") or time_text(view.started_at),
        "qosClass": old.get("qosClass") or qos_class(pod["spec"]),
        "containerStatuses": [_container(one) for one in view.main],
    }
    if view.init:
        status["initContainerStatuses"] = [_container(one) for one in view.init]
    if view.failed:
        status["reason"], status["message"] = view.failed
    return status


def _phase(view: PodView) -> str:
    """Succeeded and Failed are told when nothing of the pod runs any more, sidecars included, and not before."""
    if view.has_ended:
        succeeded = not view.failed and all(_has_passed(one) for one in view.init)
        succeeded = succeeded and all(isinstance(one.state, Terminated) and one.state.succeeded for one in view.main)
        return "Succeeded" if succeeded else "Failed"
    pending = not all(_has_passed(one) for one in view.init)
    if pending or any(isinstance(one.state, Waiting) and one.last is None for one in view.main):
        return "Pending"
    return "Running"


def _has_passed(one: ContainerView) -> bool:
    """Whether an init container lets the next one begin: it succeeded, or is a sidecar that has started."""
    if one.restarts_always:
        return one.started or isinstance(one.state, Terminated)
    return isinstance(one.state, Terminated) and one.state.succeeded


def _conditions(pod: Object, view: PodView, phase: str, old: list[Object], now: float) -> list[Object]:
    unready = [one.name for one in view.main if not one.ready]
    waiting = [one.name for one in view.init if not _has_passed(one)]
    begun = any(not isinstance(one.state, Waiting) or one.restarts for one in (*view.init, *view.main))
    done = phase == "Succeeded"
    ready: tuple[bool, str, str]
    if done:
        ready = (False, "PodCompleted", "")
    elif phase == "Failed":
        reason = view.failed[0] if view.failed else "PodFailed"
        ready = (False, reason, view.failed[1] if view.failed else "")
    elif unready:
        ready = (False, "ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]")
    else:
        ready = (True, "", "")
    initialized = (
        (False, "ContainersNotInitialized", f"containers with incomplete status: [{' '.join(waiting)}]")
        if waiting
        else (True, "PodCompleted" if done else "", "")
    )
    wanted = {
        "PodReadyToStartContainers": (begun and not view.has_ended, "", ""),
        "Initialized": initialized,
        "Ready": ready,
        "ContainersReady": ready,
        "PodScheduled": (True, "", ""),
    }
    by_type = {condition["type"]: condition for condition in old}
    fresh = [_condition(kind, *wanted[kind], by_type.get(kind), now) for kind in wanted]
    return fresh + [condition for condition in old if condition["type"] not in wanted]


def _condition(kind: str, is_true: bool, reason: str, message: str, old: Object | None, now: float) -> Object:
    status = "True" if is_true else "False"
    changed = old is None or old.get("status") != status
    since = time_text(now) if changed or old is None else old.get("lastTransitionTime")
    fresh: Object = {"type": kind, "status": status, "lastProbeTime": None, "lastTransitionTime": since}
    return fresh | {name: text for name, text in (("reason", reason), ("message", message)) if text}


def _container(one: ContainerView) -> Object:
    return {
        "name": one.name,
        "image": one.image,
        "imageID": "",
        "containerID": one.container_id,
        "ready": one.ready,
        "started": one.started,
        "restartCount": one.restarts,
        "state": _state(one.state, one.container_id),
        "lastState": _state(one.last, one.container_id) if one.last else {},
    }


def _state(state: State, container_id: str) -> Object:
    fields: dict[str, Any]
    if isinstance(state, Waiting):
        fields = {"reason": state.reason, "message": state.message}
        return {"waiting": {name: text for name, text in fields.items() if text}}
    if isinstance(state, Running):
        return {"running": {"startedAt": time_text(state.started_at)}}
    # A container that never began has the beginning of the epoch here, as containerd reports it.
    fields = {
        "exitCode": state.exit_code,
        "reason": state.reason,
        "message": state.message,
        "startedAt": time_text(state.started_at) or "1970-01-01T00:00:00Z",
        "finishedAt": time_text(state.finished_at),
        "containerID": container_id,
    }
    return {"terminated": {name: value for name, value in fields.items() if value != ""}}
