"""Objects as they leave one server and enter another: unchanged but for what only a server writes."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .server import Server
from .specimens import SPECIMENS, Object, Specimen

# Made before others: pods need their accounts and claims. Made after all others: limits would judge them by a status
# that only a controller writes.
_FIRST = ("Namespace", "ServiceAccount", "ConfigMap", "Secret", "PersistentVolumeClaim", "Service")
_LAST = ("ResourceQuota", "LimitRange")
# What a namespace is born with, and a cluster has already.
_BORN = ("Namespace", "ServiceAccount", "ConfigMap")


def _order(specimen: Specimen) -> int:
    if specimen.kind in _FIRST:
        return _FIRST.index(specimen.kind) - len(_FIRST)
    return 1 if specimen.kind in _LAST else 0


# Every kind, in the order in which objects are created.
RESOURCES = tuple(sorted((one for one in SPECIMENS if not one.view), key=_order))
_SERVERS_OWN = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)


def objects_of(server: Server, resource: Specimen) -> Iterator[Object]:
    """Every object of the kind in all namespaces, in full."""
    code, told = server.request("GET", resource.path.replace("/namespaces/$ns", ""))
    if code != 200:
        raise RuntimeError(f"{server.name}: listing {resource.plural} answered {code}: {told.get('message')}")
    for item in told["items"]:
        yield item | {"apiVersion": resource.api_version, "kind": resource.kind}


def as_manifest(obj: Object) -> Object:
    """The object as a person would write it: no status, and nothing that a server fills in about its life."""
    out = copy.deepcopy(obj)
    out.pop("status", None)
    for key in _SERVERS_OWN:
        out["metadata"].pop(key, None)
    if out["kind"] == "Service":  # addresses belong to the cluster that hands them out
        for key in ("clusterIP", "clusterIPs"):
            out["spec"].pop(key, None)
    if out["kind"] == "Job":  # the server makes the selector, and the labels that it selects
        out["spec"].pop("selector", None)
        labels = out["spec"]["template"].get("metadata", {}).get("labels", {})
        for key in [key for key in labels if key.endswith(("controller-uid", "job-name"))]:
            del labels[key]
    return out


@dataclass
class Replayed:
    """How many objects of each kind were accepted, and a line for each that was refused or warned about."""

    accepted: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)


def replay(source: Server, target: Server, resources: tuple[Specimen, ...]) -> Replayed:
    """Creates the source's objects on the target with strict validation, and writes their status there.

    What the target then has must say all that was sent, and the same.
    """
    out = Replayed()
    namespaces: set[str] = set()
    for resource in resources:
        for obj in objects_of(source, resource):
            namespace = obj["metadata"].get("namespace", "")
            if namespace and namespace not in namespaces:
                _account(target, namespace)
                namespaces.add(namespace)
            lines = _put(target, resource, obj)
            out.refused += lines
            out.accepted[resource.kind] += not lines
    return out


def _account(target: Server, namespace: str) -> None:
    """The account that a controller of a cluster gives a namespace; this one mounts no token."""
    account = {"metadata": {"name": "default"}, "automountServiceAccountToken": False}
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    code, told = target.request("POST", path, account)
    if code not in (201, 409):
        raise RuntimeError(f"{target.name}: {path} answered {code}: {told.get('message')}")


def _put(target: Server, resource: Specimen, obj: Object) -> list[str]:
    meta = obj["metadata"]
    who = f"{resource.kind} {meta.get('namespace', '')}/{meta['name']}"
    path = resource.path.replace("$ns", meta.get("namespace", ""))
    manifest = as_manifest(obj)
    answer = target.send("POST", f"{path}?fieldValidation=Strict", manifest)
    if resource.kind in _BORN and answer.status == 409:
        return []
    if answer.status != 201:
        return [f"{who}: {answer.status} {answer.body.get('message')}"]
    lines = [f"{who}: warning {warning}" for warning in answer.warnings]
    lines += [f"{who}: {path_} became another" for path_ in _changed(manifest, answer.body, "")]
    if obj.get("status") and resource.status:
        body = answer.body | {"status": obj["status"]}
        told = target.send("PUT", f"{path}/{meta['name']}/status?fieldValidation=Strict", body)
        if told.status != 200:
            lines.append(f"{who} (status): {told.status} {told.body.get('message')}")
        else:
            lines += [
                f"{who}: {one} became another" for one in _changed(obj["status"], told.body.get("status"), "status")
            ]
    return lines


def _changed(sent: Any, stored: Any, path: str) -> Iterator[str]:
    """Where the server has not what was sent; that it has more is its own affair."""
    if isinstance(sent, dict) and isinstance(stored, dict):
        for key, value in sent.items():
            yield from _changed(value, stored.get(key), f"{path}.{key}" if path else key)
    elif isinstance(sent, list) and isinstance(stored, list) and len(sent) == len(stored):
        for index, (one, other) in enumerate(zip(sent, stored, strict=True)):
            yield from _changed(one, other, f"{path}[{index}]")
    elif sent != stored and not (sent in ({}, [], None) and stored is None):
        yield f"{path} ({sent!r}, {stored!r})"
