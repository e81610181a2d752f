"""ConfigMaps and Secrets."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import orjson

from minikf.embedded import names
from minikf.embedded.schema.fieldpath import Path, forbidden, invalid, key, required, too_long
from minikf.embedded.status import Cause, Object
from minikf.embedded.validation.values import IMMUTABLE

_SIZE_LIMIT = 1024 * 1024  # bytes of all values
_WHOLE = "[]"  # how the API server names the object as a whole
_FROZEN = "field is immutable when `immutable` is set"
_DOCKER = {"kubernetes.io/dockercfg": ".dockercfg", "kubernetes.io/dockerconfigjson": ".dockerconfigjson"}
_TOKEN = "kubernetes.io/service-account-token"  # a type's name, no credential
_ACCOUNT = "kubernetes.io/service-account.name"


def validate_config_map(obj: Object, old: Object | None) -> list[Cause]:
    found = _frozen(obj, old, ("data", "binaryData"))
    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    found += _keys(data, "data") + _keys(binary, "binaryData")
    found += [
        invalid(key("data", name), name, "duplicate of key present in binaryData") for name in data if name in binary
    ]
    size = sum(len(value.encode()) for value in data.values()) + _decoded_size(binary)
    if size > _SIZE_LIMIT:
        found.append(too_long(_WHOLE, _SIZE_LIMIT))
    return found


def validate_secret(obj: Object, old: Object | None) -> list[Cause]:
    found = []
    if old is not None and obj.get("type") != old.get("type"):
        found.append(invalid("type", obj.get("type"), IMMUTABLE))
    found += _frozen(obj, old, ("data",))
    data = obj.get("data") or {}
    found += _keys(data, "data")
    if _decoded_size(data) > _SIZE_LIMIT:
        found.append(too_long("data", _SIZE_LIMIT))
    return found + _of_type(obj.get("type", ""), data, obj["metadata"])


def _keys(data: Mapping[str, str], path: Path) -> list[Cause]:
    return [invalid(key(path, name), name, problem) for name in data for problem in names.config_key(name)]


def _decoded_size(data: Mapping[str, str]) -> int:
    return sum(len(base64.b64decode(value)) for value in data.values())


def _frozen(obj: Object, old: Object | None, fields: tuple[str, ...]) -> list[Cause]:
    if old is None or not old.get("immutable"):
        return []
    found = [] if obj.get("immutable") else [forbidden("immutable", _FROZEN)]
    changed = [field for field in fields if (obj.get(field) or {}) != (old.get(field) or {})]
    return found + [forbidden(field, _FROZEN) for field in changed]


def _of_type(kind: str, data: Mapping[str, str], metadata: Object) -> list[Cause]:
    """What the built-in types of Secrets must hold."""
    match kind:
        case "kubernetes.io/dockercfg" | "kubernetes.io/dockerconfigjson":
            return _docker(data, _DOCKER[kind])
        case "kubernetes.io/basic-auth":
            missing = not {"username", "password"} & data.keys()
            return [required(key("data", name)) for name in ("username", "password")] if missing else []
        case "kubernetes.io/ssh-auth":
            return [] if data.get("ssh-privatekey") else [required(key("data", "ssh-privatekey"))]
        case "kubernetes.io/tls":
            return [required(key("data", name)) for name in ("tls.crt", "tls.key") if name not in data]
    if kind == _TOKEN and not (metadata.get("annotations") or {}).get(_ACCOUNT):
        return [required(key("metadata.annotations", _ACCOUNT))]
    return []


def _docker(data: Mapping[str, str], name: str) -> list[Cause]:
    if name not in data:
        return [required(key("data", name))]
    try:
        orjson.loads(base64.b64decode(data[name]))
    except orjson.JSONDecodeError as error:
        return [invalid(key("data", name), "<secret contents redacted>", str(error))]
    return []
