"""Fields of a pod's status that are always there: their Go types have no `omitempty`, or are structs.

k8s.io/api v0.34.4, core/v1/types.go: PodCondition, ContainerStatus, ContainerState.
"""

from __future__ import annotations

from minikf.embedded.status import Object

_CONTAINER_LISTS = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
_TIMES = {"running": ("startedAt",), "terminated": ("startedAt", "finishedAt")}


def complete_status(status: Object) -> None:
    """Fills in zero values in place; a null stands for a moment that never was."""
    for condition in status.get("conditions") or ():
        condition.setdefault("lastProbeTime", None)
        condition.setdefault("lastTransitionTime", None)
    for name in _CONTAINER_LISTS:
        for container in status.get(name) or ():
            _complete_container(container)


def _complete_container(container: Object) -> None:
    for field, zero in (("ready", False), ("restartCount", 0), ("image", ""), ("imageID", "")):
        container.setdefault(field, zero)
    for field in ("state", "lastState"):
        state = container.setdefault(field, {})
        for name, times in _TIMES.items():
            for time in times:
                if name in state:
                    state[name].setdefault(time, None)
        if "terminated" in state:
            state["terminated"].setdefault("exitCode", 0)
