"""A lineage as a graph: things, and what came of what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Json = Any

SERVICE, MODEL, ARTIFACT, TASK = "InferenceService", "ModelVersion", "Artifact", "Task"
RUN, TRAINJOB, SOURCE = "Run", "TrainJob", "Source"


@dataclass(frozen=True)
class Node:
    """One thing. `id` is `KIND/...` and the same at any time; `facts` are what is known of it, as JSON."""

    id: str
    kind: str
    name: str
    facts: Mapping[str, Json] = field(default_factory=dict)

    def text(self, fact: str) -> str:
        return str(self.facts.get(fact) or "")

    def as_dict(self) -> dict[str, Json]:
        return {"id": self.id, "kind": self.kind, "name": self.name, **self.facts}


@dataclass(frozen=True, order=True)
class Edge:
    """`target` came of `source`; `role` says how, and under which name."""

    source: str
    target: str
    role: str

    def as_dict(self) -> dict[str, str]:
        return {"from": self.source, "to": self.target, "role": self.role}


@dataclass(frozen=True)
class Graph:
    """`focus` are the ids that were asked for. Ids of edges are ids of nodes."""

    focus: tuple[str, ...]
    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    notes: tuple[str, ...] = ()

    @cached_property
    def above(self) -> Mapping[str, list[Edge]]:
        """The edges that lead to a node."""
        return _grouped(self.edges, "target")

    @cached_property
    def below(self) -> Mapping[str, list[Edge]]:
        """The edges that lead away from a node."""
        return _grouped(self.edges, "source")

    def ancestors(self) -> set[str]:
        """All that the focus came of, itself included."""
        found, queue = set(self.focus), list(self.focus)
        while queue:
            for edge in self.above.get(queue.pop(), ()):
                if edge.source not in found:
                    found.add(edge.source)
                    queue.append(edge.source)
        return found

    def as_dict(self) -> dict[str, Json]:
        """What `--json` prints."""
        return {
            "focus": list(self.focus),
            "nodes": [node.as_dict() for node in self.nodes.values()],
            "edges": [edge.as_dict() for edge in self.edges],
            "data": [node.id for node in data_of(self)],
            "code": [node.id for node in code_of(self)],
            "notes": list(self.notes),
        }


def data_of(graph: Graph) -> list[Node]:
    """Where the focus' data comes from: ancestors that hold data and came of no other data."""
    ancestors = graph.ancestors()
    return [
        node
        for node in graph.nodes.values()
        if node.id in ancestors and node.kind in (ARTIFACT, SOURCE) and not _has_data_above(graph, node)
    ]


def code_of(graph: Graph) -> list[Node]:
    """The steps and TrainJobs that ran on the way to the focus; a step that took its result from the cache ran not."""
    ancestors = graph.ancestors()
    return [
        node
        for node in graph.nodes.values()
        if node.id in ancestors and node.kind in (TASK, TRAINJOB) and node.text("state") != "CACHED"
    ]


def _has_data_above(graph: Graph, node: Node) -> bool:
    for edge in graph.above.get(node.id, ()):
        source = graph.nodes[edge.source]
        if source.kind in (ARTIFACT, SOURCE, MODEL):
            return True
        if any(graph.nodes[one.source].kind in (ARTIFACT, SOURCE) for one in graph.above.get(source.id, ())):
            return True
    return False


def _grouped(edges: Iterable[Edge], by: str) -> dict[str, list[Edge]]:
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        found.setdefault(getattr(edge, by), []).append(edge)
    return found
