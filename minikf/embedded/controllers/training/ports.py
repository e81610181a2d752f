"""A port on loopback for each replica, chosen once and remembered in an annotation of the job's pods."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import orjson

from minikf.embedded.controllers.training.framework import Framework, Ports, Replica
from minikf.embedded.controllers.training.spec import JobSpec
from minikf.embedded.controllers.trainjob.ports import free_port
from minikf.embedded.kinds import POD
from minikf.embedded.status import Object

if TYPE_CHECKING:
    from minikf.embedded.objects import Objects

# Below the ports of TrainJobs and of services, and of outgoing connections (see those of TrainJobs).
FIRST_PORT, LAST_PORT = 15_000, 19_999
ANNOTATION = "minikf/ports"  # on pods
OPERATOR_LABEL = "training.kubeflow.org/operator-name"
_ENDED = ("Succeeded", "Failed")


class PortBook:
    """One for all frameworks. Ports of jobs whose pods are yet to be made are known here alone."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._chosen: dict[str, dict[str, int]] = {}  # by uid of the job

    def ports(self, framework: Framework, job: JobSpec, uid: str, pods: Iterable[Object]) -> Ports:
        """The port of every replica, those of its `pods` as they were told; {} for a framework without ports.

        Raises OSError when none is free.
        """
        if not framework.port_name:
            return {}
        wanted = [
            Replica(type_, index).key
            for type_, one in job.sets.items()
            # One at least: others may be told where the first of a type is.
            for index in range(max(1, one.replicas))
        ]
        chosen = self._chosen.setdefault(uid, {})
        for pod in pods:
            chosen.update(_told(pod))
        missing = [key for key in wanted if key not in chosen]
        if missing:
            taken = self._taken()
            for key in missing:
                chosen[key] = free_port(taken, FIRST_PORT, LAST_PORT, f"{framework.kind.kind} {job.name}")
                taken.add(chosen[key])
        return dict(chosen)

    def forget(self, uid: str) -> None:
        """The job is over or gone."""
        self._chosen.pop(uid, None)

    def _taken(self) -> set[int]:
        """Also those whose processes have yet to begin to listen."""
        told = {
            port
            for entry in self._objects.list(POD)
            if OPERATOR_LABEL in entry.labels and (entry.obj.get("status") or {}).get("phase") not in _ENDED
            for port in _told(entry.obj).values()
        }
        return told | {port for chosen in self._chosen.values() for port in chosen.values()}


def _told(pod: Object) -> dict[str, int]:
    """The ports of its job's replicas by what the pod was made with; {} where somebody has changed that."""
    text = (pod["metadata"].get("annotations") or {}).get(ANNOTATION)
    if not text:
        return {}
    try:
        found = orjson.loads(text)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: port for key, port in found.items() if isinstance(port, int) and FIRST_PORT <= port <= LAST_PORT}
