"""Server-side apply.

sigs.k8s.io/structured-merge-diff v6.3.0, merge/update.go; k8s.io/apimachinery v0.34.4, pkg/util/managedfields/internal.
"""

from __future__ import annotations

import orjson

from minikf.embedded.managed import entries
from minikf.embedded.managed.check import check_applied
from minikf.embedded.managed.conflicts import Conflicts, conflict_error
from minikf.embedded.managed.entries import APPLY, UPDATE, Entry, Manager, Managers
from minikf.embedded.managed.fieldset import FieldSet, difference, intersection, union
from minikf.embedded.managed.typed import Comparison, compare, field_set, merge, remove, with_named_fields
from minikf.embedded.managed.update import after_change, unmanaged, updated
from minikf.embedded.schema.node import Node
from minikf.embedded.schema.schema import Schema
from minikf.embedded.status import ApiError, Object, bad_request

_BEFORE_FIRST_APPLY = "before-first-apply"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
# Only this manager takes over what `kubectl apply` without --server-side has set.
_KUBECTL = "kubectl"


def apply(
    live: Object | None,
    applied: Object,
    manager: str,
    api_version: str,
    force: bool,
    schema: Schema,
    subresource: str,
    now: str,
) -> Object:
    """The object after `manager` applied `applied`, managedFields included; neither argument is changed.

    Raises ApiError 400 for an `applied` of another version or with managedFields, 500 (as the API server does) for one
    that does not fit the schema, and 409, with a cause for each field, when another manager owns a field that would get
    another value, unless `force` takes it over.
    """
    version, kind = applied.get("apiVersion") or "", applied.get("kind") or ""
    if (version, kind) != (api_version, schema.kind.kind):
        raise bad_request(f"invalid object type: {version if '/' in version else '/' + version}, Kind={kind}")
    if applied["metadata"].get("managedFields") is not None:
        raise bad_request("metadata.managedFields must be nil")
    check_applied(applied, schema.kind, schema.root)
    who = entries.manager(manager, APPLY, subresource, api_version)
    operation = _Apply(live, applied, who, api_version, schema, now)
    try:
        return operation.run(force)
    except Conflicts as conflicts:
        left = conflicts.without(operation.set_by_kubectl()) if manager == _KUBECTL else conflicts
        if left:
            raise conflict_error(left) from None
        return operation.run(force=True)


class _Apply:
    """One apply of one object."""

    def __init__(
        self, live: Object | None, applied: Object, who: Manager, api_version: str, schema: Schema, now: str
    ) -> None:
        self.who = who
        self.api_version = api_version
        self.schema = schema
        self.root: Node = schema.root
        self.now = now
        self.applied = applied
        self.exists = live is not None
        self.live: Object = {"apiVersion": api_version, "kind": schema.kind.kind, "metadata": {}}
        self.managers: Managers = {}
        if live is not None:
            self.live = unmanaged(live)
            self.managers = entries.decode(live["metadata"]) or self._before_first_apply()

    def _before_first_apply(self) -> Managers:
        """An object that nobody was tracked on: all of it gets an owner, so that apply cannot take it unasked."""
        everybody = entries.manager(_BEFORE_FIRST_APPLY, UPDATE, "", self.api_version)
        return updated(None, self.live, {}, everybody, self.api_version, self.schema, self.now)

    def run(self, force: bool) -> Object:
        """Raises Conflicts."""
        fields = field_set(self.applied, self.root)
        fields = entries.reset_fields(fields, self.schema.kind.has_status, self.who.subresource)
        merged: Object = merge(self.live, self.applied, self.root)
        managers = dict(self.managers)
        last = managers.pop(self.who, None)
        time = last.time if last else ""
        managers[self.who] = Entry(fields, self.api_version, time)
        if last is not None and last.fields:
            merged = _pruned(merged, last.fields, managers, self.root)
        change = compare(self.live, merged, self.root)
        if not force:
            self._check_conflicts(managers, change)
        managers = after_change(managers, change, self.who)
        mine = entries.stripped(managers.pop(self.who, Entry({}, "")).fields)
        if mine:
            changed = merged != self.live or not self.exists
            managers[self.who] = Entry(mine, self.api_version, self.now if changed else time)
        out: Object = orjson.loads(orjson.dumps(merged))
        self._update_last_applied(out)
        entries.write(out, managers)
        return out

    def _check_conflicts(self, managers: Managers, change: Comparison) -> None:
        taken = union(change.modified, change.added)
        found = {
            who: both
            for who, entry in managers.items()
            if who != self.who and (both := intersection(entry.fields, taken))
        }
        if found:
            raise Conflicts(found)

    def set_by_kubectl(self) -> FieldSet:
        """What `kubectl apply` without --server-side has set and nobody changed since, by its own annotation."""
        annotations = self.live["metadata"].get("annotations") or {}
        try:
            last = orjson.loads(annotations.get(_LAST_APPLIED, ""))
        except orjson.JSONDecodeError:
            return {}
        if not isinstance(last, dict) or last.get("apiVersion") != self.api_version:
            return {}
        try:
            change = compare(last, self.live, self.root)
            fields = field_set(last, self.root)
        except ApiError:
            return {}  # written by hand, and not of this kind's shape
        return difference(difference(difference(fields, change.modified), change.added), change.removed)

    def _update_last_applied(self, obj: Object) -> None:
        """Keeps the annotation of client-side apply in step, where there is one."""
        annotations = obj["metadata"].get("annotations") or {}
        if self.who.name != _KUBECTL or not annotations.get(_LAST_APPLIED):
            return
        metadata = dict(self.applied["metadata"])
        kept = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != _LAST_APPLIED}
        if "annotations" in metadata:
            metadata["annotations"] = kept
        text = orjson.dumps(self.applied | {"metadata": metadata}, option=orjson.OPT_SORT_KEYS).decode()
        annotations[_LAST_APPLIED] = text + "\n"


def _pruned(merged: Object, last: FieldSet, managers: Managers, root: Node) -> Object:
    """`merged` without what the applier set last time, sets no more, and nobody else owns."""
    last = with_named_fields(last, root)
    owned: FieldSet = {}
    for entry in managers.values():
        owned = union(owned, entry.fields)
    everything = with_named_fields(field_set(merged, root), root)
    kept = _named_fields(remove(merged, last, root), root)
    kept = union(kept, with_named_fields(owned, root))
    left = remove(merged, difference(everything, kept), root)
    gone = intersection(difference(everything, _named_fields(left, root)), last)
    pruned: Object = remove(merged, gone, root)
    return pruned


def _named_fields(obj: Object, root: Node) -> FieldSet:
    return with_named_fields(field_set(obj, root), root)
