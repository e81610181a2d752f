"""Deletes objects and sees to it that they are gone, also where who should let them go is gone already."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus

from minikf.errors import NoProgress
from minikf.install.cluster import Cluster
from minikf.install.objects import Id
from minikf.kube.apply import Ref, Resource
from minikf.kube.apply.starting import passing
from minikf.kube.apply.survey import Seen
from minikf.kube.rest import refusal
from minikf.spec import Event

FINALIZERS_SECONDS = 15.0
"""How long an object of ours may wait for the one that put a finalizer on it, before the finalizer is taken away."""

_POLL_SECONDS, _POLL_MOST_SECONDS = 0.3, 2.0
_AT_ONCE = 8
_MERGE = "application/merge-patch+json"


@dataclass
class Removing:
    """`freed` are the objects whose finalizers were taken away."""

    cluster: Cluster
    patience: float
    freed: list[str] = field(default_factory=list)

    def remove(
        self, what: str, targets: Mapping[Id, tuple[str, Seen]], *, free: bool = True
    ) -> Generator[Event, None, None]:
        """Deletes all of `targets` (id to apiVersion and what was seen) and ends when none of them is there any more.

        With `free` those that hang on finalizers lose them after a while. Raises NoProgress that names what stays.
        """
        if not targets:
            return
        yield Event(what, "started", f"{len(targets)} to remove", objects_total=len(targets))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda one: self._delete(*one), targets.items()))
        left, moved = dict(targets), time.monotonic()
        freed = False
        while left:
            there = self.cluster.survey({(version, id[1]) for id, (version, _) in left.items()})
            still = {id: one for id, one in left.items() if id in there and there[id].uid == one[1].uid}
            if len(still) < len(left):
                left, moved = still, time.monotonic()
                done = len(targets) - len(left)
                yield Event(
                    what, "progress", f"{done} of {len(targets)} gone", objects_done=done, objects_total=len(targets)
                )
                continue
            waited = time.monotonic() - moved
            if free and not freed and waited > min(FINALIZERS_SECONDS, self.patience / 2):
                freed = True
                yield from self._free({id: (left[id][0], there[id]) for id in left})
            if waited > self.patience:
                raise self._stuck(there, left)
            time.sleep(min(_POLL_SECONDS + waited / 10, _POLL_MOST_SECONDS))
        yield Event(what, "done", f"{len(targets)} removed", objects_done=len(targets), objects_total=len(targets))

    def uncollect(self, roles: Mapping[Id, tuple[str, Seen]]) -> None:
        """Ends that the cluster's controller collects rules for these ClusterRoles: it would apply them, and so make a
        role anew that was deleted a moment ago. One that collects none stays as it is."""
        body = {"aggregationRule": None}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for _ in pool.map(lambda one: self._send("PATCH", one[0], one[1][0], body, _MERGE), roles.items()):
                pass

    def _delete(self, id: Id, target: tuple[str, Seen]) -> None:
        """Only the very object that was seen: one that was made since in its place is somebody else's."""
        version, seen = target
        body = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": seen.uid},
        }
        self._send("DELETE", id, version, body, "application/json")

    def _free(self, targets: Mapping[Id, tuple[str, Seen]]) -> Iterable[Event]:
        for id, (version, seen) in targets.items():
            if not seen.finalizers or id[:2] == ("", "Namespace"):
                continue
            ref = Ref(version, *id[1:])
            self.freed.append(f"{ref}: {', '.join(seen.finalizers)}")
            yield Event(
                str(ref), "progress", "nobody lets it go, so its finalizers are taken away", ", ".join(seen.finalizers)
            )
            patch = {"metadata": {"finalizers": None, "uid": seen.uid}}
            self._send("PATCH", id, version, patch, _MERGE)

    def _send(self, method: str, id: Id, version: str, body: object, kind: str) -> None:
        resource = self.cluster.discovery.find(version, id[1])
        if resource is None:
            return
        path, data = resource.path(Ref(version, *id[1:])), json.dumps(body).encode()
        end = time.monotonic() + self.patience
        while True:
            answer = self.cluster.insist(lambda: self.cluster.calls.send(method, path, data, {"Content-Type": kind}))
            if answer.ok or answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
                return  # gone, or another one by now
            # A webhook of somebody's that is down, an API that starts: the same as when installing.
            refused = refusal(path, answer)
            if time.monotonic() > end or not passing(self.cluster.calls, refused):
                raise refused
            time.sleep(max(answer.retry_after, _POLL_SECONDS))

    def _stuck(self, there: Mapping[Id, Seen], left: Mapping[Id, tuple[str, Seen]]) -> NoProgress:
        id, (version, _) = next(iter(left.items()))
        ref, holders = Ref(version, *id[1:]), there[id].finalizers
        cause = f"it waits for {', '.join(holders)}" if holders else "the cluster does not end deleting it"
        where = f" -n {id[2]}" if id[2] else ""
        return NoProgress(
            f"{ref} is still there {self.patience:.0f} s after it was deleted, and {len(left) - 1} others",
            cause=cause,
            advice=f"{self.cluster.kubectl} get {id[1].lower()}{where} {id[3]} -o yaml",
        )


def resource_of(cluster: Cluster, definition: str) -> Resource | None:
    """What the definition of that name (`plural.group`) makes the API serve."""
    plural, _, group = definition.partition(".")
    return _first(cluster, lambda one: one.plural == plural and one.api_version.rpartition("/")[0] == group)


def _first(cluster: Cluster, fits: Callable[[Resource], bool]) -> Resource | None:
    return next((one for one in cluster.discovery.all() if fits(one)), None)
