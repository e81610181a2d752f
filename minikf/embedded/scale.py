"""The scale subresource of a custom kind: an autoscaling/v1 Scale of its replicas, which `kubectl scale` writes.

k8s.io/apiextensions-apiserver v0.34.4, pkg/registry/customresource/etcd.go and validator.go.
"""

from __future__ import annotations

from typing import Any

from minikf.embedded.kinds import Kind
from minikf.embedded.kinds import Scale as Paths
from minikf.embedded.patching.shape import go_text
from minikf.embedded.status import ApiError, Cause, Object, bad_request

API_VERSION, KIND = "autoscaling/v1", "Scale"
_KEPT = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
_MAX_INT32 = 2**31 - 1
_GO_TYPES = {str: "string", bool: "bool", float: "float64", list: "[]interface {}", dict: "map[string]interface {}"}


def read(kind: Kind, obj: Object) -> Object:
    """The Scale of an object. Raises ApiError 500 where it does not say its replicas, as the real API server does."""
    paths = _paths(kind)
    if _number(obj, paths.replicas) is None:
        why = f'the spec replicas field "{_shown(paths.replicas)}" does not exist'
        details = {"causes": [{"message": why}]}
        raise ApiError(500, "InternalError", f"Internal error occurred: {why}", details)
    return view(kind, obj)


def view(kind: Kind, obj: Object) -> Object:
    """The Scale of an object; it has no replicas where the object does not say them."""
    paths = _paths(kind)
    selector = _at(obj, paths.selector)
    replicas = _number(obj, paths.replicas)
    return {
        "kind": KIND,
        "apiVersion": API_VERSION,
        "metadata": {key: obj["metadata"][key] for key in _KEPT if key in obj["metadata"]},
        "spec": {"replicas": replicas} if replicas else {},
        "status": {"replicas": _number(obj, paths.current) or 0}
        | ({"selector": selector} if isinstance(selector, str) and selector else {}),
    }


def write(kind: Kind, obj: Object, scale: Any) -> Object:
    """`obj`, changed in place, with the replicas and the resourceVersion of a Scale. Raises ApiError 400."""
    spec, meta = _part(scale, "spec"), _part(scale, "metadata")
    if (scale.get("kind") or KIND, scale.get("apiVersion") or API_VERSION) != (KIND, API_VERSION):
        raise bad_request(f"the body must be a {KIND} of {API_VERSION}")
    if (meta.get("name") or obj["metadata"]["name"]) != obj["metadata"]["name"]:
        name = obj["metadata"]["name"]
        raise bad_request(f"the name of the object ({meta['name']}) does not match the name on the URL ({name})")
    replicas = spec.get("replicas") or 0
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        raise bad_request(f"spec.replicas of a {KIND} must be a whole number, not {go_text(replicas)}")
    inner = obj
    *above, last = _paths(kind).replicas
    for part in above:
        inner = inner.setdefault(part, {})
        if not isinstance(inner, dict):
            raise bad_request(f"{_shown(_paths(kind).replicas)} cannot be set: {part} is no map")
    inner[last] = replicas
    if meta.get("resourceVersion"):
        obj["metadata"]["resourceVersion"] = meta["resourceVersion"]
    return obj


def unknown_fields(scale: Object) -> list[str]:
    """What a Scale does not have, in the API server's words."""
    found = [key for key in scale if key not in ("kind", "apiVersion", "metadata", "spec", "status")]
    found += [f"spec.{key}" for key in _part(scale, "spec") if key != "replicas"]
    return [f'unknown field "{path}"' for path in found]


def causes(kind: Kind, obj: Object) -> list[Cause]:
    """Why the numbers of a kind that can be scaled are none."""
    if kind.scale is None:
        return []
    found = []
    for path in (kind.scale.replicas, kind.scale.current):
        value, where = _at(obj, path), _shown(path)
        if value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool):
            shown = f"{go_text(value)} is of the type {_GO_TYPES[type(value)]}, expected int64"
            found.append(Cause(where, "FieldValueInvalid", f"Invalid value: 0: {where} accessor error: {shown}"))
        elif value < 0:
            found.append(Cause(where, "FieldValueInvalid", f"Invalid value: {value}: should be a non-negative integer"))
        elif value > _MAX_INT32:
            why = f"should be less than or equal to {_MAX_INT32}"
            found.append(Cause(where, "FieldValueInvalid", f"Invalid value: {value}: {why}"))
    return found


def _paths(kind: Kind) -> Paths:
    assert kind.scale is not None, "asked only of kinds that have the subresource"
    return kind.scale


def _shown(path: tuple[str, ...]) -> str:
    return "." + ".".join(path)


def _at(obj: Object, path: tuple[str, ...]) -> Any:
    value: Any = obj
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _number(obj: Object, path: tuple[str, ...]) -> int | None:
    value = _at(obj, path)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _part(scale: Any, name: str) -> Object:
    """Raises ApiError 400 where the Scale, or this part of it, is no map."""
    part = scale.get(name) if isinstance(scale, dict) else scale
    part = {} if part is None else part
    if not isinstance(part, dict):
        raise bad_request(f"{KIND} in version {API_VERSION} cannot be handled: {name} must be a map")
    return part
