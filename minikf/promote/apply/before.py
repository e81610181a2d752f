"""What a run is about to touch, as it is before: what the way back leads to."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from minikf.install.objects import Id
from minikf.promote.apply.intended import MANAGER
from minikf.promote.apply.runs import RunFiles
from minikf.promote.managed import users_own
from minikf.promote.model import Object

# Of the server's own making, new with each write.
_SERVERS = frozenset({"resourceVersion", "generation", "managedFields", "selfLink", "uid", "creationTimestamp"})


@dataclass(frozen=True)
class Before:
    """Each object by its id, None where there was none, and the apiVersion that it is asked for in."""

    objects: Mapping[Id, Object | None]
    versions: Mapping[Id, str]

    def write(self, run: RunFiles) -> None:
        found = [[[*id, self.versions[id]], obj] for id, obj in self.objects.items()]
        run.write("before.json", json.dumps(found, separators=(",", ":")))

    @classmethod
    def read(cls, run: RunFiles) -> Before:
        objects: dict[Id, Object | None] = {}
        versions: dict[Id, str] = {}
        for (group, kind, namespace, name, version), obj in run.before():
            objects[group, kind, namespace, name] = obj
            versions[group, kind, namespace, name] = version
        return cls(objects, versions)


def content(obj: Object) -> Object:
    """What an object says: without its status and what the server writes anew each time."""
    metadata = {key: value for key, value in obj["metadata"].items() if key not in _SERVERS and value}
    return {key: value for key, value in obj.items() if key != "status"} | {"metadata": metadata}


def same(one: Object, other: Object) -> bool:
    """Whether two say the same and are managed by the same, whenever they were written."""
    return content(one) == content(other) and owners(one) == owners(other)


def owners(obj: Object) -> list[str]:
    """Who manages which field, without the times; the status is its controller's affair."""
    entries = obj["metadata"].get("managedFields") or ()
    kept = [{k: v for k, v in one.items() if k != "time"} for one in entries if not one.get("subresource")]
    return sorted(json.dumps(one, sort_keys=True) for one in kept)


def applied_entry(obj: Object) -> dict[str, Any] | None:
    """What managedFields say of our applying."""
    return next((one for one in _ours(obj) if one.get("operation") == "Apply"), None)


def written_by_us(obj: Object) -> bool:
    """Whether we are among those who manage it."""
    return bool(_ours(obj))


def made_by_us(obj: Object) -> bool:
    """Whether an object that was not there before came to be by our call: nobody else manages it, or we wrote in the
    very second in which it was made, by the server's own clock."""
    ours = _ours(obj)
    others = [
        one for one in obj["metadata"].get("managedFields") or () if one not in ours and not one.get("subresource")
    ]
    born = obj["metadata"].get("creationTimestamp")
    return bool(ours) and (not others or any(one.get("time") == born for one in ours))


def _ours(obj: Object) -> list[dict[str, Any]]:
    entries = obj["metadata"].get("managedFields") or ()
    return [one for one in entries if one.get("manager") == MANAGER and not one.get("subresource")]


def our_part(obj: Object) -> Object:
    """What we had applied of it, to be applied again: with nothing else than its name where that was nothing.

    To apply it takes back what we have set since, and leaves what is others'.
    """
    metadata = {key: obj["metadata"][key] for key in ("name", "namespace") if key in obj["metadata"]}
    bare = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": metadata}
    entry = applied_entry(obj)
    if entry is None or not entry.get("fieldsV1"):
        return bare
    mine = users_own(copy.deepcopy(obj) | {"metadata": copy.deepcopy(obj["metadata"]) | {"managedFields": [entry]}})
    labelled = {key: mine["metadata"][key] for key in ("labels", "annotations") if mine["metadata"].get(key)}
    return mine | {"metadata": metadata | labelled}


def in_place_of(before: Object, live: Object) -> Object:
    """`before` to be written over `live`, which is the same object later: its finalizers are their controllers' affair,
    and where it is on its way out stays so."""
    metadata = {key: value for key, value in before["metadata"].items() if key not in ("managedFields", "finalizers")}
    metadata |= {"resourceVersion": live["metadata"]["resourceVersion"], "uid": live["metadata"]["uid"]}
    if live["metadata"].get("finalizers"):
        metadata["finalizers"] = live["metadata"]["finalizers"]
    if before["metadata"].get("managedFields"):
        metadata["managedFields"] = before["metadata"]["managedFields"]
    body = {key: value for key, value in before.items() if key != "status"} | {"metadata": metadata}
    return body | ({"status": live["status"]} if "status" in live else {})


def anew(before: Object) -> Object:
    """`before` to be made again after it was deleted."""
    metadata = {key: value for key, value in before["metadata"].items() if key not in _SERVERS and value}
    metadata.pop("deletionTimestamp", None)
    metadata.pop("deletionGracePeriodSeconds", None)
    return {key: value for key, value in before.items() if key != "status"} | {"metadata": metadata}
