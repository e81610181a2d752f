"""The threads that send objects, and the one that asks which kinds are served."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from itertools import count

from minikf.errors import MinikfError, Unreachable
from minikf.install.cluster import Cluster
from minikf.install.graph import Node
from minikf.install.look import CRD
from minikf.install.messages import Broken, Message, Served, Tried
from minikf.install.objects import Item
from minikf.install.yielding import without
from minikf.kube.apply import Applied, Conflict, Denied, Discovery, NoAnswer, Resource, Transient, Verdict, apply
from minikf.kube.apply.starting import starting
from minikf.kube.rest import ApiAnswer

WORKERS = 4
"""Calls at once, for definitions and for all else apart: a definition occupies the API server for a tenth of a second
and more, and what is quick would stand in line behind them. The record 0026 has what was measured."""

DENIED_SECONDS = 120.0
"""For so long after something was allowed, a refusal may come from an API server that starts: one that never says that
it is ready has to be believed in the end."""

POLL_SECONDS = 0.25
_END_SECONDS = 5.0

_Tell = Callable[[Message], None]
_Queue = queue.PriorityQueue[tuple[int, int, int, Node | None]]


class Workers:
    """Send objects, the most urgent first."""

    def __init__(self, cluster: Cluster, tell: _Tell, number: int = WORKERS) -> None:
        self._calls, self._discovery, self._kubectl = cluster.calls, cluster.discovery, cluster.kubectl
        self._manager, self._tell = cluster.manager, tell
        self._definitions, self._others = _Queue(), _Queue()
        self._order, self._number = count(), number
        self._allowed = time.monotonic()
        lines = (self._definitions, self._others) * number
        self._threads = [threading.Thread(target=self._run, args=(line,), name="apply", daemon=True) for line in lines]
        for thread in self._threads:
            thread.start()

    def send(self, node: Node, urgency: tuple[int, int]) -> None:
        """The lower, the more urgent."""
        line = self._definitions if node.item.kind == CRD else self._others
        line.put((*urgency, next(self._order), node))

    def end(self) -> None:
        """Nothing more is begun; what is on its way comes to its end, for which it waits some seconds at most."""
        for line in (self._definitions, self._others) * self._number:
            line.put((-1, 0, next(self._order), None))
        end = time.monotonic() + _END_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _run(self, line: _Queue) -> None:
        while (node := line.get()[-1]) is not None:
            try:
                self._tell(Tried(node, self._try(node)))
            except MinikfError as error:
                self._tell(Broken(error))

    def _try(self, node: Node) -> Verdict:
        item = node.item
        resource = self._discovery.find(item.api_version, item.kind)
        if resource is None:
            return Transient(f"{item.kind} of {item.api_version} is not served")
        found = self._apply(resource, item, item.text.encode())
        if isinstance(found, Denied) and time.monotonic() - self._allowed < DENIED_SECONDS and starting(self._calls):
            return Transient(found.cause)
        if isinstance(found, Applied):
            self._allowed = time.monotonic()
        if isinstance(found, Conflict) and (rest := without(item, found)) is not None:
            return self._apply(resource, item, rest)
        return found

    def _apply(self, resource: Resource, item: Item, text: bytes) -> Verdict:
        return apply(self._calls, resource, item.ref, text, self._kubectl, manager=self._manager)


class Poller(threading.Thread):
    """Asks which kinds are served as long as somebody wants to know. A question that changes nothing costs the API
    server a comparison of hashes."""

    def __init__(self, discovery: Discovery, tell: _Tell) -> None:
        super().__init__(name="discovery", daemon=True)
        self._discovery, self._tell = discovery, tell
        self._ended = threading.Event()
        self.wanted = threading.Event()

    def end(self) -> None:
        self._ended.set()
        self.wanted.set()

    def run(self) -> None:
        while not self._ended.wait(POLL_SECONDS):
            self.wanted.wait()
            try:
                if not self._ended.is_set() and self._discovery.refresh():
                    self._tell(Served())
            except (NoAnswer, ApiAnswer):
                continue  # it is asked again, and whoever waits gives up on lack of progress
            except Unreachable as error:
                self._tell(Broken(error))
                return
