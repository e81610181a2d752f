"""POST, PUT, PATCH and DELETE: from a request's body to what `Objects` is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minikf.embedded import kinds
from minikf.embedded.api import answers, bodies, scaling
from minikf.embedded.api.call import Call, Send, Target, no_such_resource
from minikf.embedded.api.listing import plain, select
from minikf.embedded.api.matching import matcher
from minikf.embedded.api.query import dry_run_causes, propagation_causes, refuse, write_options
from minikf.embedded.api.yamlbody import Unreadable
from minikf.embedded.kinds import Kind
from minikf.embedded.objects import Objects
from minikf.embedded.options import DeleteOptions, Options
from minikf.embedded.patching import json_patch, merge_patch, strategic_patch
from minikf.embedded.schema import schema_for
from minikf.embedded.status import ApiError, bad_request, not_found

Object = dict[str, Any]

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
# Kinds whose delete answers with the object: ReturnDeletedObject in kubernetes v1.34.4, pkg/registry/core/*/storage.
_RETURNED_WHOLE = frozenset(("Namespace", "PersistentVolumeClaim", "Pod", "ResourceQuota", "Service", "ServiceAccount"))

# Words of k8s.io/kubernetes v1.34.4, pkg/registry/batch/job/storage/storage.go.
_PODS_STAY = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set "
    "propagationPolicy=Orphan to suppress this warning"
)


async def create(call: Call, send: Send, objects: Objects, target: Target) -> None:
    opts = write_options(call, "CreateOptions")
    obj = bodies.decode_object(await call.body(), call.content_type, opts, target.kind)
    entry = await objects.create(target.kind, target.namespace, obj, opts=opts)
    await answers.send_entry(call, send, target.kind, entry, 201, opts.warn)


async def update(call: Call, send: Send, objects: Objects, target: Target) -> None:
    opts = write_options(call, "UpdateOptions")
    if target.subresource == scaling.NAME:
        await scaling.put_scale(call, send, objects, target, opts)
        return
    obj = bodies.decode_object(await call.body(), call.content_type, opts, target.kind)
    is_there = objects.find(target.kind.storage, target.namespace, target.name) is not None
    entry = await objects.update(
        target.kind, target.namespace, target.name, obj, subresource=target.subresource, opts=opts
    )
    await answers.send_entry(call, send, target.kind, entry, 200 if is_there else 201, opts.warn)


async def patch(call: Call, send: Send, objects: Objects, target: Target) -> None:
    """All four patch types. Raises ApiError 400, 409, 415 or 422."""
    accepted = [JSON_PATCH, MERGE_PATCH, APPLY_PATCH]
    if not target.kind.is_custom:
        accepted.insert(2, STRATEGIC_PATCH)
    if call.content_type not in accepted:
        raise bodies.unsupported(accepted)
    is_apply = call.content_type == APPLY_PATCH
    if is_apply and target.subresource == scaling.NAME:
        raise scaling.no_apply()
    body = await call.body()
    opts = write_options(call, "PatchOptions", apply=is_apply)
    if is_apply:
        await _apply(call, send, objects, target, opts, body)
        return
    try:
        value = bodies.decode(body, bodies.JSON)
    except Unreadable as error:
        raise bad_request(f"error decoding patch: {str(error).rpartition('json parse error: ')[2]}") from error
    if target.kind.is_custom:
        value = bodies.whole_numbers(value)
    change = _change(call.content_type, value, target)
    if target.subresource == scaling.NAME:
        await scaling.change_scale(call, send, objects, target, change, opts)
        return
    entry = await objects.patch(
        target.kind, target.namespace, target.name, change, subresource=target.subresource, opts=opts
    )
    await answers.send_entry(call, send, target.kind, entry, 200, opts.warn)


def _change(content_type: str, value: Any, target: Target) -> Callable[[Object], Object]:
    if content_type == JSON_PATCH:
        return lambda obj: json_patch(obj, value)
    if content_type == MERGE_PATCH:
        return lambda obj: merge_patch(obj, value)
    return lambda obj: strategic_patch(obj, value, schema_for(target.kind))


async def _apply(call: Call, send: Send, objects: Objects, target: Target, opts: Options, body: bytes) -> None:
    try:
        obj = bodies.decode(body, bodies.YAML)
    except Unreadable as error:
        raise bad_request(f"error decoding YAML: error converting YAML to JSON: {error}") from error
    if not isinstance(obj, dict):
        raise bad_request("error decoding YAML: the applied configuration is not a map")
    if target.kind.is_custom:
        obj = bodies.whole_numbers(obj)
    entry, created = await objects.apply(
        target.kind, target.namespace, target.name, obj, subresource=target.subresource, opts=opts
    )
    await answers.send_entry(call, send, target.kind, entry, 201 if created else 200, opts.warn)


async def delete(call: Call, send: Send, objects: Objects, target: Target) -> None:
    """Answers with a Status when the object is gone, else with the object as it waits."""
    opts, how = await _delete_options(call, target.kind)
    deletion = await objects.delete(target.kind, target.namespace, target.name, how=how, opts=opts)
    if not deletion.gone or target.kind.kind in _RETURNED_WHOLE:
        await answers.send_entry(call, send, target.kind, deletion.entry, 200, opts.warn)
        return
    details = {
        "name": target.name,
        "group": target.kind.group,
        "kind": target.kind.plural,
        "uid": deletion.entry.uid,
    }
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {key: value for key, value in details.items() if value},
    }
    await answers.send_json(send, status, 200, warnings=opts.warn)


async def delete_collection(call: Call, send: Send, objects: Objects, target: Target) -> None:
    """Deletes all that the selectors name, and answers with the list of them as they were."""
    opts, how = await _delete_options(call, target.kind)
    match = matcher(call.param("labelSelector"), call.param("fieldSelector"), target.kind)
    rv = objects.store.rv
    entries = select(objects.store, target, match)
    for entry in entries:
        try:
            await objects.delete(target.kind, entry.namespace, entry.name, how=how, opts=opts)
        except ApiError as error:
            # Somebody else deleted it meanwhile: that is what was asked for.
            if error.code != 404:
                raise
    entries = [entry.shown_as(target.kind) for entry in entries]
    await answers.send_bytes(send, plain(target.kind, entries, {"resourceVersion": str(rv)}), warnings=opts.warn)


async def _delete_options(call: Call, kind: Kind) -> tuple[Options, DeleteOptions]:
    value = await _delete_body(call)
    dry_run = [str(one) for one in value.get("dryRun") or call.query.get("dryRun", [])]
    orphan = value.get("orphanDependents")
    policy = str(value.get("propagationPolicy") or call.param("propagationPolicy"))
    refuse("DeleteOptions", [*propagation_causes(policy, orphan), *dry_run_causes(dry_run)])
    if orphan is not None and not policy:
        policy = "Orphan" if orphan else "Background"
    opts = Options(dry_run=bool(dry_run))
    if kind is kinds.JOB and not policy:
        # As batch/v1 does since its first days; kubectl and MiniKF always say what they want.
        policy = "Orphan"
        opts.warn.append(_PODS_STAY)
    grace = value.get("gracePeriodSeconds", call.number("gracePeriodSeconds"))
    if grace is not None and (not isinstance(grace, int) or isinstance(grace, bool)):
        raise bad_request("DeleteOptions.gracePeriodSeconds: expected a whole number")
    preconditions = value.get("preconditions") or {}
    how = DeleteOptions(
        propagation=policy,
        grace=1 if grace is not None and grace < 0 else grace,
        uid=preconditions.get("uid") or "",
        rv=preconditions.get("resourceVersion") or "",
    )
    return opts, how


async def _delete_body(call: Call) -> Object:
    """The DeleteOptions of the body; {} when there is none. Raises ApiError 400 (where the real one answers 500)."""
    body = await call.body()
    if not body.strip():
        return {}
    try:
        value = bodies.decode(body, call.content_type)
    except Unreadable as error:
        raise bad_request(str(error)) from error
    if not isinstance(value, dict):
        raise bad_request("DeleteOptions: expected a map")
    kind, version = value.get("kind") or "DeleteOptions", value.get("apiVersion") or "v1"
    if kind != "DeleteOptions":
        raise bad_request(f'no kind "{kind}" is registered for version "{version}"')
    return value


def check_subresource(target: Target, *, readable: bool = False) -> None:
    """Raises ApiError 404 for a subresource that the kind does not have."""
    kind = target.kind
    known = target.subresource == "" or (target.subresource == "status" and kind.has_status)
    known = known or (target.subresource == scaling.NAME and kind.scale is not None)
    known = known or (kind.kind == "Namespace" and target.subresource == "finalize" and not readable)
    if not known:
        raise not_found(kind.group, kind.plural, target.name) if kind.is_custom else no_such_resource()
