"""A namespace of a test's own: what is made in it, how far that is, and its end."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

from minikf.errors import NoProgress, WorkFailed
from minikf.kube.cluster.pods import ailing
from minikf.kube.creation import collection
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.smoke.nodes import controller_pods, names_of
from minikf.smoke.progress import Progress
from minikf.spec import Access, Event

LABEL = "minikf.dev/smoke-test"
LOOK_SECONDS = 0.3
END_SECONDS = 90.0
CACHE_SECONDS = 10.0
"""Webhooks read from a cache, which hears of an object after the API server has answered."""
_OLD_SECONDS = 3600.0  # no test lasts so long: who made it was killed

T = TypeVar("T")
Object = dict[str, Any]
Look = Callable[[], tuple[T | None, str]]
"""What is waited for, once it is there, and until then how far it is, in words."""


class Place:
    """Made by `made`. `image` is what pods run, with Python in it; `patience` the seconds without anything new after
    which a test is given up."""

    def __init__(self, access: Access, component: str, image: str, patience: float) -> None:
        self.client = RestClient(access)
        self.access = access
        self.component = component
        self.image = image
        self.patience = patience
        self.namespace = f"minikf-test-{component}-{secrets.token_hex(3)}"
        self.name = "smoke"
        self.selector = ""  # of the controller's pods
        self.fake: frozenset[str] = frozenset()  # nodes that run nothing

    @property
    def core(self) -> str:
        """The path of its namespaced core objects."""
        return f"/api/v1/namespaces/{self.namespace}"

    def make(self, objects: Sequence[Object]) -> None:
        """The namespace, then these objects in it, checked strictly. Raises ApiAnswer, Unreachable, Refused."""
        labels = {
            LABEL: self.component,
            # Katib's webhook adds its collector of metrics to pods of such namespaces only.
            "katib.kubeflow.org/metrics-collector-injection": "enabled",
        }
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace, "labels": labels}}
        self.client.call("POST", "/api/v1/namespaces", body)
        self.add(objects)

    def add(self, objects: Sequence[Object]) -> None:
        """Objects in the namespace. Raises as `make`."""
        served: dict[str, list[Object]] = {}
        for one in map(self._ours, objects):  # one after another: a TrainJob is refused before its runtime is there
            self._create(f"{collection(self.client, one, served)}?fieldValidation=Strict", one)

    def _create(self, path: str, one: Object) -> None:
        """Creates it; tried again for a moment where a webhook does not know yet of what was created just before."""
        deadline = time.monotonic() + CACHE_SECONDS
        while True:
            try:
                self.client.call("POST", path, one)
                return
            except ApiAnswer as answer:
                is_early = "denied the request" in answer.message and "not found" in answer.message
                if not is_early or time.monotonic() > deadline:
                    raise
            time.sleep(LOOK_SECONDS)

    def _ours(self, one: Object) -> Object:
        labels = {**(one["metadata"].get("labels") or {}), LABEL: self.component}
        return {**one, "metadata": {**one["metadata"], "namespace": self.namespace, "labels": labels}}

    def pods(self) -> list[Object]:
        return list(self.client.get(f"{self.core}/pods")["items"])

    def log(self, pod: str) -> str:
        """All that a pod's only container has printed."""
        reply = self.client.request("GET", f"{self.core}/pods/{quote(pod, safe='')}/log")
        return reply.body.decode(errors="replace") if reply.ok else ""

    def until(self, what: str, look: Look[T]) -> Generator[Event, None, T]:
        """What `look` finds. Raises NoProgress naming what blocks when nothing new was seen for `patience` seconds, and
        what `look` raises."""
        progress, told = Progress(self.patience), ""
        while True:
            found, state = look()
            if found is not None:
                return found
            pods, events = self.pods(), self._events()
            if on := names_of(pods) & self.fake:
                raise self.failed(f"{what} waits for pods that run nothing", f"they are on {', '.join(sorted(on))}")
            progress.see(state, pods, events)
            if state != told:
                told = state
                yield Event(f"{self.namespace}/{self.name}", "progress", f"{what}: {state}")
            if progress.stalled:
                raise NoProgress(
                    f"{what} in {self.namespace} makes no progress: nothing new for {progress.allowed:.0f} s",
                    cause=self._blocking(pods, events) or state,
                    advice=f"minikf test {self.component} --patience {2 * int(progress.allowed)}",
                )
            time.sleep(LOOK_SECONDS)

    def object(self, path: str, judge: Callable[[Object], tuple[bool, str]]) -> Look[Object]:
        """A look at an object: the object once `judge` calls it done, else the state that it tells."""

        def look() -> tuple[Object | None, str]:
            found = self.client.get(path)
            done, state = judge(found)
            return (found if done else None), state

        return look

    def failed(self, message: str, cause: str) -> WorkFailed:
        return WorkFailed(message, cause=cause, advice=f"minikf test {self.component}")

    def remove(self) -> None:
        """Removes the namespace with all in it, and returns when it is gone. Raises NoProgress with what keeps it.

        No generator: it has to work also where nobody asks for the next event any more.
        """
        path = f"/api/v1/namespaces/{self.namespace}"
        if self.client.request("DELETE", path).status == HTTPStatus.NOT_FOUND:
            return
        deadline = time.monotonic() + END_SECONDS
        while (reply := self.client.request("GET", path)).status != HTTPStatus.NOT_FOUND:
            if time.monotonic() > deadline:
                raise NoProgress(
                    f"namespace {self.namespace} of a test does not go",
                    cause=_kept_by(reply.body),
                    advice=f"kubectl get all -n {self.namespace}",
                )
            time.sleep(LOOK_SECONDS)

    def _events(self) -> list[Object]:
        try:
            return list(self.client.get(f"{self.core}/events").get("items") or [])
        except ApiAnswer:
            return []

    def _blocking(self, pods: list[Object], events: list[Object]) -> str:
        """The pod that waits, else the controller's that is not well, else the last warning."""
        if found := ailing(pods, events) or ailing(controller_pods(self.client, self.selector), ()):
            return str(found[0])
        warnings = [event for event in events if event.get("type") == "Warning"]
        if not warnings:
            return ""
        about = warnings[-1].get("involvedObject") or {}
        return f"{about.get('kind')} {about.get('name')}: {warnings[-1].get('reason')}: {warnings[-1].get('message')}"


def sweep(client: RestClient) -> Iterator[Event]:
    """Removes the namespaces of tests that were killed, without waiting for their end. Raises Unreachable."""
    for one in client.get(f"/api/v1/namespaces?labelSelector={quote(LABEL, safe='')}").get("items") or []:
        name = one["metadata"]["name"]
        if _age(one) > _OLD_SECONDS and client.request("DELETE", f"/api/v1/namespaces/{name}").ok:
            yield Event(name, "progress", "left by a test that was killed; it is removed")


def _age(one: Object) -> float:
    from datetime import UTC, datetime

    return (datetime.now(UTC) - datetime.fromisoformat(one["metadata"]["creationTimestamp"])).total_seconds()


def _kept_by(body: bytes) -> str:
    """What the API server says of a namespace that ends."""
    import json

    conditions = (json.loads(body).get("status") or {}).get("conditions") or []
    told = [str(one.get("message")) for one in conditions if one.get("status") == "True"]
    return "; ".join(told) or "the API server does not say why"
