"""Strategic merge patch: a merge patch that knows which lists are merged by which key.

Semantics, directives and messages: k8s.io/apimachinery v0.34.4, pkg/util/strategicpatch/patch.go, as the API server
calls it (parallel lists are merged, nulls for absent keys are dropped).
"""

from __future__ import annotations

from typing import Any

from minikf.embedded.patching.ordering import Order, merge_order
from minikf.embedded.patching.shape import go_text, go_type
from minikf.embedded.schema.node import Node
from minikf.embedded.schema.schema import Schema
from minikf.embedded.status import ApiError, Object, bad_request

_PATCH = "$patch"
_RETAIN = "$retainKeys"
_DELETE = "$deleteFromPrimitiveList/"
_ORDER = "$setElementOrder/"


def strategic_patch(obj: Object, patch: Any, schema: Schema) -> Object:
    """A new object: `patch` merged into `obj` by the merge keys of `schema`; `obj` is not changed.

    Raises ApiError 400 for a malformed patch or directive, 422 for lists of lists, and 500, as the API server does, for
    an unknown `$patch` or a list item without its merge key.
    """
    if not isinstance(patch, dict):
        raise bad_request(f"json: cannot unmarshal {go_type(patch)} into Go value of type map[string]interface {{}}")
    return _merge_map(obj, patch, schema.root)


def _merge_map(original: Object, patch: Object, node: Node | None) -> Object:
    directive = patch.get(_PATCH)
    if _PATCH in patch:
        if directive == "replace":
            return {key: value for key, value in patch.items() if key != _PATCH}
        if directive == "delete":
            return {}
        raise _bad_directive(directive, patch)
    merged = _retain_keys(original, patch)
    ordered = _merge_ordered_lists(merged, patch, node)
    for key, value in patch.items():
        if key == _RETAIN or key.startswith(_ORDER) or key in ordered:
            continue
        if key.startswith(_DELETE):
            name = key[len(_DELETE) :]
            if isinstance(merged.get(name), list) and isinstance(value, list):
                merged[name] = [item for item in merged[name] if item not in value]
            continue
        if value is None:
            merged.pop(key, None)
            continue
        _merge_field(merged, key, value, node.field(key) if node else None)
    return merged


def _merge_field(merged: Object, key: str, value: Any, node: Node | None) -> None:
    current = merged.get(key)
    strategies = node.patch_strategies if node else ()
    if isinstance(current, dict) and isinstance(value, dict):
        merged[key] = _plain(value) if "replace" in strategies else _merge_map(current, value, node)
    elif isinstance(current, list) and isinstance(value, list) and "merge" in strategies:
        merged[key] = _merge_list(current, value, node)
    elif isinstance(value, dict) and _PATCH in value:
        merged.pop(key, None)
    else:
        merged[key] = _plain(value)


def _retain_keys(original: Object, patch: Object) -> Object:
    """A copy of `original`, without the keys that a `$retainKeys` of the patch leaves out."""
    if _RETAIN not in patch:
        return dict(original)
    kept = patch[_RETAIN]
    directives = (_DELETE, _ORDER, _RETAIN)
    present = [key for key, value in patch.items() if value is not None and not key.startswith(directives)]
    if not isinstance(kept, list) or not all(key in kept for key in present):
        raise bad_request("invalid patch format of retainKeys")
    return {key: value for key, value in original.items() if key in kept}


def _merge_ordered_lists(merged: Object, patch: Object, node: Node | None) -> set[str]:
    """Merges the lists that the patch gives an element order; returns their names."""
    done = set()
    for directive, wanted in patch.items():
        if not directive.startswith(_ORDER):
            continue
        key = directive[len(_ORDER) :]
        current, change = merged.get(key, []), patch.get(key)
        for part in (wanted, current, change if key in patch and change is not None else []):
            if not isinstance(part, list):
                raise _unexpected(f"expected a []interface {{}}, but received a {_go_kind(part)}")
        if key in patch and change is None:
            continue  # the list is removed: nothing to put in order
        child = node.field(key) if node else None
        order = Order(child.merge_key if child else "")
        if key not in merged and key not in patch:
            continue
        _check_order(change or [], wanted, order)
        if not current and not change:
            raise _unexpected("no elements in any of the given slices")
        if key in merged and key in patch:
            assert change is not None
            items = (
                _merge_list(current, change, child) if child and "merge" in child.patch_strategies else _plain(change)
            )
        else:
            items = current if key in merged else _plain(change)
        merged[key] = merge_order(items, wanted, current, order)
        done.add(key)
    return done


