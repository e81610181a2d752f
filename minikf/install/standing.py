"""How each component of a bundle stands on a cluster: how many of its workloads are ready, and why others are not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minikf.errors import MinikfError, Unreachable
from minikf.install.causes import Causes
from minikf.install.inventory import Inventory
from minikf.install.look import WORKLOADS
from minikf.install.objects import Id
from minikf.kube.apply import Calls, NoAnswer
from minikf.kube.ready import Verdict, verdict
from minikf.kube.rest import RestClient
from minikf.spec import Access, ComponentStatus

TIMEOUT_SECONDS = 5.0

Bodies = Mapping[Id, Mapping[str, Any]]


def standing(access: Access) -> tuple[ComponentStatus, ...]:
    """One part per component that has workloads; where that cannot be read, one that says why. Raises nothing."""
    try:
        components = _components(access)
        bodies = _bodies(RestClient(access, TIMEOUT_SECONDS), {id for ids in components.values() for id in ids})
        verdicts = {id: verdict(body) for id, body in bodies.items()}
        causes = Causes(access)
        causes.look({id: bodies[id] for id, one in verdicts.items() if not one.ready})
    except MinikfError as error:
        return (ComponentStatus("components", False, "unknown", cause=error.cause or error.message),)
    return tuple(_part(name, ids, verdicts, causes) for name, ids in sorted(components.items()))


def _components(access: Access) -> dict[str, list[Id]]:
    """The workloads of each component, as the inventory in the cluster has them."""
    try:
        records = Inventory(Calls(access, TIMEOUT_SECONDS)).records
    except NoAnswer as why:
        raise Unreachable("the inventory cannot be read", cause=str(why)) from why
    found: dict[str, list[Id]] = {}
    for id, record in records.items():
        if record.kind in WORKLOADS:
            found.setdefault(record.component, []).append(id)
    return found


def _bodies(client: RestClient, wanted: set[Id]) -> Bodies:
    """Those that are there."""
    found = {}
    for group, kind in {id[:2] for id in wanted}:
        version = f"{group}/v1"
        for item in client.get(f"/apis/{version}/{kind.lower()}s").get("items") or ():
            id = (group, kind, str(item["metadata"]["namespace"]), str(item["metadata"]["name"]))
            if id in wanted:
                found[id] = {"apiVersion": version, "kind": kind, **item}
    return found


def _part(name: str, ids: list[Id], verdicts: Mapping[Id, Verdict], causes: Causes) -> ComponentStatus:
    unready = [id for id in sorted(ids) if id not in verdicts or not verdicts[id].ready]
    state = f"{len(ids) - len(unready)} of {len(ids)} ready"
    return ComponentStatus(name, not unready, state, "; ".join(_why(id, verdicts, causes) for id in unready))


def _why(id: Id, verdicts: Mapping[Id, Verdict], causes: Causes) -> str:
    if id in causes.pods:
        return str(causes.pods[id])
    cause = causes.warnings.get(id) or (verdicts[id].cause if id in verdicts else "it is not there")
    return f"{id[1]} {id[2]}/{id[3]}: {cause}"
