"""Waiting until a new cluster is well: its nodes are ready, its DNS answers and claims find a storage class."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any

from minikf.errors import MinikfError, NoProgress, Unreachable
from minikf.kube.cluster import sight
from minikf.kube.cluster.pods import Ailment, condition
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.spec import Access, Event

PATIENCE_SECONDS = 180.0
# An API that starts refuses for moments what it allows when its roles are made; longer than this it means it.
REFUSED_SECONDS = 15.0
POLL_SECONDS = 0.08
# Pods are looked at for what they tell only, and the more seldom the longer it takes.
PODS_SECONDS = 1.0
_CALL_SECONDS = 5.0


@dataclass
class _Wait:
    """What is known so far."""

    best: dict[str, int] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    pods: list[dict[str, Any]] = field(default_factory=list)
    ailing: list[Ailment] = field(default_factory=list)
    pods_seen: float = 0.0

    def better(self, counts: dict[str, int]) -> bool:
        """Whether something is further than it ever was: a pod that starts over and over gets no further."""
        further = {key: count for key, count in counts.items() if count > self.best.get(key, 0)}
        self.best |= further
        return bool(further)


@dataclass(frozen=True)
class _Part:
    """One thing that has to be well. `blocker` names the object that it waits for and says why."""

    what: str
    well: bool
    message: str
    done: int
    total: int
    blocker: str = ""
    look: str = ""


def wait(
    access: Access, *, nodes: int = 1, patience: float = PATIENCE_SECONDS, since: datetime | None = None
) -> Generator[Event, None, None]:
    """Ends when `nodes` nodes and all others are ready, DNS is available and a default storage class exists.

    `since`: when a stopped cluster was started. What it says of itself at first is from before, and does not count.
    `patience` is how long nothing may get any further, in seconds. Raises NoProgress that names the blocking object
    and its cause, or the API's own refusal; never ends well on a cluster that is not.
    """
    client, known = RestClient(access, _CALL_SECONDS), _Wait()
    begun = moved = time.monotonic()
    while True:
        failure: MinikfError | None = None
        try:
            parts = list(_parts(client, known, nodes, since))
        except (ApiAnswer, Unreachable) as error:
            failure, parts = error, [_Part("cluster", False, error.message, 0, 0, f"{error.message}: {error.cause}")]
        if known.better({f"{part.what} {key}": n for part in parts for key, n in _counts(part).items()}) or (
            known.better(_stages(known.pods))
        ):
            moved = time.monotonic()
        yield from _news(parts, known)
        if all(part.well for part in parts):
            return
        still = time.monotonic() - moved
        if still > (REFUSED_SECONDS if _refused(failure) else patience):
            yield from _given_up(access, parts, failure, still)
        time.sleep(POLL_SECONDS if time.monotonic() - begun < 30 else 4 * POLL_SECONDS)


def _parts(client: RestClient, known: _Wait, nodes: int, since: datetime | None) -> Iterator[_Part]:
    found = sight.nodes(client)
    dns = sight.dns(client)
    if since is not None:
        found, dns = _of_now(client, found, dns, since)
    storage = sight.default_storage_class(client)
    if not (dns and dns.available) and time.monotonic() - known.pods_seen > PODS_SECONDS:
        known.pods, known.pods_seen = sight.system_pods(client), time.monotonic()
        known.ailing = sight.ailments(client, [pod for pod in known.pods if _is_dns(pod)])
    yield _nodes(found, nodes)
    yield _dns(dns, known.ailing)
    missing = "" if storage else "no storage class has the annotation that makes it the default one"
    yield _Part("storage", bool(storage), storage or "no default class yet", int(bool(storage)), 1, missing, "get sc")


def _of_now(
    client: RestClient, nodes: list[sight.Node], dns: sight.Dns | None, since: datetime
) -> tuple[list[sight.Node], sight.Dns | None]:
    """Nodes and DNS with what is told from before `since` taken for nothing."""
    reported = sight.reported_since(client, since)
    stale = "its kubelet has not reported since it was started"
    nodes = [node if node.name in reported else replace(node, ready=False, cause=stale) for node in nodes]
    if dns is not None and dns.available and not sight.dns_started_since(client, since):
        dns = replace(dns, available=False, ready=0, cause="its pods have not been started again yet")
    return nodes, dns


def _nodes(found: list[sight.Node], expected: int) -> _Part:
    total = max(expected, len(found))
    ready = [node for node in found if node.ready]
    waiting = [f"node {node.name}: {node.cause}" for node in found if not node.ready]
    if len(found) < expected:
        waiting.append(f"{expected - len(found)} of {expected} nodes have not joined")
    message = f"{len(ready)} of {total} ready"
    return _Part("nodes", not waiting, message, len(ready), total, "; ".join(waiting), "describe nodes")


def _dns(dns: sight.Dns | None, ailing: list[Ailment]) -> _Part:
    if dns is None:
        return _Part("dns", False, "not there yet", 0, 1, f"{sight.SYSTEM} has no deployment {sight.DNS_LABEL}")
    message = f"{dns.name}: {dns.ready} of {dns.replicas} ready"
    look = f"-n {sight.SYSTEM} describe deployment {dns.name}"
    blocker = ""
    if not dns.available:
        blocker = f"deployment {sight.SYSTEM}/{dns.name}: {dns.cause or 'it is not available'}"
        if ailing:
            blocker, look = str(ailing[0]), f"-n {ailing[0].namespace} describe pod {ailing[0].name}"
    return _Part("dns", dns.available, message, dns.ready, dns.replicas, blocker, look)


def _is_dns(pod: dict[str, Any]) -> bool:
    name, _, value = sight.DNS_LABEL.partition("=")
    return (pod["metadata"].get("labels") or {}).get(name) == value


def _counts(part: _Part) -> dict[str, int]:
    return {"done": part.done, "well": int(part.well), "there": int(part.total > 0)}


def _stages(pods: list[dict[str, Any]]) -> dict[str, int]:
    """How many pods that live have come how far."""
    living = [pod.get("status", {}) for pod in pods if pod.get("status", {}).get("phase") in ("Pending", "Running")]
    kinds = ("PodScheduled", "PodReadyToStartContainers", "Initialized", "ContainersReady")
    return {
        "pods": len(living),
        **{kind: sum(condition(status, kind).get("status") == "True" for status in living) for kind in kinds},
    }


def _news(parts: list[_Part], known: _Wait) -> Iterator[Event]:
    """What was not told yet: a part that is further, or what it waits for."""
    for part in parts:
        state = "done" if part.well else "progress"
        for text in dict.fromkeys((part.message, part.blocker if "pod " in part.blocker else "")):
            key = f"{part.what} {state} {text}"
            if text and key not in known.told:
                known.told.add(key)
                yield Event(part.what, state, text, objects_done=part.done, objects_total=part.total)


def _refused(failure: MinikfError | None) -> bool:
    return isinstance(failure, ApiAnswer) and failure.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def _given_up(access: Access, parts: list[_Part], failure: MinikfError | None, still: float) -> Iterator[Event]:
    part = next(part for part in parts if not part.well)
    blocker, _, cause = part.blocker.partition(": ")
    message = f"{part.what} got no further for {still:.0f} s: {blocker}"
    yield Event(part.what, "failed", message, cause=cause or blocker, objects_done=part.done, objects_total=part.total)
    if _refused(failure) and failure is not None:
        raise failure
    kubectl = f"kubectl --kubeconfig '{access.kubeconfig}'"
    advice = f"{kubectl} {part.look}" if part.look else f"{kubectl} get pods -A"
    raise NoProgress(message, cause=cause or blocker, advice=advice) from failure
