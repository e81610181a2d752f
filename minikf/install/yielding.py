"""Fields that others take over by design. Upstream's objects set some of them; where the one whose field it is has it
already, ours is left out, and nothing is ever forced.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from minikf.install.look import CRD, definition, parsed
from minikf.install.objects import Item
from minikf.install.webhooks import KINDS
from minikf.kube.apply import Conflict

_ISSUED = (*KINDS, CRD, "APIService")


def yields(item: Item, field: str, owner: str) -> bool:
    """Whether `field`, as a conflict names it, belongs to `owner` by design."""
    if item.kind in _ISSUED and field.endswith(".caBundle"):  # who issues the certificate says whom to trust
        return True
    if item.kind == "ClusterRole" and field == ".rules":  # the cluster's controller collects them
        return "aggregationRule" in item.text
    # A HorizontalPodAutoscaler writes through the controller manager.
    return (
        item.kind in ("Deployment", "StatefulSet") and field == ".spec.replicas" and owner == "kube-controller-manager"
    )


def may_lose(item: Item) -> bool:
    """Whether others take fields of it over by design, so that losing some is no change that has to be undone.

    Of a definition that is the authority of its converter; to list definitions costs the API server a second.
    """
    if item.kind == CRD:
        return "caBundle" in str(definition(item).get("conversion"))
    return item.kind in _ISSUED or (item.kind == "ClusterRole" and "aggregationRule" in item.text)


def without(item: Item, conflict: Conflict) -> bytes | None:
    """Its text without the fields that are others' by design; None where any other field is in conflict."""
    if not all(yields(item, field, owner) for field, owner in conflict.owners):
        return None
    body = parsed(item)
    for field, _ in conflict.owners:
        last = field.rpartition(".")[2]
        if last == "caBundle":
            _drop_bundles(body)
        elif last == "rules":
            body.pop("rules", None)
        else:
            body["spec"].pop("replicas", None)
    return json.dumps(body).encode()


def _drop_bundles(body: Mapping[str, Any]) -> None:
    spec = body.get("spec") or {}
    configs = [one.get("clientConfig") or {} for one in body.get("webhooks") or ()]
    configs += [(((spec.get("conversion") or {}).get("webhook") or {}).get("clientConfig") or {}), spec]
    for config in configs:
        config.pop("caBundle", None)
