"""A lineage as text: a tree of what the focus came of, and one of what was made of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from minikf.lineage.graph import ARTIFACT, MODEL, RUN, SERVICE, Edge, Graph, code_of, data_of
from minikf.lineage.words import details, headline, short


def lines(graph: Graph) -> Iterator[str]:
    """The whole text."""
    for key in graph.focus:
        node = graph.nodes[key]
        yield headline(node)
        yield from (f"  {line}" for line in details(node))
        yield from _branch(graph, key, graph.above, "source", "came of")
        yield from _branch(graph, key, graph.below, "target", "led to")
        if node.kind == RUN:
            yield from _made(graph, key)
    yield from _summary(graph)
    yield from (f"note: {note}" for note in graph.notes)


def _made(graph: Graph, key: str) -> Iterator[str]:
    """What a run made, and what others made of it: its own steps are told above."""
    inside = {one.id for one in graph.nodes.values() if one.text("run") == _id(key) and one.kind != ARTIFACT} | {key}
    below = {
        source: outside
        for source, edges in graph.below.items()
        if (outside := [edge for edge in edges if edge.target not in inside])
    }
    made = [one for one in graph.nodes.values() if one.kind == ARTIFACT and one.text("run") == _id(key)]
    shown = {one.id for one in made}
    for number, one in enumerate(made):
        yield from ([] if number else ["", "made:"])
        yield f"  {headline(one)}"
        yield from (f"    {line}" for line in details(one))
        yield from (f"  {line}" for line in _tree(graph, one.id, below, "target", shown))


def _branch(graph: Graph, key: str, edges: Mapping[str, list[Edge]], end: str, title: str) -> Iterator[str]:
    if edges.get(key):
        yield ""
        yield f"{title}:"
        yield from _tree(graph, key, edges, end, {key})


def _tree(graph: Graph, root: str, edges: Mapping[str, list[Edge]], end: str, shown: set[str]) -> Iterator[str]:
    """Depth first without recursion, since a chain of steps may be longer than Python's stack; what was shown once is
    named only."""
    stack: list[tuple[str, Edge, bool]] = _children("", edges.get(root, []))
    while stack:
        indent, edge, is_last = stack.pop()
        key = getattr(edge, end)
        node = graph.nodes[key]
        again = key in shown
        yield f"{indent}{'└─' if is_last else '├─'} {edge.role}: {headline(node)}{' (see above)' if again else ''}"
        if again:
            continue
        shown.add(key)
        inner = indent + ("   " if is_last else "│  ")
        below = edges.get(key, [])
        yield from (f"{inner}{'│  ' if below else '   '}{line}" for line in details(node))
        stack += _children(inner, below)


def _children(indent: str, edges: list[Edge]) -> list[tuple[str, Edge, bool]]:
    """The last first, as a stack wants them."""
    return [(indent, edge, edge is edges[-1]) for edge in reversed(edges)]


def _summary(graph: Graph) -> Iterator[str]:
    """The answer in short: which data, which code."""
    focus = set(graph.focus)
    data = [one for one in data_of(graph) if one.id not in focus]
    code = [one for one in code_of(graph) if one.id not in focus]
    asked = [key for key in graph.focus if graph.nodes[key].kind in (SERVICE, MODEL) and graph.above.get(key)]
    if not data and not code and not asked:
        return
    yield ""
    for title, several in (("data", data), ("code", code)):
        for node in several:
            digest = node.text("sha256") if title == "data" else node.text("codeSha256")
            yield f"{title}: {headline(node)}" + (f" sha256:{short(digest)}" if digest else "")
    if asked and not code:
        yield "code: nothing says which code made it (a run does, or minikf.trainjob in the registry's metadata)"


def _id(key: str) -> str:
    return key.partition("/")[2]
