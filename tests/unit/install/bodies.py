"""Objects as items, for graphs that nobody applies."""

from __future__ import annotations

import json
from typing import Any

from minikf.install.objects import Item, Part


def item(version: str, kind: str, name: str, namespace: str = "", **more: Any) -> Item:
    metadata = {"name": name, "namespace": namespace, **more.pop("metadata", {})}
    return Item(
        version, kind, namespace, name, json.dumps({"apiVersion": version, "kind": kind, "metadata": metadata, **more})
    )


def namespace(name: str, **labels: str) -> Item:
    return item("v1", "Namespace", name, metadata={"labels": labels})


def deployment(name: str, within: str, *, account: str = "", **labels: str) -> Item:
    template = {"metadata": {"labels": {"app": name, **labels}}, "spec": {"serviceAccountName": account}}
    return item("apps/v1", "Deployment", name, within, spec={"template": template})


def service(name: str, within: str, app: str = "") -> Item:
    return item("v1", "Service", name, within, spec={"selector": {"app": app or name}})


def definition(kind: str, group: str = "a.b", converter: tuple[str, str] | None = None) -> Item:
    plural = f"{kind.lower()}s"
    spec: dict[str, Any] = {
        "group": group,
        "names": {"kind": kind, "plural": plural},
        "scope": "Namespaced",
        "versions": [],
    }
    if converter:
        where = {"namespace": converter[0], "name": converter[1]}
        spec["conversion"] = {"strategy": "Webhook", "webhook": {"clientConfig": {"service": where}}}
    return item("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"{plural}.{group}", spec=spec)


def guard(name: str, server: tuple[str, str], group: str, plural: str, **selectors: Any) -> Item:
    where = {"namespace": server[0], "name": server[1]}
    rule = {"apiGroups": [group], "resources": [plural], "operations": ["CREATE"]}
    hook = {"name": name, "clientConfig": {"service": where}, "rules": [rule], **selectors}
    return item("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", name, webhooks=[hook])


def part(component: str, *items: Item, needs: tuple[str, ...] = ()) -> Part:
    return Part(component, needs, items)
