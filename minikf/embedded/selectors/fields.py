"""Field selectors: `metadata.name=x,status.phase!=Running`.

Syntax: k8s.io/apimachinery v0.34.4, pkg/fields/selector.go. Supported fields by kind: k8s.io/kubernetes v1.34.4,
pkg/apis/core/v1/conversion.go, pkg/apis/batch/v1/conversion.go and the kinds' registry strategies.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from minikf.embedded.kinds import Kind
from minikf.embedded.status import ApiError, Object, bad_request

Read = Callable[[Object], str]
Predicate = Callable[[Object], bool]

_TERM = re.compile(r"(.*?)(!=|==|=)(.*)", re.DOTALL)


def _path(dotted: str, *, otherwise: str = "") -> Read:
    """Reads a field as text; `otherwise` is what an absent one counts as."""
    keys = dotted.split(".")

    def read(obj: Object) -> str:
        value: Any = obj
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        if value is None:
            return otherwise
        return str(value).lower() if isinstance(value, bool) else str(value)

    return read


def _event_source(obj: Object) -> str:
    return (obj.get("source") or {}).get("component") or obj.get("reportingComponent") or ""


def _paths(*dotted: str) -> dict[str, Read]:
    return {field: _path(field) for field in dotted}


_INVOLVED = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
_FIELDS: dict[tuple[str, str], dict[str, Read]] = {
    ("", "Pod"): _paths(
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    )
    | {
        "spec.host": _path("spec.nodeName"),
        "spec.hostNetwork": _path("spec.hostNetwork", otherwise="false"),
        "status.podIPs": lambda obj: ",".join(ip.get("ip", "") for ip in (obj.get("status") or {}).get("podIPs") or ()),
    },
    ("", "Event"): _paths(*(f"involvedObject.{field}" for field in _INVOLVED), "reason", "reportingComponent", "type")
    | {"source": _event_source},
    ("", "Namespace"): _paths("status.phase"),
    ("", "Secret"): _paths("type"),
    ("", "Service"): _paths("spec.clusterIP", "spec.type"),
    ("batch", "Job"): {"status.successful": _path("status.succeeded", otherwise="0")},
}


def field_selector(text: str, kind: Kind) -> Predicate:
    """Whether an object's fields match `text`; everything matches "". Raises ApiError 400 on nonsense or a field that
    the API does not select this kind by."""
    terms = [_term(part, text, kind) for part in sorted(_split(text)) if part]
    if not terms:
        return lambda obj: True
    return lambda obj: all((read(obj) == value) == wanted for read, value, wanted in terms)


def _split(text: str) -> list[str]:
    """At commas that no backslash escapes."""
    return [part for part, _ in re.findall(r"((?:\\.|[^,\\]|\\$)*)(,|$)", text, re.DOTALL)]


def _term(part: str, text: str, kind: Kind) -> tuple[Read, str, bool]:
    found = _TERM.fullmatch(part)
    if found is None:
        raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
    field, operator, escaped = found.groups()
    value = _unescape(escaped)
    return _reader(field, kind), value, operator != "!="


def _reader(field: str, kind: Kind) -> Read:
    own = _FIELDS.get((kind.group, kind.kind), {})
    if field == "metadata.name" or (field == "metadata.namespace" and kind.kind != "Namespace"):
        return _path(field)
    if field in own:
        return own[field]
    raise _unsupported(field, kind)


def _unsupported(field: str, kind: Kind) -> ApiError:
    if kind.kind == "Job":
        return bad_request(f'field label "{field}" not supported for Job')
    if kind.is_custom or (kind.group, kind.kind) in _FIELDS:
        return bad_request(f"field label not supported: {field}")
    return bad_request(f'"{field}" is not a known field selector: only "metadata.name", "metadata.namespace"')


def _unescape(value: str) -> str:
    out = []
    characters = iter(value)
    for character in characters:
        if character == "\\":
            escaped = next(characters, "")
            if escaped not in ("\\", ",", "="):
                raise bad_request(f"invalid field selector: invalid escape sequence: \\{escaped}")
            out.append(escaped)
        elif character in ",=":
            raise bad_request(f"invalid field selector: unescaped character in value: {ord(character)}")
        else:
            out.append(character)
    return "".join(out)
