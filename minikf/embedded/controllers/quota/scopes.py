"""Which objects a ResourceQuota counts, and how much of it they use together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikf.embedded.controllers.quota.amounts import NOTHING, Amounts, add, read
from minikf.embedded.controllers.quota.usage import in_scope, usage_of
from minikf.embedded.kinds import EVENT, KINDS, POD, PVC, SERVICE, Kind
from minikf.embedded.status import Object

if TYPE_CHECKING:
    from minikf.embedded.objects import Objects

# The prefixes under which pods and claims are limited, beside the names of kinds.
_COMPUTE = ("pods", "cpu", "memory", "ephemeral-storage", "requests.", "limits.")


def hard_limits(quota: Object) -> Amounts:
    return read(quota["spec"].get("hard"))


def scopes(quota: Object) -> list[str]:
    """The quota's scopes, written either way."""
    selector = quota["spec"].get("scopeSelector") or {}
    return [
        *(quota["spec"].get("scopes") or []),
        *(expression["scopeName"] for expression in selector.get("matchExpressions") or []),
    ]


def matches(quota: Object, kind: Kind, obj: Object) -> bool:
    """Whether the quota has a say about this object. Scopes are for pods only."""
    wanted = scopes(quota)
    if wanted and (kind is not POD or not all(in_scope(scope, obj) for scope in wanted)):
        return False
    return any(counts(kind, name) for name in hard_limits(quota))


def counts(kind: Kind, name: str) -> bool:
    """Whether a limit of that name may count objects of that kind."""
    if name.startswith("count/"):
        return name == (f"count/{kind.plural}.{kind.group}" if kind.group else f"count/{kind.plural}")
    if kind is POD:
        return name.startswith(_COMPUTE) and not name.endswith("storage")
    if kind is PVC:
        return name in ("persistentvolumeclaims", "requests.storage") or ".storageclass.storage.k8s.io/" in name
    if kind is SERVICE:
        return name == "services" or name.startswith("services.")
    return not kind.group and name == kind.plural


def used(objects: Objects, quota: Object) -> Amounts:
    """What the namespace's objects use now of each resource that the quota limits."""
    hard = hard_limits(quota)
    namespace = quota["metadata"]["namespace"]
    total: Amounts = {}
    for kind in KINDS:
        if not kind.namespaced or kind is EVENT or not any(counts(kind, name) for name in hard):
            continue
        for entry in objects.list(kind, namespace):
            if matches(quota, kind, entry.obj):
                usage = usage_of(kind, entry.obj)
                total = add(total, {name: usage[name] for name in usage if name in hard})
    return {name: total.get(name, NOTHING) for name in hard}
