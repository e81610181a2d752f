"""Admission webhooks of the bundle: what answers for them, and which objects they want to see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from minikf.install.look import parsed
from minikf.install.objects import Id, Item
from minikf.install.selecting import Labels, selects

KINDS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
Service = tuple[str, str]
"""Namespace and name."""


@dataclass(frozen=True)
class Subject:
    """An object as admission sees it; a workload is seen as the pods that will be made of it."""

    group: str
    plural: str
    labels: Labels
    namespace: str
    namespace_labels: Labels


@dataclass(frozen=True)
class Hook:
    """One webhook of a configuration. `service` is None for one at a URL of its own."""

    configuration: Id
    service: Service | None
    rules: tuple[Mapping[str, Any], ...]
    namespaces: Mapping[str, Any] | None
    objects: Mapping[str, Any] | None

    def wants(self, subject: Subject) -> bool:
        """Whether the API server calls it when such an object is created (admissionregistration.k8s.io/v1)."""
        if not any(_covers(rule, subject) for rule in self.rules):
            return False
        inside = not subject.namespace or selects(self.namespaces, subject.namespace_labels)
        return inside and selects(self.objects, subject.labels)


def hooks(item: Item) -> Iterator[Hook]:
    """The webhooks of a configuration."""
    for one in parsed(item).get("webhooks") or ():
        service = (one.get("clientConfig") or {}).get("service")
        yield Hook(
            item.id,
            (str(service.get("namespace")), str(service.get("name"))) if service else None,
            tuple(one.get("rules") or ()),
            one.get("namespaceSelector"),
            one.get("objectSelector"),
        )


def _covers(rule: Mapping[str, Any], subject: Subject) -> bool:
    return (
        bool({"CREATE", "*"} & set(rule.get("operations") or ()))
        and bool({subject.group, "*"} & set(rule.get("apiGroups") or ()))
        and bool({subject.plural, "*", "*/*", f"{subject.plural}/*"} & set(rule.get("resources") or ()))
        and (rule.get("scope") or "*") in ("*", "Namespaced" if subject.namespace else "Cluster")
    )
