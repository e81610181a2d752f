"""JSON Merge Patch, RFC 7386."""

from __future__ import annotations

from typing import Any

from minikf.embedded.patching.shape import go_type
from minikf.embedded.status import Object, bad_request


def merge_patch(obj: Object, patch: Any) -> Object:
    """A new object: `patch` merged into `obj`, null removing a key; `obj` shares what did not change.

    Raises ApiError 400 when the patch is no JSON object.
    """
    if patch is None:
        raise bad_request("Invalid JSON Patch")
    if not isinstance(patch, dict):
        target = "Go value of type map[string]interface {}"
        raise bad_request(f"error decoding patch: json: cannot unmarshal {go_type(patch)} into {target}")
    return _merge(obj, patch)


def _merge(target: Any, patch: Object) -> Object:
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = _merge(merged.get(key), value)
        else:
            merged[key] = value
    return merged
