"""Checks that many kinds share: numbers, ports, names, quantities, relative paths, immutable fields."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from minikf.embedded import names
from minikf.embedded.schema.fieldpath import Path, child, invalid, key, not_supported, required
from minikf.embedded.status import Cause, Object
from minikf.quantity import parse

_MAX_INT32 = 2**31 - 1
IMMUTABLE = "field is immutable"
NEGATIVE = "must be greater than or equal to 0"
# Resources that count whole things.
_INTEGERS = (
    *("pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps"),
    *("persistentvolumeclaims", "services.nodeports", "services.loadbalancers"),
)


def nonnegative(obj: Object, fields: Collection[str], path: Path) -> list[Cause]:
    """For those of `fields` that are set."""
    return [
        invalid(child(path, field), obj[field], NEGATIVE)
        for field in fields
        if obj.get(field) is not None and obj[field] < 0
    ]


def one_of(value: Any, supported: list[str], path: Path) -> list[Cause]:
    """An enum whose empty value is a missing one."""
    if not value:
        return [required(path)]
    return [] if value in supported else [not_supported(path, value, supported)]


def named(value: str, rule: Callable[[str], list[str]], path: Path) -> list[Cause]:
    return [invalid(path, value, problem) for problem in rule(value)]


def required_name(value: str | None, rule: Callable[[str], list[str]], path: Path) -> list[Cause]:
    return named(value, rule, path) if value else [required(path)]


def port_number(value: int, path: Path) -> list[Cause]:
    return [] if 1 <= value <= 65535 else [invalid(path, value, "must be between 1 and 65535, inclusive")]


def port_number_or_name(value: int | str | None, path: Path) -> list[Cause]:
    if isinstance(value, str):
        return named(value, names.port_name, path)
    return port_number(value or 0, path)


def in_range(value: int, low: int, high: int, path: Path) -> list[Cause]:
    return [] if low <= value <= high else [invalid(path, value, f"must be between {low} and {high}, inclusive")]


def positive_int32(value: int, path: Path) -> list[Cause]:
    return in_range(value, 1, _MAX_INT32, path)


def quantity(resource: str, value: Any, path: Path) -> list[Cause]:
    """A quantity of a resource: not negative, and whole where the resource counts things."""
    amount = parse(value)
    found = [invalid(path, str(value), NEGATIVE)] if amount < 0 else []
    is_extended = "/" in resource and not resource.partition("/")[0].endswith("kubernetes.io")
    counts = resource in _INTEGERS or resource.startswith("count/") or is_extended
    if counts and amount % 1 != 0:
        found.append(invalid(path, value, "must be an integer"))
    return found


def relative_path(value: str, path: Path) -> list[Cause]:
    """A path that stays below where it starts."""
    found = [invalid(path, value, "must be a relative path")] if value.startswith("/") else []
    return found + no_backsteps(value, path)


def no_backsteps(value: str, path: Path) -> list[Cause]:
    return [invalid(path, value, "must not contain '..'")] if ".." in value.split("/") else []


def file_path(value: str, path: Path) -> list[Cause]:
    """A relative path for a file in a volume, whose own bookkeeping begins with two dots."""
    found = relative_path(value, path)
    if value.startswith("..") and not value.startswith("../") and value != "..":
        found.append(invalid(path, value, "must not start with '..'"))
    return found


def unchanged(obj: Object, old: Object, fields: Collection[str], path: Path) -> list[Cause]:
    """One cause for each of `fields` that differs."""
    return [
        invalid(child(path, field), obj.get(field), IMMUTABLE)
        for field in fields
        if (obj.get(field) or None) != (old.get(field) or None)
    ]


def changed_fields(obj: Any, old: Any, path: Path) -> list[Path]:
    """The deepest paths at which two values differ, sorted; for messages."""
    if isinstance(obj, dict) and isinstance(old, dict):
        keys = sorted(obj.keys() | old.keys())
        return [found for name in keys for found in changed_fields(obj.get(name), old.get(name), child(path, name))]
    if isinstance(obj, list) and isinstance(old, list) and len(obj) == len(old):
        pairs = enumerate(zip(obj, old, strict=True))
        return [found for index, (new, was) in pairs for found in changed_fields(new, was, key(path, str(index)))]
    return [] if obj == old else [path]
