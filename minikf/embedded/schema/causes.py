"""Why an object does not fit its schema, in the words of the API server for custom resources.

k8s.io/kube-openapi v0.0.0-20250710124328-f3f2b991d03b, pkg/validation, as k8s.io/apiextensions-apiserver v0.34.4 turns
its results into causes (pkg/apiserver/validation/validation.go).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from minikf.embedded.schema import fieldpath, formats
from minikf.embedded.schema.fieldpath import Path, invalid, quote
from minikf.embedded.schema.node import Data, Node
from minikf.embedded.status import Cause


def causes(obj: Any, root: Node) -> list[Cause]:
    """Every violation of the schema, without repetitions, in the order of a walk through `obj`."""
    found: list[Cause] = []
    _check(obj, root, "", found)
    return list(dict.fromkeys(found))


def _check(value: Any, node: Node, path: Path, found: list[Cause]) -> None:
    if value is None and node.nullable:
        return
    if not _check_type(value, node, path, found):
        return
    data = node.data
    if "enum" in data and value not in data["enum"]:
        supported = [item if isinstance(item, str) else fieldpath.shown(item) for item in data["enum"]]
        found.append(fieldpath.not_supported(path, value, supported))
    if isinstance(value, str):
        _check_text(value, data, path, found)
    elif isinstance(value, bool):
        pass
    elif isinstance(value, int | float):
        _check_number(value, data, path, found)
    elif isinstance(value, list):
        _check_list(value, node, path, found)
    elif isinstance(value, dict):
        _check_object(value, node, path, found)
    _check_combinations(value, node, path, found)


def schema_type(value: Any) -> str:
    """The schema's name of a value's type."""
    names = {bool: "boolean", str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _is_type(value: Any, wanted: str) -> bool:
    actual = schema_type(value)
    if actual == "number" and wanted == "integer":
        return float(value).is_integer()
    return actual == wanted or (actual == "integer" and wanted == "number")


def _check_type(value: Any, node: Node, path: Path, found: list[Cause]) -> bool:
    both = bool(node.data.get("x-kubernetes-int-or-string"))
    allowed = ["integer", "string"] if both else [node.type] if node.type else []
    if not allowed or any(_is_type(value, type_) for type_ in allowed):
        return True
    found.append(_wrong_type(value, ",".join(allowed), path))
    if both:
        # The CRDs say int-or-string a second time as an anyOf, which fails too.
        found.append(invalid("", "", f"{quote(path)} must validate at least one schema (anyOf)"))
        found.append(_wrong_type(value, "integer", path))
    return False


def _wrong_type(value: Any, wanted: str, path: Path) -> Cause:
    actual = schema_type(value)
    where = f"{path} in body" if path else "in body"
    return invalid(path, actual, f"{where} must be of type {wanted}: {quote(actual)}", reason="FieldValueTypeInvalid")


def _check_text(value: str, data: Data, path: Path, found: list[Cause]) -> None:
    """Of length and pattern the first that fails is told; the format is checked for itself."""
    if "maxLength" in data and len(value) > data["maxLength"]:
        found.append(fieldpath.too_long(path, data["maxLength"]))
    elif "minLength" in data and len(value) < data["minLength"]:
        minimum = data["minLength"]
        found.append(invalid(path, value, f"{path} in body should be at least {minimum} chars long"))
    elif "pattern" in data and not _pattern(data["pattern"]).search(value):
        found.append(invalid(path, value, f"{path} in body should match '{data['pattern']}'"))
    form = data.get("format")
    if form in formats.CRD_FORMATS and not formats.CHECKS[form](value):
        detail = f"{path} in body must be of type {form}: {quote(value)}"
        found.append(invalid(path, value, detail, reason="FieldValueTypeInvalid"))


@lru_cache
def _pattern(text: str) -> re.Pattern[str]:
    # RE2 and Python read the CRDs' patterns alike, but `$` also matches before a final line break in Python.
    return re.compile(re.sub(r"(?<!\\)\$$", r"\\Z", text))


def _check_number(value: float, data: Data, path: Path, found: list[Cause]) -> None:
    for key, low, words in (("minimum", True, "greater than"), ("maximum", False, "less than")):
        bound = data.get(key)
        if bound is None:
            continue
        exclusive = bool(data.get("exclusiveMinimum" if low else "exclusiveMaximum"))
        if value == bound and not exclusive:
            continue
        if value == bound or (value < bound) is low:
            limit = f"{words} {bound}" if exclusive else f"{words} or equal to {bound}"
            found.append(invalid(path, value, f"{path} in body should be {limit}"))
    factor = data.get("multipleOf")
    if factor is not None and value % factor != 0:
        found.append(invalid(path, value, f"{path} in body should be a multiple of {factor}"))


def _check_list(value: list[Any], node: Node, path: Path, found: list[Cause]) -> None:
    data = node.data
    if "minItems" in data and len(value) < data["minItems"]:
        detail = f"{path} in body should have at least {data['minItems']} items"
        found.append(invalid(path, len(value), detail))
    if "maxItems" in data and len(value) > data["maxItems"]:
        found.append(fieldpath.too_many(path, len(value), data["maxItems"]))
    if node.items is not None:
        for position, item in enumerate(value):
            _check(item, node.items, fieldpath.index(path, position), found)


def _check_object(value: dict[str, Any], node: Node, path: Path, found: list[Cause]) -> None:
    data = node.data
    if "minProperties" in data and len(value) < data["minProperties"]:
        detail = f"{path} in body should have at least {data['minProperties']} properties"
        found.append(invalid(path, len(value), detail))
    if "maxProperties" in data and len(value) > data["maxProperties"]:
        found.append(fieldpath.too_many(path, len(value), data["maxProperties"]))
    for name, item in value.items():
        child = node.field(name)
        if child is not None:
            _check(item, child, fieldpath.child(path, name), found)
    for name in node.required:
        if name not in value:
            found.append(fieldpath.required(fieldpath.child(path, name)))


def _check_combinations(value: Any, node: Node, path: Path, found: list[Cause]) -> None:
    """`allOf`, `anyOf`, `oneOf` and `not`, which structural schemas allow for values only."""
    shown = quote(path or ".")
    results = {
        key: [_violations(value, part, path) for part in node.combined(key)] for key in ("allOf", "anyOf", "oneOf")
    }
    if any(results["allOf"]):
        found.append(invalid("", "", f"{shown} must validate all the schemas (allOf)"))
        found += [cause for violations in results["allOf"] for cause in violations]
    if results["anyOf"] and all(results["anyOf"]):
        found.append(invalid("", "", f"{shown} must validate at least one schema (anyOf)"))
        found += sorted(results["anyOf"], key=len)[0]
    matching = sum(not violations for violations in results["oneOf"])
    if results["oneOf"] and matching != 1:
        extra = f". Found {matching} valid alternatives" if matching else ". Found none valid"
        found.append(invalid("", "", f"{shown} must validate one and only one schema (oneOf){extra}"))
    if any(not _violations(value, part, path) for part in node.combined("not")):
        found.append(invalid("", "", f"{shown} must not validate the schema (not)"))


def _violations(value: Any, node: Node, path: Path) -> list[Cause]:
    found: list[Cause] = []
    _check(value, node, path, found)
    return found
