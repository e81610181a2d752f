"""Which fields are the user's own, by `metadata.managedFields`.

FieldsV1 as in the documentation of structured-merge-diff: a tree whose keys are `f:NAME` for a field, `k:{...}` for
the item of a list map with these keys, `v:VALUE` for the item of a set, `.` for the value itself; an empty tree is
a field owned as a whole.
"""

from __future__ import annotations

import json
from typing import Any

from minikf.promote.model import Object

# Who writes fields that are not the user's. A controller that names no manager is known by its program: Kubeflow's
# run `/manager` (kubeflow/manifests 26.03, applications/{kserve,trainer}). The embedded engine's are called
# `<what>-controller`; what it is born with (`minikf-seed`) is content like a user's.
_CONTROLLERS = frozenset({"manager", "kube-apiserver", "kubelet", "garbage-collector"})
_CONTROLLER_SUFFIXES = ("-controller", "-controller-manager")

Fields = dict[str, Any]


def users_own(obj: Object) -> Object:
    """`obj` without the fields that only the API server's defaults or controllers set.

    Where managedFields tell nothing about a user, everything is kept. Defaults that were filled in when a user
    created the object count as that user's (the API server records them so).
    """
    fields = _of_users(obj["metadata"].get("managedFields") or [])
    if not fields:
        return obj
    kept = {
        key: _prune(value, fields[f"f:{key}"])
        for key, value in obj.items()
        if key not in ("apiVersion", "kind", "metadata", "status") and f"f:{key}" in fields
    }
    metadata = dict(obj["metadata"])
    own = fields.get("f:metadata") or {}
    for part in ("labels", "annotations"):
        if part in metadata:
            metadata[part] = _prune(metadata[part], own[f"f:{part}"]) if f"f:{part}" in own else {}
    return {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": metadata} | kept


def is_controller(manager: str) -> bool:
    """Whether a manager of fields is a program that works for everybody, not a user or what a user runs."""
    return manager in _CONTROLLERS or manager.endswith(_CONTROLLER_SUFFIXES)


def _of_users(entries: list[Object]) -> Fields:
    union: Fields = {}
    for entry in entries:
        manager = entry.get("manager") or ""
        if entry.get("subresource") or is_controller(manager):
            continue
        union = _union(union, entry.get("fieldsV1") or {}) if union else dict(entry.get("fieldsV1") or {})
    return union


def _union(one: Fields, other: Fields) -> Fields:
    if not one or not other:
        return {}
    both = dict(one)
    for key, fields in other.items():
        both[key] = _union(both[key], fields) if key in both else fields
    return both


def _prune(value: Any, fields: Fields) -> Any:
    if not fields:
        return value
    if isinstance(value, dict):
        return {key: _prune(inner, fields[f"f:{key}"]) for key, inner in value.items() if f"f:{key}" in fields}
    if isinstance(value, list):
        return _prune_list(value, fields)
    return value


def _prune_list(items: list[Any], fields: Fields) -> list[Any]:
    by_key = [(json.loads(key[2:]), inner) for key, inner in fields.items() if key.startswith("k:")]
    values = [json.loads(key[2:]) for key in fields if key.startswith("v:")]
    kept = []
    for item in items:
        if item in values:
            kept.append(item)
        for keys, inner in by_key:
            if isinstance(item, dict) and all(_same(item, key, wanted) for key, wanted in keys.items()):
                kept.append(_prune(item, inner) | keys)
                break
    return kept


def _same(item: Object, key: str, wanted: Any) -> bool:
    """A key that a list map's item lacks is there by its default, which managedFields spell out."""
    return bool(item.get(key, wanted) == wanted)
