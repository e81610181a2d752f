"""From rendered objects to a working cluster: the main road."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace

from minikf.errors import Refused
from minikf.install.cluster import Cluster
from minikf.install.graph import Graph, Node, graph
from minikf.install.inventory import Inventory
from minikf.install.journal import Journal
from minikf.install.loop import Loop
from minikf.install.objects import Id, Part
from minikf.install.plan import Todo, check_namespaces, todo
from minikf.install.progress import Progress
from minikf.install.pruning import pruned
from minikf.install.record import Record
from minikf.install.scope import scoped
from minikf.install.workers import WORKERS
from minikf.install.yielding import may_lose
from minikf.kube.apply import Applied
from minikf.paths import PlatformPaths
from minikf.spec import Access, Event

PATIENCE_SECONDS = 600.0
"""A node tells nothing while it pulls an image, and large ones take minutes on a slow network."""


@dataclass(frozen=True)
class Installed:
    """What was done. `retried` counts answers after which an object was sent again, `adopted` what was there before;
    `seconds` went by until the last object was applied."""

    applied: int
    unchanged: int
    adopted: int
    retried: int
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0


def install(
    access: Access,
    paths: PlatformPaths,
    parts: Iterable[Part],
    *,
    patience: float = PATIENCE_SECONDS,
    workers: int = WORKERS,
) -> Generator[Event, None, Installed]:
    """Applies what is not there yet as it should be, and ends when all workloads are ready.

    `patience` is how long nothing may get any further, in seconds. May be called again after any end, also a violent
    one. Raises Refused for what cannot be installed (before anything is changed), Fatal (Conflict, Quota) where the API
    will never take an object, NoProgress that names what blocks, WorkFailed for a job that failed, Unreachable.
    """
    cluster = Cluster(access, patience)
    plan = graph(scoped(parts, cluster.discovery))
    inventory = cluster.insist(lambda: Inventory(cluster.calls))
    kinds = {(node.item.api_version, node.item.kind) for node in plan.nodes.values()} | {("v1", "Namespace")}
    seen = cluster.survey(kinds)
    check_namespaces(plan, seen)
    uid = next((one.uid for id, one in seen.items() if id[:2] == ("", "Namespace") and id[3] == "kube-system"), "")
    journal = Journal(paths.install_journal, uid)
    try:
        wanted = todo(plan, inventory.records | journal.records, seen)
        work = _Work(cluster, plan, wanted, inventory, journal)
        return (yield from work.run(patience, workers))
    finally:
        journal.close()


@dataclass
class _Work:
    cluster: Cluster
    graph: Graph
    wanted: Todo
    inventory: Inventory
    journal: Journal
    last: float = 0.0

    def run(self, patience: float, workers: int) -> Generator[Event, None, Installed]:
        wanted = self.wanted
        yield Event("objects", "started", f"{len(wanted.changes)} to apply, {len(wanted.same)} are there already")
        if wanted.changes:
            self.cluster.insist(lambda: self.inventory.write(self.inventory.records | wanted.records))
            self.journal.begin({id: node.item.hash for id, node in self.graph.nodes.items() if id in wanted.changes})
        progress = Progress(self.graph, wanted.changes)
        warnings: list[str] = []
        began = self.last = time.monotonic()
        loop = Loop(self.cluster, self.graph, progress, self._wrote, self._awaited(), patience, workers)
        for event in loop.run():
            if event.what == "warning":
                warnings.append(event.message)
            yield event
        if wanted.changes or self.journal.records:
            self._settle()
            records = self.inventory.records | wanted.records | self.journal.records
            self.cluster.insist(lambda: self.inventory.write(records))
        self.journal.end()
        yield from self._prune(patience)
        adopted = sum(self.inventory.records[id].adopted for id in self.graph.nodes)
        seconds = self.last - began
        return Installed(len(wanted.changes), len(wanted.same), adopted, progress.retried, tuple(warnings), seconds)

    def _prune(self, patience: float) -> Generator[Event, None, None]:
        """What its components no longer have goes when what they have now is ready."""
        components = {part.component for part in self.graph.parts}
        records = self.inventory.records
        left = yield from pruned(self.cluster, records, components, self.graph.nodes.keys(), patience)
        if left != records:
            self.cluster.insist(lambda: self.inventory.write(left))

    def _wrote(self, node: Node, found: Applied) -> None:
        self.last = time.monotonic()
        record = self.wanted.records[node.item.id]
        adopted = record.adopted and not found.created
        self.journal.add(replace(record, adopted=adopted, uid=found.uid, hash=node.item.hash, owned=found.owned))

    def _awaited(self) -> dict[Id, str]:
        """What has to get ready, with its apiVersion: all workloads, and what components name beyond them."""
        found = {node.item.id: node.item.api_version for node in self.graph.workloads}
        for part in self.graph.parts:
            for text in part.ready:
                found |= self._named(part, text)
        return found

    def _named(self, part: Part, text: str) -> dict[Id, str]:
        """An object by `Kind/namespace/name`, in the bundle or made by a controller of it. Raises Refused."""
        kind, _, rest = text.partition("/")
        namespace, _, name = rest.rpartition("/")
        for id, node in self.graph.nodes.items():
            if id[1:] == (kind, namespace, name):
                return {id: node.item.api_version}
        for one in self.cluster.discovery.all():
            if one.kind == kind:
                return {(one.api_version.rpartition("/")[0], kind, namespace, name): one.api_version}
        raise Refused(f"component {part.component} waits for {text}, of a kind that nobody knows")

    def _settle(self) -> None:
        """What others have taken over by design since it was applied counts as it is now."""
        losing = {
            id: node for id, node in self.graph.nodes.items() if id in self.journal.records and may_lose(node.item)
        }
        seen = self.cluster.survey({(node.item.api_version, node.item.kind) for node in losing.values()})
        for id in losing:
            record: Record = self.journal.records[id]
            if id in seen and seen[id].uid == record.uid and seen[id].owned != record.owned:
                self.journal.add(replace(record, owned=seen[id].owned))
