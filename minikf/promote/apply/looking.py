"""What a target has of a promotion, and so what is to be done there. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from minikf.install.graph import Graph
from minikf.install.inventory import Inventory
from minikf.install.objects import Id, Item
from minikf.install.plan import Todo, todo
from minikf.install.record import Record
from minikf.kube.apply.survey import Seen
from minikf.kube.rest import ApiAnswer
from minikf.promote.apply import receipt
from minikf.promote.apply.before import Before
from minikf.promote.apply.errors import NotTaken, Residue
from minikf.promote.apply.intended import MANAGER, PROTECTED, Intended
from minikf.promote.apply.journal import State
from minikf.promote.apply.place import Place, graph_of, kinds_of
from minikf.promote.apply.trying import as_item, try_all
from minikf.promote.evidence import Finding, Level
from minikf.promote.model import Object
from minikf.spec import Access, Event


@dataclass(frozen=True)
class Look:
    """`seen` is what is there of the kinds that matter, `wanted` what has to be applied, `going` what a former run
    applied and this one lacks, `kept` those of it that stay."""

    intended: Intended
    place: Place
    items: tuple[Item, ...]
    graph: Graph
    inventory: Inventory
    seen: dict[Id, Seen]
    receipt: Object | None
    wanted: Todo
    going: dict[Id, Record]
    kept: tuple[Residue, ...]

    @property
    def changes(self) -> frozenset[Id]:
        return self.wanted.changes

    @property
    def attested(self) -> bool:
        """Whether the receipt there is of exactly this."""
        return receipt.says(self.receipt, self.intended, self.items)

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to do."""
        return not self.changes and not self.going and self.attested

    @property
    def inventory_id(self) -> Id:
        return ("", "ConfigMap", self.intended.namespace, self.intended.inventory)

    @property
    def receipt_id(self) -> Id:
        return ("", "ConfigMap", self.intended.namespace, self.intended.receipt)

    def snapshot(self) -> Before:
        """All that a run will touch, as it is."""
        versions = {item.id: item.api_version for item in self.items if item.id in self.changes}
        versions |= {id: record.api_version for id, record in self.going.items()}
        ours = {self.inventory_id: "v1", self.receipt_id: "v1"}
        found = self.place.get_all({id: version for id, version in versions.items() if id in self.seen} | ours)
        return Before(dict.fromkeys(versions) | found, versions | ours)

    def rehearse(self) -> Generator[Event, None, tuple[str, ...]]:
        """A dry run of all that a run will apply, its own two objects too. Returns the API's warnings.

        Raises NotTaken, Conflict.
        """
        yield Event("dry run", "started", f"{len(self.changes)} objects", objects_total=len(self.changes))
        sent = [item for item in self.items if item.id in self.changes]
        extra = [receipt.config_map(self.intended, None)]
        if not self.inventory.version:
            extra.append(as_item(self.inventory.body({})))
        there = dict.fromkeys(self.seen) | ({self.receipt_id: None} if self.receipt else {})
        warnings = try_all(self.place, sent, there, extra)
        yield Event("dry run", "done", f"the target would take {len(sent)} objects", objects_done=len(sent))
        return warnings


def look(access: Access, intended: Intended, state: State, patience: float) -> Look:
    """`state` is of the run's journal. Raises NotTaken for a kind that is not served and what may not be read, Refused
    for an inventory that cannot be read, Unreachable."""
    place = Place.of(access, patience, intended.namespaces)
    waves = place.items(intended)
    items = tuple(item for wave in waves for item in wave)
    graph, cluster = graph_of(intended.name, waves), place.cluster
    try:
        inventory = cluster.insist(
            lambda: Inventory(cluster.calls, namespace=intended.namespace, name=intended.inventory, manager=MANAGER)
        )
        records = inventory.records
        place.also(one.namespace for one in records.values())
        seen = cluster.survey(kinds_of(items, records.values()))
        there = place.get("v1", ("", "ConfigMap", intended.namespace, intended.receipt))
    except ApiAnswer as answer:
        advice = answer.advice or f"{cluster.kubectl} auth can-i --list -n {intended.namespace}"
        cause = "what is there cannot be read"
        raise NotTaken([Finding(Level.ERROR, "rights", None, "", answer.message, cause, advice)]) from answer
    wanted = todo(graph, records | state.records, seen)
    going, kept = dict[Id, Record](), list[Residue]()
    for id, record in records.items():
        if id in graph.nodes or id not in seen or seen[id].uid != record.uid:
            continue
        why = _stays(record, intended.prunes)
        if why:
            kept.append(Residue(str(record.ref), why))
        else:
            going[id] = record
    return Look(intended, place, items, graph, inventory, seen, there, wanted, going, tuple(kept))


def _stays(record: Record, prunes: frozenset[str]) -> str:
    """Why an object stays that is no longer promoted, "" where it goes."""
    if record.adopted:
        return "it was there before it was promoted"
    if record.kind in PROTECTED and record.kind not in prunes:
        return f"a {record.kind} is removed only when asked for"
    return ""
