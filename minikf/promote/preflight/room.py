"""Whether the namespaces' quotas have room for what is promoted, with the numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from minikf.promote.evidence import Finding, Level
from minikf.promote.model import Object, Ref, ref_of
from minikf.promote.preflight.pods import Pods, pods
from minikf.promote.targets.profile import NamespaceFacts, Quota, TargetProfile
from minikf.quantity import canonical, parse

_RULE = "quota"
# A quota on compute resources refuses pods that do not say how much they want, unless a LimitRange says it for them
# (Kubernetes' documentation, "Resource Quotas").
_MUST_SAY = ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
_SHORT = {"cpu": "requests.cpu", "memory": "requests.memory"}


def room(objects: Iterable[Object], standing: Iterable[Object], profile: TargetProfile) -> Iterator[Finding]:
    """Errors for what does not fit. `objects` name their namespaces on the target; `standing` are those of them that
    are there already, as they are there: what they have is theirs."""
    wanted, had = _by_namespace(objects), _by_namespace(standing)
    for quota in profile.quotas:
        if quota.namespace in wanted:
            yield from _one(quota, wanted[quota.namespace], had.get(quota.namespace, []), _facts(profile, quota))


def _by_namespace(objects: Iterable[Object]) -> dict[str, list[Object]]:
    found: dict[str, list[Object]] = {}
    for obj in objects:
        found.setdefault(str(obj["metadata"].get("namespace") or ""), []).append(obj)
    return found


def _facts(profile: TargetProfile, quota: Quota) -> NamespaceFacts | None:
    return next((one for one in profile.namespaces if one.name == quota.namespace), None)


def _one(quota: Quota, wanted: list[Object], had: list[Object], facts: NamespaceFacts | None) -> Iterator[Finding]:
    asked, owned = _asked(wanted), _asked(had)
    for resource, hard in quota.hard.items():
        name = _SHORT.get(resource, resource)
        more = asked.get(name, Decimal(0)) - owned.get(name, Decimal(0))
        used = parse(quota.used.get(resource, "0"))
        free = parse(hard) - used
        if more > max(free, Decimal(0)):
            yield Finding(
                Level.ERROR, _RULE, _largest(wanted, name), "",
                f"quota {quota.namespace}/{quota.name} has no room: {resource} {_text(more, resource)} more are "
                f"asked for, {_text(max(free, Decimal(0)), resource)} are free",
                f"{_text(used, resource)} of {_text(parse(hard), resource)} are in use",
                f"ask for less, free some, or have it raised: kubectl -n {quota.namespace} describe quota {quota.name}",
            )  # fmt: skip
    demanded = {_SHORT.get(one, one) for one in quota.hard} & {*_MUST_SAY} - _defaults(facts)
    for one in _all_pods(wanted):
        if missing := sorted(demanded & one.lacking):
            yield Finding(
                Level.ERROR, _RULE, one.ref, "resources",
                f"quota {quota.namespace}/{quota.name} takes no pod that does not say {', '.join(missing)}",
                "a container says nothing of it, and no LimitRange of the namespace says it for all",
                f"set resources.{missing[0]} in {one.ref.kind} {one.ref.name}, then promote again",
            )  # fmt: skip


def _all_pods(objects: list[Object]) -> list[Pods]:
    runtimes = {obj["metadata"]["name"]: obj for obj in objects if obj["kind"] == "TrainingRuntime"}
    return [one for obj in objects for one in pods(obj, runtimes)]


def _asked(objects: list[Object]) -> dict[str, Decimal]:
    """By the names that quotas have for it."""
    total: dict[str, Decimal] = {}

    def add(name: str, value: Decimal) -> None:
        total[name] = total.get(name, Decimal(0)) + value

    for one in _all_pods(objects):
        add("pods", Decimal(one.count))
        add("count/pods", Decimal(one.count))
        for part, values in (("requests", one.requests), ("limits", one.limits)):
            for resource, value in values.items():
                add(f"{part}.{resource}", value * one.count)
    for obj in objects:
        group = str(obj["apiVersion"]).rpartition("/")[0]
        for name in _counted(obj["kind"], group):
            add(name, Decimal(1))
        if obj["kind"] == "PersistentVolumeClaim":
            storage = ((obj.get("spec") or {}).get("resources") or {}).get("requests") or {}
            add("requests.storage", parse(storage.get("storage", "0")))
            if storage_class := (obj.get("spec") or {}).get("storageClassName"):
                prefix = f"{storage_class}.storageclass.storage.k8s.io"
                add(f"{prefix}/requests.storage", parse(storage.get("storage", "0")))
                add(f"{prefix}/persistentvolumeclaims", Decimal(1))
    return total


_PLURALS = {
    "ConfigMap": "configmaps", "Secret": "secrets", "Service": "services", "PersistentVolumeClaim":
    "persistentvolumeclaims",
}  # fmt: skip
"""Kinds that quotas count without `count/` (Kubernetes' documentation, "Resource Quotas")."""


def _counted(kind: str, group: str) -> tuple[str, ...]:
    if not group:
        plural = _PLURALS.get(kind, f"{kind.lower()}s")
        return (plural, f"count/{plural}") if kind in _PLURALS else (f"count/{plural}",)
    return (f"count/{kind.lower()}s.{group}",)


def _defaults(facts: NamespaceFacts | None) -> set[str]:
    """What LimitRanges of the namespace say for containers that do not."""
    found: set[str] = set()
    for spec in facts.limits if facts else ():
        items = spec.get("limits")
        for item in items if isinstance(items, list) else ():
            if item.get("type") != "Container":
                continue
            limits = {f"limits.{name}" for name in item.get("default") or {}}
            requests = {f"requests.{name}" for name in {**(item.get("defaultRequest") or {})}}
            found |= limits | requests | {one.replace("limits.", "requests.") for one in limits}
    return found


def _largest(objects: list[Object], name: str) -> Ref | None:
    """The object that asks for the most of it."""
    sizes: Mapping[Ref, Decimal] = {ref_of(obj): _asked([obj]).get(name, Decimal(0)) for obj in objects}
    found = max(sizes, key=lambda ref: sizes[ref], default=None)
    return found if found is not None and sizes[found] else None


def _text(value: Decimal, resource: str) -> str:
    """As people write it: bytes by powers of 1024."""
    in_bytes = resource.endswith(("memory", "storage"))
    return canonical(f"{value / 1024:f}Ki" if in_bytes and value == int(value) else f"{value:f}")
