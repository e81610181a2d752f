"""ResourceQuotas and LimitRanges."""

from __future__ import annotations

from minikf.embedded import names
from minikf.embedded.schema.fieldpath import Path, child, duplicate, forbidden, index, invalid, key, required
from minikf.embedded.status import Cause, Object
from minikf.embedded.validation.values import IMMUTABLE, quantity
from minikf.quantity import parse

_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_QUOTA = (
    *_COMPUTE,
    *(f"{side}.{name}" for side in ("requests", "limits") for name in _COMPUTE),
    *("requests.storage", "persistentvolumeclaims", "pods", "services", "replicationcontrollers"),
    *("resourcequotas", "secrets", "configmaps", "services.nodeports", "services.loadbalancers"),
)
_LIMIT_TYPES = ("Pod", "Container", "PersistentVolumeClaim")


def validate_quota(obj: Object, old: Object | None) -> list[Cause]:
    spec = obj.get("spec") or {}
    found = []
    for name, amount in (spec.get("hard") or {}).items():
        where = key("spec.hard", name)
        found += _quota_name(name, where)
        found += quantity(name, amount, where)
    if old is not None:
        scopes, before = spec.get("scopes") or [], (old.get("spec") or {}).get("scopes") or []
        if set(scopes) != set(before):
            found.append(invalid("spec.scopes", scopes, IMMUTABLE))
    return found


def _quota_name(name: str, path: Path) -> list[Cause]:
    found = [invalid(path, name, problem) for problem in names.qualified_name(name)]
    if "/" in name or name in _QUOTA or "hugepages-" in name:
        return found
    if not found:
        found.append(invalid(path, name, "must be a standard resource type or fully qualified"))
    return [*found, invalid(path, name, "must be a standard resource for quota")]


def validate_limit_range(obj: Object, old: Object | None) -> list[Cause]:
    found = []
    seen: set[str] = set()
    for position, limit in enumerate((obj.get("spec") or {}).get("limits") or []):
        path = index("spec.limits", position)
        kind = limit.get("type") or ""
        found += [invalid(child(path, "type"), kind, problem) for problem in names.qualified_name(kind)]
        if kind and "/" not in kind and kind not in _LIMIT_TYPES:
            why = "must be a standard limit type or fully qualified"
            found.append(invalid(child(path, "type"), kind, why))
        if kind in seen:
            found.append(duplicate(child(path, "type"), kind))
        seen.add(kind)
        found += _limit(limit, kind, path)
    return found


def _limit(limit: Object, kind: str, path: Path) -> list[Cause]:
    found = []
    if kind == "Pod":
        why = "may not be specified when `type` is 'Pod'"
        found += [forbidden(child(path, field), why) for field in ("default", "defaultRequest") if limit.get(field)]
    low, high = limit.get("min") or {}, limit.get("max") or {}
    default, request = limit.get("default") or {}, limit.get("defaultRequest") or {}
    if kind == "PersistentVolumeClaim" and "storage" not in low and "storage" not in high:
        why = "either minimum or maximum storage value is required, but neither was provided"
        found.append(required(child(path, "limits"), why))
    for name in sorted({*low, *high, *default, *request}):
        comparisons = (
            ("min", low, "min value", high, "max value", low),
            ("defaultRequest", low, "min value", request, "default request value", request),
            ("defaultRequest", request, "default request value", high, "max value", request),
            ("defaultRequest", request, "default request value", default, "default limit value", request),
            ("default", low, "min value", default, "default value", low),
            ("default", default, "default value", high, "max value", high),
        )
        for field, less, less_name, more, more_name, shown in comparisons:
            if name in less and name in more and parse(less[name]) > parse(more[name]):
                why = f"{less_name} {less[name]} is greater than {more_name} {more[name]}"
                found.append(invalid(key(child(path, field), name), shown[name], why))
    ratios = limit.get("maxLimitRequestRatio") or {}
    found += [
        invalid(key(child(path, "maxLimitRequestRatio"), name), ratio, f"ratio {ratio} is less than 1")
        for name, ratio in ratios.items()
        if parse(ratio) < 1
    ]
    return found
