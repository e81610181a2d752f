"""The row of a pod: the aggregate of its containers, by the rules of printPod in
k8s.io/kubernetes v1.34.4, pkg/printers/internalversion/printers.go."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from minikf.embedded.status import Object
from minikf.embedded.table.durations import parse_time, since

_NONE = "<none>"


@dataclass
class _Tally:
    """What the containers seen so far add up to."""

    reason: str
    ready: int = 0
    restarts: int = 0
    last_restart: str = ""
    running: bool = field(default=False)

    def count(self, container: Object) -> None:
        self.restarts += container.get("restartCount", 0)
        ended = ((container.get("lastState") or {}).get("terminated") or {}).get("finishedAt") or ""
        later, known = parse_time(ended), parse_time(self.last_restart)
        if later and (known is None or known < later):
            self.last_restart = ended


def pod(obj: Object, now: datetime) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    sidecars = {c.get("name") for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"}
    tally = _Tally(_phase(status))
    of_sidecars = _Tally("")
    initializing = _count_init_containers(tally, of_sidecars, spec, status, sidecars)
    if not initializing or _is_true(status, "Initialized"):
        tally.restarts, tally.last_restart = of_sidecars.restarts, of_sidecars.last_restart
        _count_containers(tally, status)
    return [
        obj["metadata"]["name"],
        f"{tally.ready}/{len(spec.get('containers') or ()) + len(sidecars)}",
        _final(obj, tally.reason),
        _restarts(tally, now),
        since(obj["metadata"].get("creationTimestamp"), now),
        ((status.get("podIPs") or [{}])[0]).get("ip") or _NONE,
        spec.get("nodeName") or _NONE,
        status.get("nominatedNodeName") or _NONE,
        _gates(spec, status),
    ]


def _phase(status: Object) -> str:
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "SchedulingGated":
            return "SchedulingGated"
    return str(status.get("reason") or status.get("phase") or "")


def _count_init_containers(
    tally: _Tally, of_sidecars: _Tally, spec: Object, status: Object, sidecars: set[Any]
) -> bool:
    """Up to the first init container that has not done its part; whether there is one."""
    total = len(spec.get("initContainers") or ())
    for index, container in enumerate(status.get("initContainerStatuses") or ()):
        state = container.get("state") or {}
        ended = state.get("terminated")
        is_sidecar = container.get("name") in sidecars
        tally.count(container)
        if is_sidecar:
            of_sidecars.count(container)
        if ended is not None and ended.get("exitCode", 0) == 0:
            continue
        if is_sidecar and container.get("started"):
            tally.ready += bool(container.get("ready"))
            continue
        waiting = (state.get("waiting") or {}).get("reason", "")
        if ended is not None:
            tally.reason = f"Init:{_ended(ended)}"
        elif waiting and waiting != "PodInitializing":
            tally.reason = f"Init:{waiting}"
        else:
            tally.reason = f"Init:{index}/{total}"
        return True
    return False


def _count_containers(tally: _Tally, status: Object) -> None:
    for container in reversed(status.get("containerStatuses") or ()):
        tally.count(container)
        state = container.get("state") or {}
        if (state.get("waiting") or {}).get("reason"):
            tally.reason = state["waiting"]["reason"]
        elif state.get("terminated") is not None:
            tally.reason = _ended(state["terminated"])
        elif container.get("ready") and state.get("running") is not None:
            tally.running = True
            tally.ready += 1
    if tally.reason == "Completed" and tally.running:
        tally.reason = "Running" if _is_true(status, "Ready") else "NotReady"


def _ended(terminated: Object) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _final(obj: Object, reason: str) -> str:
    if obj["metadata"].get("deletionTimestamp") is None:
        return reason
    status = obj.get("status") or {}
    if status.get("reason") == "NodeLost":
        return "Unknown"
    return reason if status.get("phase") in ("Succeeded", "Failed") else "Terminating"


def _restarts(tally: _Tally, now: datetime) -> str:
    if tally.restarts and tally.last_restart:
        return f"{tally.restarts} ({since(tally.last_restart, now)} ago)"
    return str(tally.restarts)


def _is_true(status: Object, condition_type: str) -> bool:
    for condition in status.get("conditions") or ():
        if condition.get("type") == condition_type:
            return bool(condition.get("status") == "True")
    return False


def _gates(spec: Object, status: Object) -> str:
    gates = spec.get("readinessGates") or ()
    if not gates:
        return _NONE
    met = sum(_is_true(status, gate.get("conditionType", "")) for gate in gates)
    return f"{met}/{len(gates)}"
