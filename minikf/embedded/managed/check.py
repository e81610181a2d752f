"""Whether an applied configuration fits its kind's schema; server-side apply refuses one that does not.

Words: sigs.k8s.io/structured-merge-diff v6.3.0, typed/validate.go. The API server answers 500 here, and so does this:
clients see the same code from either.
"""

from __future__ import annotations

import json
from typing import Any

from minikf.embedded.kinds import Kind
from minikf.embedded.managed.elements import item_element, printed
from minikf.embedded.managed.fieldset import Path
from minikf.embedded.patching.shape import go_text
from minikf.embedded.schema.node import Node
from minikf.embedded.status import ApiError, Object

_GO_TYPES = {bool: "bool", str: "string", int: "int64", float: "float64", list: "[]interface {}"}
_META = ("apiVersion", "kind", "metadata")


def check_applied(applied: Object, kind: Kind, root: Node) -> None:
    """Raises ApiError 500 with every field that is not declared, of another type, or there twice."""
    problems: list[str] = []
    _check(applied, root, (), problems)
    if problems:
        metadata = applied.get("metadata") or {}
        name = f"{metadata.get('namespace') or ''}/{metadata.get('name') or ''}"
        listed = problems[0] if len(problems) == 1 else "\n  ".join(["errors:", *problems])
        group_version = f"{kind.group}/{kind.version}"
        what = f"failed to create typed patch object ({name}; {group_version}, Kind={kind.kind})"
        raise ApiError(500, "", f"{what}: {listed}")


def _check(value: Any, node: Node, path: Path, problems: list[str]) -> None:
    if value is None:
        return
    wrong = _wrong_type(value, node)
    if wrong:
        problems.append(f"{printed(path)}: {wrong}")
    elif isinstance(value, dict):
        _check_fields(value, node, path, problems)
    elif isinstance(value, list) and node.items is not None:
        _check_items(value, node, node.items, path, problems)


def _check_fields(value: Object, node: Node, path: Path, problems: list[str]) -> None:
    """An undeclared field ends the check of its object."""
    free = node.preserves_unknown
    unknown = [key for key in value if not free and node.field(key) is None and not (node.is_embedded and key in _META)]
    if unknown:
        problems.append(f"{printed((*path, f'f:{min(unknown)}'))}: field not declared in schema")
        return
    for key in sorted(value):
        child = node.field(key)
        if child is not None:
            _check(value[key], child, (*path, f"f:{key}"), problems)


def _check_items(value: list[Any], node: Node, items: Node, path: Path, problems: list[str]) -> None:
    if node.list_type == "atomic":
        for position, item in enumerate(value):
            _check(item, items, (*path, f"i:{position}"), problems)
        return
    seen: set[str] = set()
    for position, item in enumerate(value):
        try:
            element = item_element(item, node)
        except ApiError as error:
            problems.append(f"{printed(path)}: element {position}: {error.message}")
            continue
        if element in seen:
            problems.append(f"{printed(path)}: duplicate entries for key {printed([element])}")
        seen.add(element)
        _check(item, items, (*path, element), problems)


def _wrong_type(value: Any, node: Node) -> str:
    """What is wrong with a value's type, or ""."""
    if node.type in ("object", "array"):
        wanted: type = dict if node.type == "object" else list
        names = {"object": "map", "array": "list"}
        return "" if isinstance(value, wanted) else f"expected {names[node.type]}, got &{{{go_text(value)}}}"
    if node.preserves_unknown or (not node.type and not node.data):
        return ""
    if node.type in ("integer", "number"):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        shown = _GO_TYPES.get(type(value), "map[string]interface {}")
        return "" if is_number else f"expected numeric (int or float), got {shown}"
    if node.type == "boolean":
        return "" if isinstance(value, bool) else f"expected boolean, got &{{{go_text(value)}}}"
    if node.type == "string" and node.data.get("format", "") in ("", "byte"):
        is_text = isinstance(value, str)
        return "" if is_text else f"expected string, got &value.valueUnstructured{{Value:{_go_syntax(value)}}}"
    return f"expected any scalar, got &{{{go_text(value)}}}" if isinstance(value, dict | list) else ""


def _go_syntax(value: Any) -> str:
    """A value as Go's %#v prints it."""
    if isinstance(value, dict):
        parts = ", ".join(f"{json.dumps(key)}:{_go_syntax(value[key])}" for key in sorted(value))
        return f"map[string]interface {{}}{{{parts}}}"
    if isinstance(value, list):
        return f"[]interface {{}}{{{', '.join(map(_go_syntax, value))}}}"
    if value is None:
        return "interface {}(nil)"
    return json.dumps(value, ensure_ascii=False)
