"""How many pods a running Job should have, and which ones to add or end; pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from minikf.embedded.controllers.job.podset import PodSet, completion_index, is_ready
from minikf.embedded.controllers.job.spec import JobSpec
from minikf.embedded.status import Object

# A pod that failed is replaced after this pause, which doubles: figures of kube-controller-manager, seconds.
FAILURE_PAUSE = 10.0
LONGEST_FAILURE_PAUSE = 600.0
# So many pods at most are made in one pass, as upstream.
MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Staffing:
    """`create` holds a completion index for each pod to make (None without indexes), `delete` pods to end.

    `wait` is for how many seconds a replacement is put off.
    """

    create: tuple[int | None, ...] = ()
    delete: tuple[Object, ...] = ()
    wait: float | None = None


def staff(
    spec: JobSpec,
    pods: PodSet,
    *,
    done: set[int],
    succeeded: int,
    since_end: Callable[[Object], float],
    pause: float = FAILURE_PAUSE,
) -> Staffing:
    """What is to change about the pods of a Job that goes on.

    `done` are the indexes that succeeded, `since_end` tells how many seconds ago a pod ended.
    """
    if spec.suspended:
        return Staffing(delete=pods.active)
    wanted = _wanted(spec, pods, succeeded)
    surplus = _duplicates(spec, pods, done)
    rest = [pod for pod in pods.active if pod not in surplus]
    too_many = len(rest) - wanted
    if too_many > 0:
        # Pods that are not ready yet go first, then the youngest.
        rest.sort(key=lambda pod: pod["metadata"]["creationTimestamp"], reverse=True)
        rest.sort(key=is_ready)
        surplus += rest[:too_many]
    if surplus:
        return Staffing(delete=tuple(surplus))
    missing = wanted - len(pods.active) - (len(pods.terminating) if spec.replaces_only_ended_pods else 0)
    if missing <= 0:
        return Staffing()
    wait = _seconds_to_wait(pods, since_end, pause)
    if wait > 0:
        return Staffing(wait=wait)
    return Staffing(create=_places(spec, pods, done, min(missing, MOST_AT_ONCE)))


def _wanted(spec: JobSpec, pods: PodSet, succeeded: int) -> int:
    if spec.completions is None:
        return len(pods.active) if succeeded else spec.parallelism
    return max(0, min(spec.completions - succeeded, spec.parallelism))


def _duplicates(spec: JobSpec, pods: PodSet, done: set[int]) -> list[Object]:
    """Active pods of an Indexed Job whose index is done, out of range or held by an older pod."""
    if not spec.indexed:
        return []
    surplus, held = [], set(done)
    for pod in sorted(pods.active, key=lambda pod: pod["metadata"]["creationTimestamp"]):
        index = completion_index(pod)
        if index is None or index in held or index >= (spec.completions or 0):
            surplus.append(pod)
        else:
            held.add(index)
    return surplus


def _places(spec: JobSpec, pods: PodSet, done: set[int], missing: int) -> tuple[int | None, ...]:
    if not spec.indexed:
        return (None,) * missing
    busy = pods.active + (pods.terminating if spec.replaces_only_ended_pods else ())
    taken = done | {index for pod in busy if (index := completion_index(pod)) is not None}
    free = (index for index in range(spec.completions or 0) if index not in taken)
    return tuple(index for index, _ in zip(free, range(missing), strict=False))


def _seconds_to_wait(pods: PodSet, since_end: Callable[[Object], float], pause: float) -> float:
    failures, passed = pods.failures_in_a_row(since_end)
    if not failures:
        return 0.0
    return min(LONGEST_FAILURE_PAUSE, pause * 2.0 ** min(failures - 1, 20)) - passed
