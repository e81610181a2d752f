"""Keeping managedFields true when an object is created, replaced or patched."""

from __future__ import annotations

import logging
from dataclasses import replace

from minikf.embedded.managed import entries
from minikf.embedded.managed.blank import blank_object
from minikf.embedded.managed.entries import UPDATE, Entry, Manager, Managers
from minikf.embedded.managed.fieldset import difference, union
from minikf.embedded.managed.typed import Comparison, compare
from minikf.embedded.schema.schema import Schema
from minikf.embedded.status import ApiError, Object

log = logging.getLogger("minikf.managed")


def record_update(
    old: Object | None, new: Object, manager: str, api_version: str, schema: Schema, subresource: str, now: str
) -> Object:
    """Writes `new`'s managedFields, in place, and returns `new`.

    `old` is what is stored, None on create; what `new` says of managers itself counts where a client may say it.
    `manager` becomes the owner of what it changed, as operation Update at `now` (RFC 3339).
    """
    managers = _known(old, new, subresource)
    new["metadata"].pop("managedFields", None)
    if old is not None and not managers:
        return new  # nobody is tracked on this object, and an update does not begin it
    who = entries.manager(manager, UPDATE, subresource, api_version)
    try:
        entries.write(new, entries.capped(updated(old, new, managers, who, api_version, schema, now)))
    except ApiError as error:
        # The API server does the same: rather no managers than wrong ones, and a write that stands.
        log.warning("cannot tell who manages what of %s %s: %s", schema.kind.kind, new["metadata"].get("name"), error)
    return new


def _known(old: Object | None, new: Object, subresource: str) -> Managers:
    stored = (entries.decode(old["metadata"], is_stored=True) if old is not None else None) or {}
    if subresource:
        return stored
    if entries.is_reset(new["metadata"]):
        return {}
    return entries.decode(new["metadata"]) or stored


def updated(
    old: Object | None, new: Object, managers: Managers, who: Manager, api_version: str, schema: Schema, now: str
) -> Managers:
    """The managers after `who` turned `old` into `new`."""
    before = blank_object(schema.kind) if old is None else old
    change = compare(entries.ownable(before), entries.ownable(new), schema.root)
    out = after_change(managers, change)
    mine = union(change.modified, change.added)
    mine = entries.reset_fields(mine, schema.kind.has_status, who.subresource)
    if mine:
        previous = out.get(who)
        out[who] = Entry(union(mine, previous.fields) if previous else mine, api_version, now)
    return out


def unmanaged(obj: Object) -> Object:
    """`obj` without its managedFields; shares the rest."""
    if "managedFields" not in obj["metadata"]:
        return obj
    return obj | {"metadata": {key: value for key, value in obj["metadata"].items() if key != "managedFields"}}


def after_change(managers: Managers, change: Comparison, applier: Manager | None = None) -> Managers:
    """Every manager but `applier` loses what somebody changed or removed; who has nothing left goes."""
    taken = union(change.modified, change.added)
    out: Managers = {}
    for who, entry in managers.items():
        fields = entry.fields
        if who != applier:
            fields = difference(difference(fields, taken), change.removed)
        if fields:
            out[who] = entry if fields is entry.fields else replace(entry, fields=fields)
    return out


def only_times_differ(obj: Object, old: Object) -> bool:
    """Whether nothing changed but the times of managedFields: such a write is none."""
    return _timeless(obj) == _timeless(old)


def _timeless(obj: Object) -> Object:
    metadata = obj["metadata"]
    listed = metadata.get("managedFields") or ()
    timeless = [{key: value for key, value in entry.items() if key != "time"} for entry in listed]
    return obj | {"metadata": metadata | {"managedFields": timeless}}
