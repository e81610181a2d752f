"""What create, update, patch, apply and delete mean: the one way to change an object, for clients and controllers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

import orjson

from minikf.embedded import kinds, managed, metadata, scale
from minikf.embedded.defaults import default_object
from minikf.embedded.defaults.generated import generate
from minikf.embedded.deletion import Deletion, mark_deleted
from minikf.embedded.kinds import Kind
from minikf.embedded.options import IGNORE, STRICT, DeleteOptions, Options
from minikf.embedded.schema import schema_for
from minikf.embedded.status import (
    Cause,
    Undecodable,
    already_exists,
    bad_request,
    invalid,
    not_found,
    undecodable,
)
from minikf.embedded.store import Entry, Store, Subscription, Write
from minikf.embedded.times import timestamp
from minikf.embedded.validation import finalizer_warnings, validate_object

Object = dict[str, Any]
# An admission hook may change the object in place or raise ApiError; `old` is None on create.
Admission = Callable[[Kind, Object, Object | None], None]


class Objects:
    """Kubernetes' semantics over the store. Reads see newest versions; writes return once they are durable.

    Who writes may use any served version of a kind; what is stored, returned and told is in the stored version.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime] | None = None) -> None:
        self.store = store
        self.clock = clock or (lambda: datetime.now(UTC))
        self.admission: list[Admission] = []
        # Asked about unknown fields before they are dropped; may refuse those that must not go unnoticed.
        self.refusals: list[Callable[[Kind, Object, list[str]], None]] = []
        # Asked about new objects: what a client should be warned of.
        self.advice: list[Callable[[Kind, Object], list[str]]] = []
        # Pods are ended by their controller before they go; without one they go at once.
        self.graceful_pods = False
        # Whether what the engine's own parts write is validated like anybody else's; tests of these parts want that.
        self.checks_all = False

    def now(self) -> str:
        return timestamp(self.clock())

    def find(self, kind: Kind, namespace: str, name: str) -> Entry | None:
        return self.store.get(kind, namespace, name)

    def get(self, kind: Kind, namespace: str, name: str) -> Entry:
        """Raises ApiError 404."""
        entry = self.store.get(kind, namespace, name)
        if entry is None:
            raise not_found(kind.group, kind.plural, name)
        return entry

    def list(self, kind: Kind, namespace: str = "", match: Callable[[Object], bool] | None = None) -> list[Entry]:
        entries = self.store.list(kind, namespace)
        return entries if match is None else [entry for entry in entries if match(entry.obj)]

    def subscribe(self, only: Collection[Kind] | None = None) -> Subscription:
        return self.store.subscribe(only)

    async def create(self, kind: Kind, namespace: str, obj: Object, *, opts: Options | None = None) -> Entry:
        """Creates an object; the caller gives `obj` away. Raises ApiError 400, 403, 404, 409 or 422."""
        opts = opts or Options()
        metadata.check_identity(kind, obj, namespace)
        if isinstance(obj["metadata"].get("managedFields"), list):
            obj["metadata"].pop("managedFields")
        return await self._insert(kind, obj, opts, record=True)

    async def update(
        self, kind: Kind, namespace: str, name: str, obj: Object, *, subresource: str = "", opts: Options | None = None
    ) -> Entry:
        """Replaces an object or a part of it, or makes it (`Kind.made_by_put`). Raises ApiError 400, 404, 409, 422."""
        opts = opts or Options()
        metadata.check_identity(kind, obj, namespace, name)
        if kind.made_by_put and not subresource and self.find(kind.storage, namespace, name) is None:
            return await self._insert(kind, obj, opts, record=True)
        old = self.get(kind.storage, namespace, name)
        return await self._replace(kind, old, obj, subresource, opts, must_have_rv=True)

    async def patch(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        change: Callable[[Object], Object | None],
        *,
        subresource: str = "",
        opts: Options | None = None,
    ) -> Entry:
        """Reads an object, changes a copy of it (in place, or by returning another) and writes it in one step."""
        opts = opts or Options()
        old = self.get(kind.storage, namespace, name)
        copy = old.shown_as(kind).copy()
        changed = change(copy)
        obj = copy if changed is None else changed
        if not isinstance(obj, dict):
            raise bad_request("the patched object is not a map")
        try:
            metadata.check_identity(kind, obj, namespace, name)
            return await self._replace(kind, old, obj, subresource, opts)
        except Undecodable as error:
            # The patch itself could be read; it is what it makes that is wrong.
            cause = Cause("patch", "FieldValueInvalid", f"Invalid value: {error.message}")
            raise invalid("", "", "", [cause]) from error

    async def set_status(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        status: Callable[[Object], Object],
        *,
        opts: Options | None = None,
    ) -> Entry:
        """Writes the status that `status` makes of the stored object, which it must leave as it is; for controllers.

        It is not validated: that is for what comes from outside. Nothing is written where nothing changes. Raises
        ApiError 404.
        """
        old = self.get(kind, namespace, name)
        before = old.obj
        if self.checks_all or "deletionTimestamp" in before["metadata"]:
            change: Callable[[Object], Object] = lambda now: {**now, "status": status(now)}  # noqa: E731
            return await self.patch(kind, namespace, name, change, subresource="status", opts=opts)
        fresh = status(before)
        if fresh == before.get("status"):
            return old
        obj = {**before, "metadata": dict(before["metadata"]), "status": fresh}
        manager = (opts or Options()).manager
        managed.record_update(before, obj, manager, kind.api_version, schema_for(kind), "status", self.now())
        return await self._done(self.store.put(kind, obj))

    async def apply(
        self, kind: Kind, namespace: str, name: str, obj: Object, *, subresource: str = "", opts: Options | None = None
    ) -> tuple[Entry, bool]:
        """Server-side apply: (the object, whether it was created). Raises ApiError 409 with the other managers."""
        opts = opts or Options()
        old = self.find(kind.storage, namespace, name)
        if old is None and subresource:
            raise not_found(kind.group, kind.plural, name)
        if not isinstance(obj.get("metadata"), dict):
            obj = obj | {"metadata": {}}
        merged = managed.apply(
            None if old is None else old.shown_as(kind).copy(),
            obj,
            opts.manager,
            kind.api_version,
            opts.force,
            schema_for(kind),
            subresource,
            self.now(),
        )
        metadata.check_identity(kind, merged, namespace, name)
        if old is None:
            merged["metadata"].pop("resourceVersion", None)
            return await self._insert(kind, merged, opts, record=False), True
        return await self._replace(kind, old, merged, subresource, opts, record=False), False

    async def delete(
        self, kind: Kind, namespace: str, name: str, *, how: DeleteOptions | None = None, opts: Options | None = None
    ) -> Deletion:
        """Deletes an object, or marks it deleted while finalizers or its grace period hold it. Raises ApiError."""
        opts, how, kind = opts or Options(), how or DeleteOptions(), kind.storage
        old = self.get(kind, namespace, name)
        metadata.check_lasting(kind, name)
        obj = old.copy()
        metadata.check_preconditions(kind, obj, how.uid, how.rv)
        gone = mark_deleted(kind, obj, how, self.clock(), graceful_pods=self.graceful_pods)
        if opts.dry_run:
            return Deletion(self._unstored(obj, old.rv), gone)
        if not gone:
            entry = old if obj == old.obj else await self._done(self.store.put(kind, obj))
            return Deletion(entry, False)
        last = old
        if kind is kinds.POD and obj != old.obj:
            # Watchers of pods see that one is being deleted before it is gone, however short that is.
            last = self.store.put(kind, obj).entry
        return Deletion(await self._done(self.store.remove(kind, last.copy())), True)

    # -- the common road of all writes ------------------------------------------------------------------------

    async def _insert(self, asked: Kind, obj: Object, opts: Options, *, record: bool) -> Entry:
        """`asked` is the kind in the version that the client wrote."""
        meta = obj["metadata"]
        fields = meta.get("managedFields")
        trusted = opts.trusted and not self.checks_all
        if not trusted:
            self._check_fields(asked, obj, opts)
        kind = _to_storage(asked, obj)
        metadata.before_create(kind, obj, self.now())
        name, namespace = meta["name"], meta.get("namespace", "")
        self._check_namespace(kind, namespace, name)
        _default(kind, obj)
        if record:
            managed.record_update(None, obj, opts.manager, asked.api_version, schema_for(kind), "", self.now())
        elif fields is not None:
            meta["managedFields"] = fields
        generate(kind, obj, None)
        # What admission adds belongs to nobody.
        for admit in self.admission:
            admit(kind, obj, None)
        if not trusted:
            self._validate(kind, obj, None, opts)
        if kind.stored_only:
            opts.warn.append(f"{kind.kind} is stored but has no effect on the embedded engine: {kind.stored_only}")
        opts.warn += [text for advise in self.advice for text in advise(kind, obj)]
        found = self.store.get(kind, namespace, name)
        if found is not None:
            raise already_exists(kind.group, kind.plural, name, ending="deletionTimestamp" in found.obj["metadata"])
        if opts.dry_run:
            return self._unstored(obj, 0)
        return await self._done(self.store.put(kind, obj))

    async def _replace(
        self,
        asked: Kind,
        old: Entry,
        obj: Object,
        subresource: str,
        opts: Options,
        *,
        record: bool = True,
        must_have_rv: bool = False,
    ) -> Entry:
        before = old.obj
        given = obj["metadata"]
        self._check_fields(asked, obj, opts)
        kind = _to_storage(asked, obj)
        if subresource in ("status", "finalize"):
            obj = _only(subresource, kind, obj, before)
        elif kind is kinds.NAMESPACE and "spec" in before:
            obj["spec"] = before["spec"]  # its finalizers have a subresource of their own
        metadata.before_update(kind, obj, before, must_have_rv=must_have_rv)
        if kind.has_status and not subresource:
            obj.pop("status", None)
            if "status" in before:
                obj["status"] = old.copy()["status"]
        _default(kind, obj)
        generate(kind, obj, before)
        for admit in self.admission:
            admit(kind, obj, before)
        self._validate(kind, obj, before, opts)
        metadata.set_generation(kind, obj, before)
        if record:
            self._record(asked, obj, before, given, subresource, opts)
        if obj == before or managed.only_times_differ(obj, before):
            return old
        if opts.dry_run:
            return self._unstored(obj, old.rv)
        if _is_finished(kind, obj):
            # The object without its last finalizer is never stored: watchers are told of the one that was.
            await self._done(self.store.remove(kind, old.copy()))
            return self._unstored(obj, old.rv)
        return await self._done(self.store.put(kind, obj))

    def _validate(self, kind: Kind, obj: Object, old: Object | None, opts: Options) -> None:
        if kind.is_custom:
            opts.warn.extend(finalizer_warnings(obj["metadata"], old and old["metadata"]))
            causes = schema_for(kind).validate(obj, old, validate_object(kind, obj, old))
            causes += scale.causes(kind, obj)
        else:
            causes = validate_object(kind, obj, old)
        if causes:
            raise invalid(kind.group, kind.kind, obj["metadata"]["name"], causes)

    def _record(self, kind: Kind, obj: Object, before: Object, given: Object, subresource: str, opts: Options) -> None:
        """Keeps managedFields true. On the status all metadata that the caller sent counts as the caller's.

        Even what the subresource then drops: the API server tells who manages what before it does so.
        """
        tracked = obj | {"metadata": given} if subresource == "status" else obj
        managed.record_update(
            before, tracked, opts.manager, kind.api_version, schema_for(kind), subresource, self.now()
        )
        if tracked is not obj:
            obj["metadata"]["managedFields"] = tracked["metadata"].get("managedFields")
            if obj["metadata"]["managedFields"] is None:
                del obj["metadata"]["managedFields"]

    def _check_fields(self, kind: Kind, obj: Object, opts: Options) -> None:
        unknown = [*opts.duplicates, *schema_for(kind).unknown_fields(obj, prune=True)]
        if not unknown:
            return
        if opts.field_validation == STRICT:
            raise undecodable(
                f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: '
                f"strict decoding error: {', '.join(unknown)}"
            )
        for refuse in self.refusals:
            refuse(kind, obj, unknown)
        if opts.field_validation == IGNORE:
            return
        opts.warn.extend(text for text in unknown if text not in opts.warn)

    def _check_namespace(self, kind: Kind, namespace: str, name: str) -> None:
        if not kind.namespaced:
            return
        found = self.store.get(kinds.NAMESPACE, "", namespace)
        if found is None:
            raise metadata.missing_namespace(namespace)
        if "deletionTimestamp" in found.obj["metadata"]:
            raise metadata.ending_namespace(kind, name, namespace)

    async def _done(self, write: Write) -> Entry:
        # A client that goes away must not take back a write that others have built on.
        await asyncio.shield(write.done)
        return write.entry

    @staticmethod
    def _unstored(obj: Object, rv: int) -> Entry:
        meta = obj["metadata"]
        return Entry(orjson.dumps(obj), meta, rv, meta.get("labels") or {})


