"""What the views and commands ask of a platform about storage."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from minikf.datasets import store
from minikf.errors import MinikfError, Refused
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.kube.shapes import Object, mappings
from minikf.paths import PlatformPaths
from minikf.plan import EMBEDDED
from minikf.spec import Access
from minikf.verbs.notebook import path_of as notebooks_path
from minikf.views.storage import usage
from minikf.views.storage.claims import Claim, StorageClass, Used, claims, classes
from minikf.views.text import plain

CLAIMS = "/api/v1/persistentvolumeclaims"
_EVENTS = "/api/v1/events?fieldSelector=involvedObject.kind%3DPersistentVolumeClaim"


@dataclass(frozen=True)
class Kept:
    """Content that is kept outside of claims: `what` it is, and how much on disk."""

    what: str
    bytes: int
    at_least: bool
    where: str


@dataclass(frozen=True)
class DataSet:
    """A data set; `bytes` are of its newest version, as its files are."""

    name: str
    versions: int
    newest: str
    bytes: int
    created: str


@dataclass(frozen=True)
class Storage:
    """`no_classes`, `no_usage` and `no_data` say why there are none, or not all."""

    claims: tuple[Claim, ...] = ()
    classes: tuple[StorageClass, ...] = ()
    data_sets: tuple[DataSet, ...] = ()
    kept: tuple[Kept, ...] = ()
    no_classes: str = ""
    no_usage: str = ""
    no_data: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "claims": [one.as_dict() for one in self.claims],
            "storageClasses": [one.as_dict() for one in self.classes],
            "dataSets": [vars(one) for one in self.data_sets],
            "kept": [vars(one) for one in self.kept],
            "noClasses": self.no_classes, "noUsage": self.no_usage, "noData": self.no_data,
        }  # fmt: skip


def storage(access: Access, client: RestClient) -> Storage:
    """All of it. Raises Unreachable, ApiAnswer."""
    objects = mappings(client.get(CLAIMS).get("items"))
    pods = mappings(client.get("/api/v1/pods").get("items"))
    events = mappings(client.get(_EVENTS).get("items"))
    known = PlatformPaths.of(access.platform)
    if access.engine == EMBEDDED:
        used = usage.of_folders({_key(one): known.volumes.joinpath(*_key(one).split("/")) for one in objects})
        no_usage = ""
    else:
        used, no_usage = _by_kubelets(client) if objects else ({}, "")
    shown = claims(objects, pods, _optional(client, notebooks_path("")), events, used)
    found, no_classes = _classes(access, client)
    data_sets, no_data = _data_sets(access.platform)
    return Storage(
        shown,
        found,
        data_sets,
        _kept(known),
        no_classes,
        no_usage or unmeasured(shown),
        no_data,
    )


def unmeasured(shown: tuple[Claim, ...]) -> str:
    """Why the use of some claims is not known although pods have them, "" where it is known of all.

    A kubelet's summary has no entry for a volume that is a folder of its node, as those of rancher.io/local-path are.
    """
    silent = [one.key for one in shown if one.mounted_by and one.used is None]
    if not silent:
        return ""
    named = ", ".join(silent[:3]) + (" …" if len(silent) > 3 else "")
    return f"the kubelets measure nothing in {named}: they do not measure folders of a node"


def delete(client: RestClient, namespace: str, name: str) -> None:
    """Deletes a claim, which deletes what is in it. Raises Refused while a pod has it mounted, ApiAnswer."""
    path = f"/api/v1/namespaces/{quote(namespace, safe='')}/persistentvolumeclaims/{quote(name, safe='')}"
    claim = client.get(path)
    pods = mappings(client.get(f"/api/v1/namespaces/{quote(namespace, safe='')}/pods").get("items"))
    (found,) = claims([claim], pods, (), (), {})
    if found.mounted_by:
        raise Refused(
            f"claim {namespace}/{name} is not deleted: it is mounted",
            cause=f"by {', '.join(found.mounted_by)}",
            advice=f"stop what uses it first: kubectl get pod {found.mounted_by[0]} -n {namespace}",
        )
    client.call("DELETE", path)


def _by_kubelets(client: RestClient) -> tuple[dict[str, Used], str]:
    try:
        return usage.of_kubelets(client, mappings(client.get("/api/v1/nodes").get("items")))
    except ApiAnswer as answer:  # who may not see nodes sees no usage
        return {}, answer.message


def _classes(access: Access, client: RestClient) -> tuple[tuple[StorageClass, ...], str]:
    if access.engine == EMBEDDED:
        return (
            (),
            "the embedded engine has no storage classes: every claim is a folder, whatever class it names",
        )
    try:
        return classes(mappings(client.get("/apis/storage.k8s.io/v1/storageclasses").get("items"))), ""
    except ApiAnswer as answer:
        return (), answer.message


def _optional(client: RestClient, path: str) -> list[Object]:
    """What a platform may lack, or not let us see."""
    with contextlib.suppress(ApiAnswer):
        return mappings(client.get(path).get("items"))
    return []


def _data_sets(platform: str) -> tuple[tuple[DataSet, ...], str]:
    try:
        found = store(platform).datasets()
    except MinikfError as error:
        return (), f"{error.message}: {error.cause}"
    sets = []
    for one in found:
        last = one.versions[-1] if one.versions else None
        sets.append(
            DataSet(
                one.name, len(one.versions), last.label if last else "", last.size if last else 0,
                last.created if last else "",
            )
        )  # fmt: skip
    return tuple(sets), ""


def _kept(known: PlatformPaths) -> tuple[Kept, ...]:
    """What this machine keeps for the platform beside its claims; what is not there is left out."""
    end = time.monotonic() + usage.COUNT_SECONDS
    places = (
        ("data sets, each content once", known.datasets),
        ("files of models, each content once", known.blobs),
        ("artifacts of pipeline runs", known.artifacts),
        ("notebooks' environments and files", known.notebooks),
        ("pods' folders and logs", known.pods),
    )
    found = []
    for what, place in places:
        counted = usage.of_folder(place, end)
        if counted is not None:
            found.append(Kept(what, counted.bytes, counted.at_least, str(place)))
    return tuple(found)


def _key(obj: Object) -> str:
    metadata = obj.get("metadata") or {}
    return f"{plain(str(metadata.get('namespace', '')))}/{plain(str(metadata.get('name', '')))}"
