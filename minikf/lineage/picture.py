"""A lineage as a picture: SVG, or text for Mermaid and Graphviz. Pure."""

from __future__ import annotations

from collections.abc import Callable
from xml.sax.saxutils import escape

from minikf.lineage.graph import ARTIFACT, MODEL, RUN, SERVICE, SOURCE, TASK, TRAINJOB, Graph, Node
from minikf.lineage.layout import LINE, MARGIN, PADDING, WIDTH, Box, Route, layout
from minikf.lineage.words import details, headline

_COLUMNS, _BOLD_COLUMNS = 38, 32  # characters of a line in a box
_LINES = 5
# Fill and border by kind: dark text on light colours, more than 7 to 1 in contrast.
_COLOURS = {
    SERVICE: ("#fde8d7", "#b45309"),
    MODEL: ("#fef3c7", "#a16207"),
    ARTIFACT: ("#dbeafe", "#1d4ed8"),
    TASK: ("#dcfce7", "#15803d"),
    TRAINJOB: ("#dcfce7", "#15803d"),
    RUN: ("#ede9fe", "#6d28d9"),
    SOURCE: ("#f3f4f6", "#4b5563"),
}


def svg(graph: Graph) -> str:
    """A picture that needs no other file: boxes from left to right, an arrow for each "came of"."""
    texts = {node.id: _texts(node) for node in graph.nodes.values()}
    placed = layout(graph, {key: len(lines) for key, lines in texts.items()})
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{placed.width}" height="{placed.height}" '
        f'viewBox="0 0 {placed.width} {placed.height}" font-family="sans-serif" font-size="11" role="img">',
        f"<title>Lineage of {_safe(', '.join(graph.nodes[key].name for key in graph.focus))}</title>",
        '<defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#374151"/></marker></defs>',
        f'<rect width="{placed.width}" height="{placed.height}" fill="#ffffff"/>',
    ]
    parts += [_arrow(route) for route in placed.routes]
    parts += [_box(graph, graph.nodes[key], box, texts[key]) for key, box in placed.boxes.items()]
    return "\n".join([*parts, "</svg>", ""])


def mermaid(graph: Graph) -> str:
    """A flowchart of Mermaid (mermaid.js.org)."""
    names = {key: f"n{number}" for number, key in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    lines += [f'  {names[node.id]}["{_quoted("<br/>".join(_texts(node)))}"]' for node in graph.nodes.values()]
    lines += [f'  {names[e.source]} -- "{_quoted(e.role)}" --> {names[e.target]}' for e in graph.edges]
    return "\n".join([*lines, ""])


def dot(graph: Graph) -> str:
    """A digraph of Graphviz."""
    lines = ["digraph lineage {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    lines += [f"  {_text(node.id)} [label={_text(chr(10).join(_texts(node)))}];" for node in graph.nodes.values()]
    lines += [f"  {_text(e.source)} -> {_text(e.target)} [label={_text(e.role)}];" for e in graph.edges]
    return "\n".join([*lines, "}", ""])


FORMATS: dict[str, Callable[[Graph], str]] = {".svg": svg, ".mmd": mermaid, ".dot": dot}


def _texts(node: Node) -> list[str]:
    """The lines of a box: a headline of two lines at most, then details."""
    head = _wrapped(headline(node))[:2]
    return [*head, *(_cut(line) for line in details(node)[: _LINES - len(head)])]


def _wrapped(text: str) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        # The first line is bold, and its letters are wider.
        if len(lines[-1]) + len(word) + 1 > (_COLUMNS if len(lines) > 1 else _BOLD_COLUMNS) and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [_cut(line) for line in lines]


def _cut(text: str) -> str:
    """The end of an address tells more than its beginning."""
    if len(text) <= _COLUMNS:
        return text
    return "…" + text[1 - _COLUMNS :] if "/" in text and " " not in text else text[: _COLUMNS - 1] + "…"


def _box(graph: Graph, node: Node, box: Box, texts: list[str]) -> str:
    fill, border = _COLOURS.get(node.kind, _COLOURS[SOURCE])
    wide = 3 if node.id in graph.focus else 1
    dashed = ' stroke-dasharray="5 3"' if "missing" in node.facts or node.text("content") == "MISSING" else ""
    lines = [
        f'<text x="{box.x + PADDING}" y="{box.y + PADDING + LINE * (number + 1) - 4}" fill="#111827"'
        f"{_bold(number)}>{_safe(line)}</text>"
        for number, line in enumerate(texts)
    ]
    rect = (
        f'<rect x="{box.x}" y="{box.y}" width="{WIDTH}" height="{box.height}" rx="5" fill="{fill}" '
        f'stroke="{border}" stroke-width="{wide}"{dashed}/>'
    )
    return f"<g><title>{_safe(headline(node))}</title>{rect}{''.join(lines)}</g>"


def _bold(number: int) -> str:
    return ' font-weight="bold"' if number == 0 else ""


def _arrow(route: Route) -> str:
    """From the right side of the earlier box to the left side of the later, in curves between columns and straight
    through them; the words stand in the gap before its end."""
    (x, y), (end_x, end_y) = route.start, route.end
    way = f"M{x} {y}"
    if route.lane is not None:
        out, back = x + MARGIN // 2, end_x - MARGIN // 2
        way += f" L{out} {y} L{out} {route.lane} L{back} {route.lane} L{back} {end_y} L{end_x} {end_y}"
        x, y = back, end_y
    else:
        for pass_x, pass_y in route.passes:
            way += f"{_bend(x, y, pass_x, pass_y)} L{pass_x + WIDTH} {pass_y}"
            x, y = pass_x + WIDTH, pass_y
        way += _bend(x, y, end_x, end_y)
    role = route.edge.role
    label = role if len(role) <= 14 else role[:13] + "…"
    return (
        f'<path d="{way}" fill="none" stroke="#374151" marker-end="url(#end)"/>'
        f'<text x="{(x + end_x) // 2}" y="{(y + end_y) // 2 - 4}" text-anchor="middle" font-size="10" fill="#374151" '
        f'stroke="#ffffff" stroke-width="3" paint-order="stroke">{_safe(label)}</text>'
    )


def _bend(x: int, y: int, end_x: int, end_y: int) -> str:
    """A curve across a gap, level at both ends."""
    half = (end_x - x) // 2
    return f" C{x + half} {y} {end_x - half} {end_y} {end_x} {end_y}"


def _safe(text: str) -> str:
    """XML has no control characters."""
    return escape("".join(one if one.isprintable() else " " for one in text), {'"': "&quot;"})


def _quoted(text: str) -> str:
    return _safe(text).replace("&lt;br/&gt;", "<br/>").replace("#", "&num;")


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
