"""The pods of a job by the replica that they are, and what each means for it; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from minikf.embedded.controllers.training.framework import Framework, Replica
from minikf.embedded.controllers.training.pods import exit_code, replica_of, restarts_in_place
from minikf.embedded.controllers.training.spec import JobSpec
from minikf.embedded.pods.state import STOPPED
from minikf.embedded.status import Object


@dataclass(frozen=True)
class Counts:
    """Pods of one type. `failed` ones ended the job or are to be replaced, `lost` are those that fail it."""

    active: int = 0
    succeeded: int = 0
    failed: int = 0
    lost: int = 0


@dataclass(frozen=True)
class PodSet:
    """`current` has one pod for each replica that has one, also where it is being deleted.

    `again` pods failed and are to be replaced; `stopped` ones were ended by `minikf stop`, which is no failure.
    A pod that somebody deletes while it runs is neither; it is made anew when it is gone. (The operator counts it as
    failed, since on a cluster it may be on a node that vanished.)
    """

    current: Mapping[Replica, Object]
    surplus: tuple[Object, ...] = ()
    again: tuple[tuple[Replica, Object], ...] = ()
    stopped: tuple[Object, ...] = ()
    lost: tuple[tuple[Replica, Object], ...] = ()
    counts: Mapping[str, Counts] = field(default_factory=dict)

    @classmethod
    def of(cls, framework: Framework, spec: JobSpec, pods: Iterable[Object]) -> PodSet:
        current: dict[Replica, Object] = {}
        surplus, again, stopped, lost = [], [], [], []
        for pod in pods:
            replica = replica_of(framework, pod)
            if replica is None or replica.index >= spec.count(replica.type):
                surplus.append(pod)
                continue
            current[replica] = pod
            if not is_ending(pod) and phase(pod) == "Failed":
                if pod["status"].get("reason") == STOPPED:
                    stopped.append(pod)
                elif spec.sets[replica.type].starts_again(exit_code(framework, pod)):
                    again.append((replica, pod))
                else:
                    lost.append((replica, pod))
        failed = [replica.type for replica, _ in (*again, *lost)]
        counts = {
            type_: Counts(
                active=_count(current, type_, "Running"),
                succeeded=_count(current, type_, "Succeeded"),
                failed=failed.count(type_),
                lost=sum(replica.type == type_ for replica, _ in lost),
            )
            for type_ in spec.sets
        }
        return cls(current, tuple(surplus), tuple(again), tuple(stopped), tuple(lost), counts)

    @property
    def all(self) -> tuple[Object, ...]:
        return (*self.current.values(), *self.surplus)

    @property
    def unfinished(self) -> tuple[Object, ...]:
        """Pods that run or will run."""
        return tuple(pod for pod in self.all if phase(pod) not in ("Succeeded", "Failed"))

    @property
    def restarts(self) -> int:
        """How often containers of running pods were started again, where the restart policy says so."""
        return restarts_in_place(pod for pod in self.current.values() if pod.get("status", {}).get("phase"))

    def missing(self, spec: JobSpec) -> tuple[Replica, ...]:
        every = (Replica(type_, index) for type_, one in spec.sets.items() for index in range(one.replicas))
        return tuple(replica for replica in every if replica not in self.current)


def phase(pod: Object) -> str:
    return str((pod.get("status") or {}).get("phase") or "Pending")


def is_ending(pod: Object) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def _count(current: Mapping[Replica, Object], type_: str, wanted: str) -> int:
    return sum(
        replica.type == type_ and phase(pod) == wanted and not (wanted == "Running" and is_ending(pod))
        for replica, pod in current.items()
    )
