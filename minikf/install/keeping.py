"""What is not removed without being asked: what users have put beside and into what we installed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from minikf.install.cluster import Cluster
from minikf.install.look import CRD, WORKLOADS
from minikf.install.objects import Id
from minikf.install.removing import resource_of
from minikf.kube.apply import Ref, Resource
from minikf.kube.apply.survey import Seen, survey

_SHOWN = 5
# cert-manager's mark on what it issued; it makes it again wherever it is wanted.
_ISSUED = "controller.cert-manager.io/fao"


@dataclass(frozen=True)
class Kept:
    """An object that stays, and why."""

    what: str
    why: str


def instances(cluster: Cluster, definitions: Iterable[Id]) -> dict[Id, dict[Id, tuple[str, Seen]]]:
    """All objects of the kinds that these definitions brought, by definition."""
    found: dict[Id, dict[Id, tuple[str, Seen]]] = {}
    for id in definitions:
        resource = resource_of(cluster, id[3])
        seen = cluster.survey([(resource.api_version, resource.kind)]) if resource else {}
        found[id] = {one: (resource.api_version, there) for one, there in seen.items()} if resource else {}
    return found


def in_use(objects: Mapping[Id, tuple[str, Seen]], going: Mapping[Id, str]) -> list[Id]:
    """Those of a kind's objects that are not going (`going`: id to uid)."""
    return [id for id in objects if id not in going]


def named(ids: Iterable[Id]) -> str:
    """Some of them by name, and how many more."""
    names = [str(Ref(id[0], *id[1:])) for id in sorted(ids)]
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def held_in(cluster: Cluster, namespace: str, going: frozenset[Id]) -> list[Id]:
    """What users would miss of a namespace: claims, secrets, custom resources and workloads that are not ours, and do
    not belong to anything else."""
    found: list[Id] = []
    for resource in _kinds(cluster):
        seen = cluster.insist(lambda r=resource: list(survey(cluster.calls, r, "", namespace)))  # type: ignore[misc]
        for one in seen:
            issued = any(key == _ISSUED for key, _ in one.labels)
            if one.id not in going and not one.owners and not one.deleting and not issued:
                found.append(one.id)
    return found


def _kinds(cluster: Cluster) -> list[Resource]:
    """One version of each kind that is looked for."""
    custom = {
        tuple(id[3].split(".", 1)) for id in cluster.survey([("apiextensions.k8s.io/v1", CRD)])
    }  # plural and group
    found: dict[tuple[str, str], Resource] = {}
    for one in cluster.discovery.all():
        group = one.api_version.rpartition("/")[0]
        own = (group == "" and one.kind in ("PersistentVolumeClaim", "Secret")) or (
            group in ("apps", "batch") and one.kind in (*WORKLOADS, "CronJob")
        )
        if one.namespaced and "list" in one.verbs and (own or (one.plural, group) in custom):
            found.setdefault((group, one.kind), one)
    return list(found.values())
