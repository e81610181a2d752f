"""Names of what pods and addresses may ask for: classes of priority, runtime, ingress and gateway."""

from __future__ import annotations

from typing import Any

from minikf.promote.targets.probe.asking import Ask, name_of

_CLASSES = (
    ("priority_classes", "scheduling.k8s.io", "PriorityClass"),
    ("runtime_classes", "node.k8s.io", "RuntimeClass"),
    ("ingress_classes", "networking.k8s.io", "IngressClass"),
    ("gateway_classes", "gateway.networking.k8s.io", "GatewayClass"),
)
FIELDS = tuple(field for field, _, _ in _CLASSES)


def look(ask: Ask) -> dict[str, Any]:
    """One field for each kind of class."""
    return {
        field: tuple(sorted(name_of(one) for one in ask.listed(field, group, kind, names=True)))
        for field, group, kind in _CLASSES
    }
