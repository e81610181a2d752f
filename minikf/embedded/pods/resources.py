"""Requests and limits of containers, and the pod's quality of service class. Pure."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from minikf import quantity
from minikf.embedded.status import Object

_COMPUTE = ("cpu", "memory")


def limit(container: Object, resource: str) -> Decimal | None:
    """A container's limit: cores of cpu, bytes of memory; None without one."""
    value = ((container.get("resources") or {}).get("limits") or {}).get(resource)
    return None if value is None else quantity.parse(value)


def memory_limit(container: Object) -> int:
    """Bytes, 0 for none."""
    return int(limit(container, "memory") or 0)


def cpu_count(container: Object) -> int:
    """Whole processors that the cpu limit amounts to, 0 for no limit."""
    cores = limit(container, "cpu")
    return 0 if cores is None else max(1, math.ceil(cores))


def qos_class(spec: Object) -> str:
    """Guaranteed, Burstable or BestEffort. Rule: k8s.io/kubernetes pkg/apis/core/v1/helper/qos v1.34."""
    containers = [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]
    claims = [_compute(container) for container in containers]
    if not any(requests or limits for requests, limits in claims):
        return "BestEffort"
    guaranteed = all(
        set(limits) == set(_COMPUTE) and all(requests.get(name, limits[name]) == limits[name] for name in _COMPUTE)
        for requests, limits in claims
    )
    return "Guaranteed" if guaranteed else "Burstable"


def _compute(container: Object) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    resources: dict[str, Any] = container.get("resources") or {}

    def of(kind: str) -> dict[str, Decimal]:
        values = resources.get(kind) or {}
        parsed = {name: quantity.parse(values[name]) for name in _COMPUTE if name in values}
        return {name: value for name, value in parsed.items() if value}

    return of("requests"), of("limits")
