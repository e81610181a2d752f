"""Services."""

from __future__ import annotations

from minikf.embedded import names
from minikf.embedded.schema.fieldpath import Path, child, duplicate, forbidden, index, not_supported, required
from minikf.embedded.status import Cause, Object
from minikf.embedded.validation.metadata import labels
from minikf.embedded.validation.values import named, one_of, port_number, port_number_or_name

_TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]
_PROTOCOLS = ["SCTP", "TCP", "UDP"]


def validate_service(obj: Object, old: Object | None) -> list[Cause]:
    spec = obj.get("spec") or {}
    kind, ports = spec.get("type"), spec.get("ports") or []
    found = []
    if not ports and spec.get("clusterIP") != "None" and kind != "ExternalName":
        found.append(required("spec.ports"))
    if kind == "ExternalName":
        name = (spec.get("externalName") or "").removesuffix(".")
        found += named(name, names.dns1123_subdomain, "spec.externalName") if name else [required("spec.externalName")]
    found += _ports(ports)
    found += labels(spec.get("selector") or {}, "spec.selector")
    found += one_of(spec.get("sessionAffinity"), ["ClientIP", "None"], "spec.sessionAffinity")
    if kind not in _TYPES:
        found.append(not_supported("spec.type", kind, _TYPES))
    if kind == "ClusterIP":
        why = "may not be used when `type` is 'ClusterIP'"
        taken = [position for position, port in enumerate(ports) if port.get("nodePort")]
        found += [forbidden(child(index("spec.ports", position), "nodePort"), why) for position in taken]
    return found + _unique(ports)


def _ports(ports: list[Object]) -> list[Cause]:
    found = []
    seen: set[str] = set()
    for position, port in enumerate(ports):
        where: Path = index("spec.ports", position)
        name = port.get("name") or ""
        if not name and len(ports) > 1:
            found.append(required(child(where, "name")))
        elif name:
            found += named(name, names.dns1123_label, child(where, "name"))
            if name in seen:
                found.append(duplicate(child(where, "name"), name))
            seen.add(name)
        found += port_number(port.get("port") or 0, child(where, "port"))
        found += one_of(port.get("protocol"), _PROTOCOLS, child(where, "protocol"))
        found += port_number_or_name(port.get("targetPort"), child(where, "targetPort"))
    return found


def _unique(ports: list[Object]) -> list[Cause]:
    """One entry for each protocol and port, and for each protocol and node port."""
    found = []
    for field in ("nodePort", "port"):
        seen: set[tuple[str, int]] = set()
        for position, port in enumerate(ports):
            taken = (port.get("protocol") or "", port.get(field) or 0)
            if taken[1] and taken in seen:
                where = index("spec.ports", position)
                shown = {"protocol": taken[0], "port": taken[1]}
                found.append(
                    duplicate(child(where, field), taken[1]) if field == "nodePort" else duplicate(where, shown)
                )
            seen.add(taken)
    return found
