"""Whom pods run as: accounts of the target, and what gives them rights in a cloud."""

from __future__ import annotations

from collections.abc import Iterator

from minikf.promote.evidence import Finding, Level
from minikf.promote.fields import get, mapping
from minikf.promote.model import Object
from minikf.promote.references import dotted
from minikf.promote.translate.choices import file_of, mapped
from minikf.promote.translate.model import Edit, Said, World, error
from minikf.promote.translate.workloads import workloads

# Azure's webhook acts on pods with this label only: Azure Workload Identity, "Service Account Labels and Annotations".
_AZURE = "azure.workload.identity/"
_AZURE_POD = "azure.workload.identity/use"
_EVERYWHERE = "default"


def accounts(obj: Object, world: World) -> Said:
    """Accounts by the names they have on the target."""
    chosen = world.spec.service_accounts
    if obj["kind"] == "ServiceAccount":
        name = obj["metadata"]["name"]
        new = mapped(chosen, name)
        if new != name:
            yield Edit(("metadata", "name"), new, f"target {world.spec.name} maps account '{name}' to '{new}'")
        return
    for pod in workloads(obj):
        if pod.account is None:
            continue
        for path in (pod.account, (*pod.account[:-1], "serviceAccount")):
            name = get(obj, path)
            if isinstance(name, str) and mapped(chosen, name) != name:
                new = mapped(chosen, name)
                yield Edit(path, new, f"target {world.spec.name} maps account '{name}' to '{new}'")
    for index, subject in enumerate(obj.get("subjects") or ()):
        name = subject.get("name")
        if subject.get("kind") == "ServiceAccount" and mapped(chosen, name) != name:
            why = f"target {world.spec.name} maps account '{name}' to '{mapped(chosen, name)}'"
            yield Edit(("subjects", index, "name"), mapped(chosen, name), why)


def existing(obj: Object, world: World) -> Said:
    """An account that is neither promoted nor there: no pod of it is ever made."""
    known = world.facts(obj)
    if known is None or not known.exists or world.profile.unknown("service_accounts"):
        return
    for pod in workloads(obj):
        name = get(obj, pod.account) if pod.account else None
        if not isinstance(name, str) or name == _EVERYWHERE or world.among("ServiceAccount", name):
            continue
        if name not in known.service_accounts:
            yield error(
                dotted(pod.account or ()),
                f"there is no ServiceAccount {name} in namespace {known.name} of {world.spec.name}",
                f"it has {', '.join(known.service_accounts) or 'none'}",
                f"service_accounts: {{{name}: NAME}} in {file_of(world.spec)}",
            )


def cloud(obj: Object, world: World) -> Said:
    """Annotations that tie a promoted account to an identity of the cloud, and the label that Azure wants on pods."""
    told = {key: value for key, value in world.spec.identity.items() if key != _AZURE_POD}
    why = f"target {world.spec.name} gives accounts this identity"
    if obj["kind"] == "ServiceAccount":
        for key, value in told.items():
            yield Edit(("metadata", "annotations", key), value, why)
        return
    if not any(key.startswith(_AZURE) for key in world.spec.identity):
        return
    for pod in workloads(obj):
        if pod.labels is None or mapping(obj, pod.labels).get(_AZURE_POD) == "true":
            continue
        for path, value in pod.opening:
            yield Edit(path, value, why)
        yield Edit((*pod.labels, _AZURE_POD), "true", "Azure Workload Identity acts on pods with this label only")


def untied(world: World) -> Iterator[Finding]:
    """Accounts that pods run as and that are not promoted, so that the target's identity goes on none of them."""
    told = sorted(key for key in world.spec.identity if key != _AZURE_POD)
    pods = [pod for obj in world.objects for pod in workloads(obj)]
    names = {str(get(pod.spec, ("serviceAccountName",)) or "the account that the target chooses") for pod in pods}
    left = sorted(name for name in names if not world.among("ServiceAccount", name))
    if told and left:
        yield Finding(
            level=Level.WARNING,
            rule="identity",
            ref=None,
            where="identity",
            message=f"the identity of target {world.spec.name} goes on promoted accounts only",
            cause=f"pods run as {', '.join(left)} too",
            advice=f"kubectl annotate serviceaccount NAME {told[0]}={world.spec.identity[told[0]]}",
        )
