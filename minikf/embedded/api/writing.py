"""POST, PUT, PATCH and DELETE: from a request's body to what `Objects` is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from minikf.embedded.api import answers, bodies
from minikf.embedded.api.call import Call, Send, Target
from minikf.embedded.api.listing import select
from minikf.embedded.api.matching import matcher
from minikf.embedded.objects import Objects
from minikf.embedded.options import DeleteOptions, Options
from minikf.embedded.patching import json_patch, merge_patch, strategic_patch
from minikf.embedded.schema import schema_for
from minikf.embedded.status import ApiError, bad_request, not_found, qualified

Object = dict[str, Any]

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


async def create(call: Call, send: Send, objects: Objects, target: Target) -> None:
    opts = call.options()
    obj = bodies.decode_object(await call.body(), call.content_type, opts)
    entry = await objects.create(target.kind, target.namespace, obj, opts=opts)
    await answers.send_entry(call, send, target.kind, entry, 201, opts.warn)


async def update(call: Call, send: Send, objects: Objects, target: Target) -> None:
    opts = call.options()
    obj = bodies.decode_object(await call.body(), call.content_type, opts)
    entry = await objects.update(
        target.kind, target.namespace, target.name, obj, subresource=target.subresource, opts=opts
    )
    await answers.send_entry(call, send, target.kind, entry, 200, opts.warn)


async def patch(call: Call, send: Send, objects: Objects, target: Target) -> None:
    """All four patch types. Raises ApiError 400, 409, 415 or 422."""
    opts = call.options()
    accepted = [JSON_PATCH, MERGE_PATCH, APPLY_PATCH]
    if not target.kind.is_custom:
        accepted.insert(2, STRATEGIC_PATCH)
    if call.content_type not in accepted:
        raise bodies.unsupported(call.content_type, accepted)
    body = await call.body()
    if call.content_type == APPLY_PATCH:
        await _apply(call, send, objects, target, opts, body)
        return
    if opts.force:
        raise ApiError(
            422,
            "Invalid",
            "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for non-apply patch",
        )
    change = _change(call.content_type, bodies.decode(body, bodies.JSON), target)
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


async def _apply(
    call: Call, send: Send, objects: Objects, target: Target, opts: Options, body: bytes
) -> None:
    if not call.param("fieldManager"):
        raise ApiError(
            422,
            "Invalid",
            'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
        )
    obj = bodies.decode(body, bodies.YAML if not body.lstrip().startswith(b"{") else bodies.JSON)
    if not isinstance(obj, dict):
        raise bad_request("error decoding YAML: the applied configuration is not a map")
    entry, created = await objects.apply(
        target.kind, target.namespace, target.name, obj, subresource=target.subresource, opts=opts
    )
    await answers.send_entry(call, send, target.kind, entry, 201 if created else 200, opts.warn)


async def delete(call: Call, send: Send, objects: Objects, target: Target) -> None:
    """Answers with a Status when the object is gone, else with the object as it waits."""
    opts, how = await _delete_options(call)
    deletion = await objects.delete(target.kind, target.namespace, target.name, how=how, opts=opts)
    if not deletion.gone or target.kind.kind in ("Pod", "ServiceAccount", "PersistentVolumeClaim", "Service"):
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
    """Deletes all that the selectors name, and answers with the list of them."""
    opts, how = await _delete_options(call)
    match = matcher(call.param("labelSelector"), call.param("fieldSelector"), target.kind)
    entries = select(objects.store, target, match)
    items = []
    for entry in entries:
        try:
            deletion = await objects.delete(target.kind, entry.namespace, entry.name, how=how, opts=opts)
        except ApiError as error:
            # Somebody else deleted it meanwhile: that is what was asked for.
            if error.code != 404:
                raise
            continue
        items.append(deletion.entry)
    meta = {"resourceVersion": str(objects.store.rv)}
    head = {"kind": f"{target.kind.kind}List", "apiVersion": target.kind.api_version, "metadata": meta}
    body = orjson.dumps(head)[:-1] + b',"items":[' + b",".join(entry.raw for entry in items) + b"]}"
    await answers.send_bytes(send, body)


async def _delete_options(call: Call) -> tuple[Options, DeleteOptions]:
    body = await call.body()
    value = bodies.decode(body, call.content_type) if body.strip() else {}
    if not isinstance(value, dict):
        raise bad_request("DeleteOptions: expected a map")
    opts = call.options()
    if value.get("dryRun"):
        opts.dry_run = value["dryRun"] == ["All"]
    preconditions = value.get("preconditions") or {}
    grace = value.get("gracePeriodSeconds")
    if grace is not None and not isinstance(grace, int):
        raise bad_request("DeleteOptions.gracePeriodSeconds: expected a whole number")
    orphan = value.get("orphanDependents")
    propagation = value.get("propagationPolicy") or call.param("propagationPolicy")
    if orphan is not None and not propagation:
        propagation = "Orphan" if orphan else "Background"
    how = DeleteOptions(
        propagation=propagation,
        grace=grace if grace is not None else call.number("gracePeriodSeconds"),
        uid=preconditions.get("uid") or "",
        rv=preconditions.get("resourceVersion") or "",
    )
    return opts, how


def check_subresource(target: Target, *, readable: bool = False) -> None:
    """Raises ApiError 404 for a subresource that the kind does not have."""
    kind = target.kind
    known = target.subresource == "" or (target.subresource == "status" and kind.has_status)
    known = known or (kind.kind == "Namespace" and target.subresource == "finalize" and not readable)
    if not known:
        name = qualified(kind.group, f"{kind.plural}/{target.subresource}")
        raise not_found("", name, target.name)
