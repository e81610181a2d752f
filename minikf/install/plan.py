"""What has to be applied: all that is not known to be there as it should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from minikf.errors import Refused
from minikf.install.graph import Graph, Node
from minikf.install.objects import Id
from minikf.install.record import Record
from minikf.kube.apply.survey import Seen


@dataclass(frozen=True)
class Todo:
    """`changes` are applied, `same` are there already, `records` what is known of each object from now on."""

    changes: frozenset[Id]
    same: frozenset[Id]
    records: dict[Id, Record]


def todo(graph: Graph, known: Mapping[Id, Record], seen: Mapping[Id, Seen]) -> Todo:
    """An object needs nothing if its text was applied before, it is still the one that it was applied to, and nobody
    has taken one of its fields since: then each field that we set has the value that we set."""
    same: set[Id] = set()
    records: dict[Id, Record] = {}
    for id, node in graph.nodes.items():
        record, there = known.get(id), seen.get(id)
        if (
            record is not None
            and there is not None
            and not there.deleting
            and (record.hash, record.uid, record.owned) == (node.item.hash, there.uid, there.owned)
        ):
            same.add(id)
        records[id] = _record(node, record, there)
    return Todo(frozenset(graph.nodes) - same, frozenset(same), records)


def _record(node: Node, known: Record | None, there: Seen | None) -> Record:
    item = node.item
    if there is None or there.deleting:
        adopted = False
    elif known is None:
        adopted = True
    elif known.uid:  # somebody may have deleted ours and made one of his own
        adopted = known.adopted or known.uid != there.uid
    else:  # we were about to make it, and were killed before we knew that we had
        adopted = known.adopted
    uid, hash, owned = (known.uid, known.hash, known.owned) if known else ("", "", "")
    return Record(
        node.component, item.api_version, item.kind, item.namespace, item.name, adopted, uid, hash, owned
    )  # fmt: skip


def check_namespaces(graph: Graph, seen: Mapping[Id, Seen]) -> None:
    """Raises Refused for an object in a namespace that is not there and that no object makes."""
    there = {id[3] for id in (*seen, *graph.nodes) if id[:2] == ("", "Namespace")}
    for node in graph.nodes.values():
        if node.item.namespace and node.item.namespace not in there:
            raise Refused(
                f"{node.item.ref} of component {node.component} has no namespace to be in",
                cause=f"namespace {node.item.namespace} is not there, and no component makes it",
                advice=f"kubectl create namespace {node.item.namespace}",
            )