def _to_storage(asked: Kind, obj: Object) -> Kind:
    """The kind that is stored; `obj` gets its version."""
    obj["apiVersion"] = asked.storage.api_version
    return asked.storage


def _default(kind: Kind, obj: Object) -> None:
    schema_for(kind).default(obj)
    default_object(kind, obj)


def _only(subresource: str, kind: Kind, obj: Object, before: Object) -> Object:
    """The stored object with nothing changed but what the subresource owns."""
    given = obj["metadata"]
    if subresource == "finalize":
        return {**obj, "metadata": dict(given), "status": before.get("status") or {}}
    kept: Object = orjson.loads(orjson.dumps(before))
    meta = kept["metadata"]
    if "managedFields" in given:
        meta["managedFields"] = given["managedFields"]
    meta["resourceVersion"] = given.get("resourceVersion") or meta["resourceVersion"]
    if given.get("uid"):
        meta["uid"] = given["uid"]
    if not kind.is_custom:
        for field in ("labels", "annotations"):
            if field in given:
                meta[field] = given[field]
    if "status" in obj:
        kept["status"] = obj["status"]
    else:
        kept.pop("status", None)
    return kept


def _is_finished(kind: Kind, obj: Object) -> bool:
    """Whether an update took away the last thing that held a deleted object."""
    meta = obj["metadata"]
    if "deletionTimestamp" not in meta or meta.get("finalizers"):
        return False
    if kind is kinds.NAMESPACE:
        return not (obj.get("spec") or {}).get("finalizers")
    return not meta.get("deletionGracePeriodSeconds")
