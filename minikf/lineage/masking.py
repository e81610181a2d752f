"""Keeps secrets out of what is shown: values of Secrets, and what looks like a credential. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from minikf import masking
from minikf.lineage.graph import Edge, Graph, Node
from minikf.masking import MASK

if TYPE_CHECKING:
    from minikf.promote.secrets import Secret

__all__ = ["MASK", "masked", "without_credentials"]


def masked(graph: Graph, secrets: Iterable[Secret] = ()) -> Graph:
    """The graph with every secret replaced; ids of nodes and edges agree as before."""
    known = tuple(secrets)

    def text(value: str) -> str:
        return masking.text(value, known)

    nodes = {
        text(node.id): Node(text(node.id), node.kind, text(node.name), masking.value(dict(node.facts), "", known))
        for node in graph.nodes.values()
    }
    edges = tuple(Edge(text(edge.source), text(edge.target), text(edge.role)) for edge in graph.edges)
    return Graph(tuple(text(one) for one in graph.focus), nodes, edges, tuple(text(one) for one in graph.notes))


def without_credentials(said: Any) -> Any:
    """A JSON value with what is named or looks like a credential replaced."""
    return masking.value(said, "", ())
