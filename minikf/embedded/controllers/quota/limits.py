"""LimitRanges: defaults for containers, and bounds; pure. Rules: plugin/pkg/admission/limitranger, v1.34.4."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from minikf.embedded.controllers.quota.amounts import NOTHING, Amount, Amounts, read
from minikf.embedded.controllers.quota.usage import pod_amounts
from minikf.embedded.status import Object

_ANNOTATION = "kubernetes.io/limit-ranger"


def apply_defaults(limit_range: Object, pod: Object) -> None:
    """Gives containers that say nothing the namespace's defaults, in place, and notes which."""
    requests: Object = {}
    limits: Object = {}
    for limit in _limits(limit_range, "Container"):
        requests |= limit.get("defaultRequest") or {}
        limits |= limit.get("default") or {}
    notes = []
    for what, field in (("container", "containers"), ("init container", "initContainers")):
        for container in pod["spec"].get(field) or []:
            for word, wanted in (("request", requests), ("limit", limits)):
                added = _fill(container, f"{word}s", wanted)
                if added:
                    notes.append(f"{', '.join(added)} {word} for {what} {container['name']}")
    if notes:
        annotations = pod["metadata"].setdefault("annotations", {})
        annotations[_ANNOTATION] = f"LimitRanger plugin set: {'; '.join(notes)}"


def violations(limit_range: Object, kind: str, obj: Object) -> list[str]:
    """How a Pod or PersistentVolumeClaim breaks the bounds."""
    if kind == "PersistentVolumeClaim":
        requests = read((obj["spec"].get("resources") or {}).get("requests"))
        return [text for limit in _limits(limit_range, kind) for text in _claim_violations(limit, requests)]
    errors = []
    containers = [*obj["spec"]["containers"], *(obj["spec"].get("initContainers") or [])]
    for limit in _limits(limit_range, "Container"):
        for container in containers:
            resources = container.get("resources") or {}
            errors += _check(limit, "Container", read(resources.get("requests")), read(resources.get("limits")))
    for limit in _limits(limit_range, "Pod"):
        errors += _check(limit, "Pod", pod_amounts(obj, "requests"), pod_amounts(obj, "limits"))
    return errors


def _limits(limit_range: Object, type_: str) -> list[Object]:
    return [limit for limit in limit_range["spec"].get("limits") or [] if limit["type"] == type_]


def _fill(container: Object, field: str, wanted: Object) -> list[str]:
    resources = container.setdefault("resources", {})
    given = resources.setdefault(field, {})
    added = sorted(set(wanted) - set(given))
    given |= {name: wanted[name] for name in added}
    for empty in [key for key in ("requests", "limits") if resources.get(key) == {}]:
        del resources[empty]
    if not resources:
        del container["resources"]
    return added


def _check(limit: Object, type_: str, requests: Amounts, limits: Amounts) -> list[str]:
    return [
        *_below_minimum(limit, type_, requests, limits),
        *_above_maximum(limit, type_, requests, limits),
        *_ratio_too_high(limit, type_, requests, limits),
    ]


def _below_minimum(limit: Object, type_: str, requests: Amounts, limits: Amounts) -> Iterator[str]:
    for name, bound in read(limit.get("min")).items():
        said = f"minimum {name} usage per {type_} is {bound}"
        if name not in requests:
            yield f"{said}.  No request is specified"
        elif requests[name].value < bound.value:
            yield f"{said}, but request is {requests[name]}"
        elif name in limits and limits[name].value < bound.value:
            yield f"{said}, but limit is {limits[name]}"


def _above_maximum(limit: Object, type_: str, requests: Amounts, limits: Amounts) -> Iterator[str]:
    for name, bound in read(limit.get("max")).items():
        said = f"maximum {name} usage per {type_} is {bound}"
        if name not in limits:
            yield f"{said}.  No limit is specified"
        elif limits[name].value > bound.value:
            yield f"{said}, but limit is {limits[name]}"
        elif name in requests and requests[name].value > bound.value:
            yield f"{said}, but request is {requests[name]}"


def _ratio_too_high(limit: Object, type_: str, requests: Amounts, limits: Amounts) -> Iterator[str]:
    for name, bound in read(limit.get("maxLimitRequestRatio")).items():
        said = f"{name} max limit to request ratio per {type_} is {bound}"
        request, upper = _value(requests, name), _value(limits, name)
        if not request:
            yield f"{said}, but no request is specified or request is 0"
        elif not upper:
            yield f"{said}, but no limit is specified or limit is 0"
        elif upper / request > bound.value:
            yield f"{said}, but provided ratio is {upper / request:.6f}"


def _claim_violations(limit: Object, requests: Amounts) -> Iterator[str]:
    yield from _below_minimum(limit, "PersistentVolumeClaim", requests, {})
    for name, bound in read(limit.get("max")).items():
        said = f"maximum {name} usage per PersistentVolumeClaim is {bound}"
        if name not in requests:
            yield f"{said}.  No request is specified"
        elif requests[name].value > bound.value:
            yield f"{said}, but request is {requests[name]}"


def _value(amounts: Amounts, name: str) -> Decimal:
    amount: Amount = amounts.get(name, NOTHING)
    return amount.value
