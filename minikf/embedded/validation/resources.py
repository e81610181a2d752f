"""`resources` of containers and pods."""

from __future__ import annotations

from minikf.embedded import names
from minikf.embedded.schema.fieldpath import Path, child, invalid, key, required
from minikf.embedded.status import Cause, Object
from minikf.embedded.validation.values import quantity
from minikf.quantity import parse

_STANDARD = ("cpu", "memory", "ephemeral-storage")


def requirements(resources: Object, path: Path) -> list[Cause]:
    """Names and quantities of limits and requests, and that no request is above its limit."""
    found = []
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for field, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            where = key(child(path, field), name)
            found += resource_name(name, where)
            found += quantity(name, amount, where)
    where = child(path, "requests")
    for name, amount in requests.items():
        if name not in limits:
            if _is_exact(name):
                found.append(required(child(path, "limits"), "Limit must be set for non overcommitable resources"))
        elif _is_exact(name):
            if parse(amount) != parse(limits[name]):
                found.append(invalid(where, str(amount), f"must be equal to {name} limit of {limits[name]}"))
        elif parse(amount) > parse(limits[name]):
            why = f"must be less than or equal to {name} limit of {limits[name]}"
            found.append(invalid(where, str(amount), why))
    return found


def _is_exact(name: str) -> bool:
    """Whether a resource cannot be promised twice: devices and huge pages."""
    return name.startswith("hugepages-") or is_extended(name)


def is_extended(name: str) -> bool:
    """Whether a resource is a device's, such as nvidia.com/gpu."""
    domain, slash, _ = name.partition("/")
    return bool(slash) and not domain.endswith("kubernetes.io") and not name.startswith("requests.")


def resource_name(name: str, path: Path) -> list[Cause]:
    found = [invalid(path, name, problem) for problem in names.qualified_name(name)]
    if "/" not in name and name not in _STANDARD and not name.startswith("hugepages-"):
        if not found:
            found.append(invalid(path, name, "must be a standard resource type or fully qualified"))
        found.append(invalid(path, name, "must be a standard resource for containers"))
    elif name.startswith("requests.") and "/" in name:
        found.append(invalid(path, name, "doesn't follow extended resource name standard"))
    return found
