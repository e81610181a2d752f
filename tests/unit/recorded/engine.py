"""What the engine's pure functions make of a write: the road of `objects.py`, without store, clock and cluster."""

from __future__ import annotations

import json
from typing import Any

from minikf.embedded import kinds, managed
from minikf.embedded.defaults import default_object
from minikf.embedded.defaults.generated import generate
from minikf.embedded.kinds import Kind
from minikf.embedded.patching import merge_patch
from minikf.embedded.schema import schema_for
from minikf.embedded.status import invalid
from minikf.embedded.validation import validate_object
from tests.unit.recorded.sequences import Step

Object = dict[str, Any]
NOW = "2026-01-01T00:00:00Z"


def copy(obj: Object) -> Object:
    out: Object = json.loads(json.dumps(obj))
    return out


def kind_of(path: str) -> Kind:
    """The kind of a collection's path."""
    parts = path.strip("/").split("/")
    group, version = ("", parts[1]) if parts[0] == "api" else (parts[1], parts[2])
    kind = kinds.by_path(group, version, parts[-1])
    assert kind is not None, path
    return kind


def prepared(kind: Kind, obj: Object, old: Object | None = None) -> Object:
    """Decoded, defaulted and validated. Raises ApiError."""
    schema = schema_for(kind)
    schema.unknown_fields(obj, prune=True)
    metadata = obj.setdefault("metadata", {})
    if kind.namespaced:
        metadata.setdefault("namespace", "default")
    metadata.setdefault("uid", "UID")
    if kind.has_status:
        obj.pop("status", None)
    schema.default(obj)
    default_object(kind, obj)
    generate(kind, obj, old)
    causes = validate_object(kind, obj, old) + schema.validate(obj, old)
    if causes:
        raise invalid(kind.group, kind.kind, metadata.get("name") or "", causes)
    return obj


def created(kind: Kind, obj: Object, manager: str) -> Object:
    schema = schema_for(kind)
    made = copy(obj)
    # Owners are told before admission and generated labels, as a kube-apiserver does.
    schema.unknown_fields(made, prune=True)
    plain = copy(made)
    schema.default(plain)
    default_object(kind, plain)
    managed.record_update(None, plain, manager, kind.api_version, schema, "", NOW)
    out = prepared(kind, made)
    if "managedFields" in plain["metadata"]:
        out["metadata"]["managedFields"] = plain["metadata"]["managedFields"]
    return out


def stepped(kind: Kind, live: Object | None, step: Step) -> Object:
    """The object after one write. Raises ApiError."""
    schema = schema_for(kind)
    if step.verb == "apply":
        out = managed.apply(live, copy(step.body), step.manager, kind.api_version, step.force, schema, "", NOW)
        fields = out["metadata"].get("managedFields")
        prepared(kind, out, live)
        if fields is not None:
            out["metadata"]["managedFields"] = fields
        return live if live is not None and managed.only_times_differ(out, live) else out
    if live is None:
        return created(kind, step.body, step.manager)
    body = copy(step.body) if step.verb == "update" else merge_patch(copy(live), copy(step.body))
    body["metadata"] |= {"name": live["metadata"]["name"]}
    out = prepared(kind, body, live)
    return managed.record_update(live, out, step.manager, kind.api_version, schema, "", NOW)
