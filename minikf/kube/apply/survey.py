"""What of some kinds is in a cluster: only the metadata of each object, in pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from minikf.kube.apply.answers import owned
from minikf.kube.apply.calls import Calls
from minikf.kube.apply.discovery import Resource
from minikf.kube.rest import refusal

_PAGE = 500
_ACCEPT = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"

Id = tuple[str, str, str, str]


@dataclass(frozen=True)
class Seen:
    """One object that is there. `owned` is as `Applied.owned`; `owners` are the uids of what it belongs to, `managers`
    all who own fields of it."""

    id: Id
    uid: str
    owned: str
    deleting: bool
    finalizers: tuple[str, ...]
    owners: tuple[str, ...]
    labels: tuple[tuple[str, str], ...] = ()
    managers: frozenset[str] = frozenset()


def survey(calls: Calls, resource: Resource, manager: str, namespace: str = "") -> Iterator[Seen]:
    """All objects of that kind, in one namespace or everywhere. Raises NoAnswer, Unreachable or ApiAnswer.

    Of a kind that is not served (any more) there are none.
    """
    path = resource.within(namespace) if namespace else resource.everywhere
    more = ""
    while True:
        asked = f"{path}?limit={_PAGE}" + (f"&continue={more}" if more else "")
        answer = calls.send("GET", asked, headers={"Accept": _ACCEPT})
        if answer.status == HTTPStatus.NOT_FOUND:
            return
        if not answer.ok:
            raise refusal(path, answer)
        listing = json.loads(answer.body)
        for item in listing.get("items") or ():
            yield _seen(resource, item.get("metadata") or {}, manager)
        more = str((listing.get("metadata") or {}).get("continue") or "")
        if not more:
            return


def _seen(resource: Resource, metadata: dict[str, Any], manager: str) -> Seen:
    group = resource.api_version.rpartition("/")[0]
    return Seen(
        (group, resource.kind, str(metadata.get("namespace") or ""), str(metadata["name"])),
        str(metadata.get("uid")),
        owned(metadata, manager),
        bool(metadata.get("deletionTimestamp")),
        tuple(metadata.get("finalizers") or ()),
        tuple(str(one.get("uid")) for one in metadata.get("ownerReferences") or ()),
        tuple(sorted((metadata.get("labels") or {}).items())),
        frozenset(str(one.get("manager")) for one in metadata.get("managedFields") or ()),
    )