def _merge_list(original: list[Any], patch: list[Any], node: Node | None) -> list[Any]:
    if not original and not patch:
        return original
    kinds = {go_type(item) for item in (*original, *patch)}
    if "array" in kinds:
        raise ApiError(422, "Invalid", "lists of lists are not supported")
    if len(kinds) > 1:
        raise _unexpected(f"list element types are not identical: {go_text([original, patch])}")
    order = Order(node.merge_key if node else "")
    if kinds != {"object"}:
        unique = list(dict.fromkeys((*original, *patch)))
        return merge_order(unique, patch, original, order)
    if not order.key:
        raise _unexpected("cannot merge lists without merge key")
    kept, changes = _list_directives(original, patch, order.key)
    merged = list(kept)
    for change in changes:
        value = _merge_value(change, order.key)
        index = next((i for i, item in enumerate(merged) if item.get(order.key) == value), None)
        if index is None:
            merged.append(_plain(change))
        else:
            merged[index] = _merge_map(merged[index], change, node.items if node else None)
    return merge_order(merged, changes, kept, order)


def _list_directives(original: list[Any], patch: list[Any], key: str) -> tuple[list[Any], list[Any]]:
    """What stays of the original after `$patch: delete` and `replace` items, and the items that are none."""
    changes = []
    kept = original
    replaces = False
    for item in patch:
        if _PATCH not in item:
            changes.append(item)
        elif item[_PATCH] == "delete":
            value = _merge_value(item, key)
            kept = [other for other in kept if other.get(key) != value]
        elif item[_PATCH] == "replace":
            replaces = True
        elif item[_PATCH] == "merge":
            raise _unexpected("merging lists cannot yet be specified in the patch")
        else:
            raise _bad_directive(item[_PATCH], item)
    return ([] if replaces else kept), changes


def _check_order(change: list[Any], wanted: list[Any], order: Order) -> None:
    """The patch's items must come in the order that its own directive gives."""
    if not change or not wanted:
        return
    remaining = iter([order.of(item) for item in wanted])
    for item in change:
        if isinstance(item, dict) and _PATCH in item:
            continue
        if not any(order.of(item) == candidate for candidate in remaining):
            said = f"$setElementOrder list:\n{go_text(wanted)}\n"
            raise _unexpected(f"The order in patch list:\n{go_text(change)}\n doesn't match {said}")


def _merge_value(item: Object, key: str) -> Any:
    if key not in item:
        raise _unexpected(f"map: {go_text(item)} does not contain declared merge key: {key}")
    return item[key]


def _plain(value: Any) -> Any:
    """What is new, without nulls and without parts that hold a directive."""
    if isinstance(value, dict):
        kept = {key: part for key, part in value.items() if part is not None and not _has_directive(part)}
        return {key: _plain(part) for key, part in kept.items()}
    return [_plain(part) for part in value if not _has_directive(part)] if isinstance(value, list) else value


def _has_directive(value: Any) -> bool:
    return isinstance(value, dict) and _PATCH in value


def _go_kind(value: Any) -> str:
    names = {"number": "int64", "object": "map[string]interface {}", "bool": "bool", "string": "string"}
    return names.get(go_type(value), "<nil>")


def _bad_directive(directive: Any, patch: Object) -> ApiError:
    return _unexpected(f"unknown patch type: {go_text(directive)} in map: {go_text(patch)}")


def _unexpected(message: str) -> ApiError:
    return ApiError(500, "", message)
