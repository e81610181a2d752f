"""Applies what is free, frees what waited for it, and waits for what was applied; one thread decides."""

from __future__ import annotations

import heapq
import queue
import time
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from minikf.errors import NoProgress, WorkFailed
from minikf.install import definitions
from minikf.install.causes import Causes
from minikf.install.cluster import Cluster
from minikf.install.giving_up import blocker
from minikf.install.graph import Graph, Node
from minikf.install.messages import Answers, Body, Broken, Message, Served, Tried
from minikf.install.objects import Id
from minikf.install.observers import Observers
from minikf.install.progress import Progress, urgency
from minikf.install.webhooks import Service
from minikf.install.workers import WORKERS, Poller, Workers
from minikf.kube.apply import Applied, Fatal, Transient
from minikf.kube.ready import State, Verdict, verdict
from minikf.spec import Event

TELL_SECONDS = 0.25
NO_IMAGE_SECONDS = 180.0
"""Where nothing is missing but images that cannot be had. A node has then tried five times (kubelet of Kubernetes 1.34:
after 10 s, and each time twice as long)."""

RELIST_SECONDS = 15.0
"""Without progress for so long, what is watched is looked at anew: the watch itself may be what is stuck."""

_AGAIN_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)


@dataclass
class Loop:
    """One installation's work. `wrote` is called with each object that is applied, before what waits for it is;
    `judge` says of an object that is waited for whether it is ready."""

    cluster: Cluster
    graph: Graph
    progress: Progress
    wrote: Callable[[Node, Applied], None]
    awaited: dict[Id, str]
    patience: float
    workers: int = WORKERS
    judge: Callable[[dict[str, Any]], Verdict] = verdict
    inbox: queue.SimpleQueue[Message] = field(default_factory=queue.SimpleQueue)
    warnings: list[str] = field(default_factory=list)
    bodies: dict[Id, dict[str, Any]] = field(default_factory=dict)
    generations: dict[Id, int] = field(default_factory=dict)
    _later: list[tuple[float, int, Node]] = field(default_factory=list)
    _tries: dict[Id, int] = field(default_factory=dict)
    _order: Any = field(default_factory=count)
    _services: dict[Service, bool] = field(default_factory=dict)
    _told: dict[str, str] = field(default_factory=dict)
    _finished: set[str] = field(default_factory=set)
    _best: dict[str, int] = field(default_factory=dict)
    _moved: float = 0.0
    _relisted: float = 0.0

    def run(self) -> Generator[Event, None, None]:
        """Ends when all is applied and ready. Raises Fatal, WorkFailed, NoProgress, Unreachable, and as `wrote`."""
        discovery, access = self.cluster.discovery, self.cluster.access
        self._sender = Workers(self.cluster, self.inbox.put, self.workers)
        self._poller = Poller(discovery, self.inbox.put)
        self._observers = Observers(access, discovery, self.inbox.put, self.cluster.namespaces)
        self._causes = Causes(access)
        self._servers = frozenset().union(*self.graph.behind.values())
        self._moved = self._relisted = time.monotonic()
        for id in self.awaited:
            self.progress.verdicts[id] = Verdict(State.PROGRESSING, "it is not there yet")
        try:
            self._poller.start()
            self._free(self.progress.free())
            self._see_served()
            yield from self._until_done()
        finally:
            self._sender.end()
            self._poller.end()
            self._observers.end()

    def _until_done(self) -> Generator[Event, None, None]:
        told = 0.0
        while True:
            self._observe()
            self._take()
            self._try_again()
            now = time.monotonic()
            over = self.progress.over
            if over or now - told > TELL_SECONDS:
                told = now
                self._look()
                yield from self._news()
            if over:
                return
            if now - self._moved > self._allowed():
                yield from self._give_up(now - self._moved)

    def _allowed(self) -> float:
        return min(self.patience, NO_IMAGE_SECONDS) if self._causes.no_image else self.patience

    def _observe(self) -> None:
        """Watches and questions, as far as anybody waits for what they tell."""
        if self.progress.awaits("answering"):
            self._observers.services()
        # An API server that has come back shows its kinds one after another: also one that was served may be missing.
        waiting = bool(self.progress.unserved()) or any(
            self.cluster.discovery.find(node.item.api_version, node.item.kind) is None
            for node in (self.graph.nodes[id] for id in self.progress.troubles)
        )
        for id in self.progress.unready():
            waiting |= not self._observers.bodies(self.awaited[id], id[1])
        (self._poller.wanted.set if waiting else self._poller.wanted.clear)()

    def _take(self) -> None:
        """What the threads have told, for at most a moment."""
        timeout = min(TELL_SECONDS, max(0.0, self._later[0][0] - time.monotonic()) if self._later else TELL_SECONDS)
        try:
            self._handle(self.inbox.get(timeout=timeout))
            while True:
                self._handle(self.inbox.get_nowait())
        except queue.Empty:
            return

    def _handle(self, message: Message) -> None:
        match message:
            case Tried(node, found):
                self._tried(node, found)
            case Served():
                self._see_served()
            case Answers(service, ready):
                self._services[service] = ready
                if ready:
                    self._free(self.progress.open(("answering", service)))
            case Body(body, gone):
                self._see(body, gone)
            case Broken(error):
                raise error

    def _tried(self, node: Node, found: Applied | Transient | Fatal) -> None:
        id = node.item.id
        if isinstance(found, Fatal):
            raise found
        if isinstance(found, Transient):
            self.progress.retried += 1
            self.progress.troubles[id] = found.cause
            tries = self._tries[id] = self._tries.get(id, -1) + 1
            wait = max(found.after, _AGAIN_SECONDS[min(tries, len(_AGAIN_SECONDS) - 1)])
            heapq.heappush(self._later, (time.monotonic() + wait, next(self._order), node))
            return
        self.wrote(node, found)
        self.generations[id] = found.generation
        self.warnings += (f"{node.item.ref}: {text}" for text in found.warnings)
        if id in self.bodies:  # what was seen of it may be from before
            self._judge(id)
        self._free(self.progress.done(id))

    def _free(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            self._sender.send(node, urgency(node, self._servers))

    def _try_again(self) -> None:
        while self._later and self._later[0][0] <= time.monotonic():
            node = heapq.heappop(self._later)[-1]
            self._sender.send(node, urgency(node, self._servers))

    def _see_served(self) -> None:
        # By plural, as a definition is named: two of one group may want the same kind, and only one gets it.
        served = {f"{one.plural}.{one.api_version.rpartition('/')[0]}" for one in self.cluster.discovery.all()}
        for id in self.graph.defines:
            if id[3] in served:
                self._free(self.progress.open(("served", id)))

    def _see(self, body: dict[str, Any], gone: bool) -> None:
        metadata, version = body["metadata"], str(body["apiVersion"])
        group = version.rpartition("/")[0]
        id = (group, str(body["kind"]), str(metadata.get("namespace") or ""), str(metadata["name"]))
        if id not in self.awaited:
            return
        if gone:
            self.bodies.pop(id, None)
            self.progress.verdicts[id] = Verdict(State.PROGRESSING, "it was deleted")
            return
        self.bodies[id] = body
        self._judge(id)

    def _judge(self, id: Id) -> None:
        body = self.bodies[id]
        if int(body["metadata"].get("generation") or 0) < self.generations.get(id, 0) or (
            id in self.progress.todo and id not in self.progress.applied and id not in self.generations
        ):
            self.progress.verdicts[id] = Verdict(State.PROGRESSING, "it is from before this installation")
            return
        self.progress.verdicts[id] = self.judge(body)
        if self.progress.verdicts[id].state == State.FAILED:
            ref = self.graph.nodes[id].item.ref if id in self.graph.nodes else id
            look = f"describe {id[1].lower()}{f' -n {id[2]}' if id[2] else ''} {id[3]}"
            raise WorkFailed(
                f"{ref} has failed", cause=self.progress.verdicts[id].cause, advice=f"{self.cluster.kubectl} {look}"
            )

    def _look(self) -> None:
        """Whether anything is further than it ever was, and why not."""
        counts = self.progress.counts() | {f"pods {key}": n for key, n in self._causes.stages.items()}
        further = {key: n for key, n in counts.items() if n > self._best.get(key, 0)}
        self._best |= further
        if further:
            self._moved = self._relisted = time.monotonic()
        if time.monotonic() - self._relisted > RELIST_SECONDS:
            self._relisted = time.monotonic()
            self._observers.again()
        if time.monotonic() - self._moved > TELL_SECONDS * 4:
            looked = self._causes.look({id: self.bodies[id] for id in self.progress.unready() if id in self.bodies})
            if looked:
                self._refuse_hopeless()

    def _refuse_hopeless(self) -> None:
        """Raises Fatal for a definition that the API server will never serve as it is."""
        for id in self.progress.unserved():
            if id in self.progress.applied:
                found = definitions.look(self.cluster, id)
                if found.state == State.FAILED:
                    raise Fatal(
                        f"CustomResourceDefinition {id[3]} will not be served",
                        cause=found.cause,
                        advice=f"{self.cluster.kubectl} describe crd {id[3]}",
                    )

    def _news(self) -> Iterable[Event]:
        """What has not been told yet."""
        progress, total = self.progress, len(self.progress.todo)
        for text in self.warnings:
            yield from self._once(f"warning {text}", Event("warning", "progress", text))
        self.warnings.clear()
        if total:
            state = "progress" if progress.left else "done"
            trouble = next(iter(progress.troubles.items()), None)
            cause = f"{self.graph.nodes[trouble[0]].item.ref}: {trouble[1]}" if trouble else ""
            text = f"{len(progress.applied)} of {total} applied"
            yield from self._once(
                "objects",
                Event("objects", state, text, cause, objects_done=len(progress.applied), objects_total=total),
            )
        ready = len(progress.verdicts) - len(progress.unready())
        if progress.verdicts:
            state = "done" if progress.over else "progress"
            text = f"{ready} of {len(progress.verdicts)} ready"
            yield from self._once(
                "ready", Event("ready", state, text, objects_done=ready, objects_total=len(progress.verdicts))
            )
        for ailment in self._causes.pods.values():
            name = f"pod {ailment.namespace}/{ailment.name}"
            # Once a state: some alternate, as ErrImagePull and ImagePullBackOff do.
            yield from self._once(f"{name} {ailment.state}", Event(name, "progress", ailment.state, ailment.cause))
        for part in self.graph.parts:
            ids = [item.id for item in part.objects]
            if part.component not in self._finished and progress.finished(ids):
                self._finished.add(part.component)
                yield Event(
                    f"component {part.component}",
                    "done",
                    f"{len(ids)} objects",
                    objects_done=len(ids),
                    objects_total=len(ids),
                )

    def _once(self, key: str, event: Event) -> Iterable[Event]:
        text = f"{event.state} {event.message} {event.cause}"
        if self._told.get(key) != text:
            self._told[key] = text
            yield event

    def _give_up(self, still: float) -> Generator[Event, None, None]:
        found = blocker(self.cluster, self.graph, self.progress, self._causes)
        pods = {f"pod {one.namespace}/{one.name}": one for one in self._causes.pods.values()}
        for name, ailment in pods.items():
            text = f"{ailment.state}: {ailment.cause}" if ailment.cause else ailment.state
            yield Event(name, "failed", text, cause=ailment.cause)
        others = len(pods.keys() - {found.what})
        more = f", and {others} other pods wait" if others > 1 else ", and another pod waits" if others else ""
        message = f"nothing got any further for {still:.0f} s: {found.what}{more}"
        if found.what not in pods:
            yield Event(found.what, "failed", message, cause=found.cause)
        raise NoProgress(message, cause=found.cause, advice=found.advice)
