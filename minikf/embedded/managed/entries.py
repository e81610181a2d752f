"""`metadata.managedFields`: its entries, who is who among them, and their order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from minikf.embedded.managed.fieldset import FieldSet, union, without
from minikf.embedded.status import Object

APPLY, UPDATE = "Apply", "Update"
_MAX_UPDATERS = 10
_ANCIENT = "ancient-changes"
# What no manager ever owns.
_STRIPPED = frozenset(("apiVersion", "kind"))
_STRIPPED_METADATA = frozenset(
    (
        *("name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation"),
        *("managedFields", "resourceVersion"),
    )
)


@dataclass(frozen=True)
class Manager:
    """Who wrote, and how. An applier keeps its identity across API versions, so `api_version` is "" for it."""

    name: str
    operation: str
    subresource: str = ""
    api_version: str = ""


@dataclass(frozen=True)
class Entry:
    """What a manager owns. `time` is RFC 3339, or "" where it is not known."""

    fields: FieldSet
    api_version: str
    time: str = ""


Managers = dict[Manager, Entry]


def manager(name: str, operation: str, subresource: str, api_version: str) -> Manager:
    """The identity of a writer; a writer without a name is `unknown`."""
    return Manager(name or "unknown", operation, subresource, "" if operation == APPLY else api_version)


def decode(metadata: Object, *, is_stored: bool = False) -> Managers | None:
    """The managers of an object; None when what stands there is none of this server's making.

    What `is_stored` was looked at when it came in, so its sets of fields are not gone through again.
    """
    out: Managers = {}
    listed = metadata.get("managedFields") or []
    if not isinstance(listed, list):
        return None
    for data in listed:
        if not isinstance(data, dict) or data.get("operation") not in (APPLY, UPDATE):
            return None
        fields = data.get("fieldsV1") or {}
        if data.get("fieldsType") != "FieldsV1" or not data.get("apiVersion"):
            return None
        if not is_stored and not _is_field_set(fields):
            return None
        who = manager(
            str(data.get("manager") or ""), data["operation"], str(data.get("subresource") or ""), data["apiVersion"]
        )
        out[who] = Entry(fields, data["apiVersion"], str(data.get("time") or ""))
    return out


def _is_field_set(fields: Any) -> bool:
    return isinstance(fields, dict) and all(
        isinstance(key, str) and (key == "." or key[:2] in ("f:", "k:", "v:", "i:")) and _is_field_set(below)
        for key, below in fields.items()
    )


def is_reset(metadata: Object) -> bool:
    """Whether a client asks to forget all managers: an empty list, or one empty entry."""
    listed = metadata.get("managedFields")
    return isinstance(listed, list) and (not listed or listed == [{}])


def encode(managers: Managers) -> list[Object]:
    """The entries, in the order that the API server keeps."""
    ordered = sorted(
        managers.items(),
        key=lambda item: (item[0].operation, item[1].time, item[0].name, item[1].api_version, item[0].subresource),
    )
    return [_encoded(who, entry) for who, entry in ordered]


def _encoded(who: Manager, entry: Entry) -> Object:
    data: Object = {
        "manager": who.name,
        "operation": who.operation,
        "apiVersion": entry.api_version,
        "time": entry.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": entry.fields,
        "subresource": who.subresource,
    }
    return {key: value for key, value in data.items() if value != ""}


def write(obj: Object, managers: Managers) -> None:
    """Puts the managers into the object's metadata; none at all leaves no list behind."""
    encoded = encode(managers)
    if encoded:
        obj["metadata"]["managedFields"] = encoded
    else:
        obj["metadata"].pop("managedFields", None)


def ownable(obj: Object) -> Object:
    """`obj` without what nobody ever owns, which then need not be compared; shares the rest."""
    out = {key: value for key, value in obj.items() if key not in _STRIPPED}
    out["metadata"] = {key: value for key, value in obj["metadata"].items() if key not in _STRIPPED_METADATA}
    return out


def stripped(fields: FieldSet) -> FieldSet:
    """`fields` without what identifies the object and what the server sets."""
    metadata = fields.get("f:metadata")
    out = {key: below for key, below in fields.items() if key not in ("f:apiVersion", "f:kind", "f:metadata")}
    if metadata:
        kept = {key: below for key, below in metadata.items() if key != "." and key[2:] not in _STRIPPED_METADATA}
        if kept:
            out["f:metadata"] = kept
    return out


def reset_fields(fields: FieldSet, has_status: bool, subresource: str) -> FieldSet:
    """`fields` without those that a write of this (sub)resource throws away."""
    if subresource == "status":
        # Metadata stays: the API server counts what a status write says of it, even where it then drops it.
        return without(fields, ("f:spec",))
    return without(fields, ("f:status",)) if has_status and not subresource else fields


def capped(managers: Managers) -> Managers:
    """At most ten entries of updates: the oldest are merged, those of one API version into one."""
    if len(managers) <= _MAX_UPDATERS:
        return managers
    updaters = sorted(
        (who for who in managers if who.operation == UPDATE), key=lambda who: (managers[who].time, who.name)
    )
    out = dict(managers)
    firsts: dict[str, Manager] = {}
    left = len(updaters)
    for who in updaters:
        if left <= _MAX_UPDATERS:
            break
        entry = managers[who]
        bucket = Manager(_ANCIENT, UPDATE, "", entry.api_version)
        first = firsts.setdefault(entry.api_version, who)
        if first == who:
            continue
        if bucket not in out:
            out[bucket] = out.pop(first)
        out[bucket] = replace(out[bucket], fields=union(entry.fields, out[bucket].fields), time=entry.time)
        if who != bucket:
            del out[who]
        left -= 1
    return out
