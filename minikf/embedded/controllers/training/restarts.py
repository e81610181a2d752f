"""How many failed pods of a job were replaced: the one thing that its pods cannot tell. Annotations of the job.

They are written before the pods are deleted, so a kill of the daemon loses no count, and name the pods, so it doubles
none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from minikf.embedded.status import Object

_COUNT, _LAST = "minikf/restarts", "minikf/replaced"


@dataclass(frozen=True)
class Restarts:
    """`last` are the uids of those pods that were counted last, which may still be there."""

    count: int = 0
    last: frozenset[str] = frozenset()

    @classmethod
    def of(cls, job: Object) -> Restarts:
        annotations = job["metadata"].get("annotations") or {}
        count = annotations.get(_COUNT, "")
        return cls(int(count) if count.isdecimal() else 0, frozenset(annotations.get(_LAST, "").split(",")))

    def lacks(self, pods: Sequence[Object]) -> list[Object]:
        """Those of the pods that are yet to be counted."""
        return [pod for pod in pods if pod["metadata"]["uid"] not in self.last]


def count_in(job: Object, pods: Sequence[Object]) -> None:
    """Counts pods that are about to be replaced, in place."""
    before = Restarts.of(job)
    annotations = job["metadata"].setdefault("annotations", {})
    annotations[_COUNT] = str(before.count + len(before.lacks(pods)))
    annotations[_LAST] = ",".join(sorted(pod["metadata"]["uid"] for pod in pods))
