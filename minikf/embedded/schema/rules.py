"""CEL validation rules of CRDs, at any depth, with `oldSelf` for transition rules.

k8s.io/apiextensions-apiserver v0.34.4, pkg/apiserver/schema/cel/validation.go. Rules run in the order of the schema. A
rule that mentions `oldSelf` runs only where the old object has a value that can be correlated: the same field or map
key, or the item with the same keys of a list of type map. A rule without it is not run again on what stays the same.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from minikf.embedded import cel
from minikf.embedded.schema.fieldpath import Path, child, duplicate, forbidden, index, invalid, key, required
from minikf.embedded.schema.node import Data, Node
from minikf.embedded.status import Cause, Object

_NO_OVERLOAD = "call arguments did not match a supported operator, function or macro signature"
_UNCHANGED = re.compile(r"\s*(self\s*==\s*oldSelf|oldSelf\s*==\s*self)\s*")


def broken_rules(obj: Object, old: Object | None, root: Node) -> list[Cause]:
    """One cause for each rule that does not hold."""
    found: list[Cause] = []
    if root.rules:
        _evaluate(_visible(obj), None if old is None else _visible(old), root, "", found)
    _below(obj, old, root, "", found)
    return found


def _visible(obj: Object) -> Object:
    """The root as rules see it: of the metadata only the names."""
    metadata = {name: obj["metadata"][name] for name in ("name", "generateName") if name in obj["metadata"]}
    return obj | {"metadata": metadata}


def _check(value: Any, old: Any, node: Node, path: Path, found: list[Cause]) -> None:
    if value is None:
        return
    if node.rules:
        _evaluate(value, old, node, path, found)
    _below(value, old, node, path, found)


def _below(value: Any, old: Any, node: Node, path: Path, found: list[Cause]) -> None:
    if isinstance(value, dict):
        before = old if isinstance(old, dict) else {}
        for name, part in value.items():
            below = node.field(name)
            if below is not None and below.has_rules:
                where = child(path, name) if name in node.properties else key(path, name)
                _check(part, before.get(name), below, where, found)
    elif isinstance(value, list) and node.items is not None and node.items.has_rules:
        for position, item in enumerate(value):
            _check(item, _counterpart(item, old, node), node.items, index(path, position), found)


def _counterpart(item: Any, old: Any, node: Node) -> Any:
    """The old item with the same keys; lists of other types have none."""
    if node.list_type != "map" or not isinstance(old, list) or not isinstance(item, dict):
        return None
    keys = [item.get(name) for name in node.map_keys]
    same = (o for o in old if isinstance(o, dict) and [o.get(name) for name in node.map_keys] == keys)
    return next(same, None)


def _evaluate(value: Any, old: Any, node: Node, path: Path, found: list[Cause]) -> None:
    for rule in node.rules:
        if old is None and _uses_old(rule["rule"]):
            continue
        cause = _broken(rule, value, old, node, path)
        if cause is not None:
            found.append(cause)


def _broken(rule: Data, value: Any, old: Any, node: Node, path: Path) -> Cause | None:
    text = rule["rule"]
    if _UNCHANGED.fullmatch(text):
        return None if value == old else _cause(rule, rule.get("message") or f"failed rule: {text}", node, path)
    variables = {"self": _needed(value, text, "self")}
    if _uses_old(text):
        variables["oldSelf"] = _needed(old, text, "oldSelf")
    elif old is not None and variables["self"] == _needed(old, text, "self"):
        return None
    words = (rule.get("message") or text).strip()
    try:
        if cel.compiled(text).value(variables) is True:
            return None
    except cel.CelError as error:
        if str(error) == "no such overload":
            detail = f"'{error}': {_NO_OVERLOAD} for rule: {words}"
        else:
            detail = f"{error} evaluating rule: {words}"
        return invalid(path, node.type, detail)
    return _cause(rule, _message(rule, variables, words), node, path)


def _message(rule: Data, variables: dict[str, Any], words: str) -> str:
    """`messageExpression` where it has a value, else `message`, else the rule itself."""
    fallback = words if rule.get("message") else f"failed rule: {words}"
    if not rule.get("messageExpression"):
        return fallback
    try:
        message = cel.compiled(rule["messageExpression"]).value(variables)
    except cel.CelError:
        return fallback
    usable = isinstance(message, str) and message.strip() and "\n" not in message.strip()
    return message.strip() if usable else fallback


def _cause(rule: Data, detail: str, node: Node, path: Path) -> Cause:
    where = path + rule.get("fieldPath", "") if path else rule.get("fieldPath", "").removeprefix(".")
    match rule.get("reason"):
        case "FieldValueForbidden":
            return forbidden(where, detail)
        case "FieldValueRequired":
            return required(where, detail)
        case "FieldValueDuplicate":
            return duplicate(where, node.type)
    return invalid(where, node.type, detail)


@lru_cache(maxsize=512)
def _uses_old(text: str) -> bool:
    return re.search(r"\boldSelf\b", text) is not None


@lru_cache(maxsize=512)
def _fields(text: str, variable: str) -> frozenset[str] | None:
    """The fields of a variable that an expression reads, or None where it reads the variable as a whole."""
    uses = re.findall(rf"\b{variable}\b(?:\.(\w+)(?!\s*\())?", text)
    return None if "" in uses else frozenset(uses)


def _needed(value: Any, text: str, variable: str) -> Any:
    """`value` without the fields that the expression does not read: it is converted for each evaluation."""
    fields = _fields(text, variable)
    if fields is None or not isinstance(value, dict):
        return value
    return {name: value[name] for name in fields if name in value}
