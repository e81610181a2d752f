"""The rules of `metadata` that hold for every kind: what the server sets, and what no client may change."""

from __future__ import annotations

import os
import random
import uuid
from typing import Any

from minikf.embedded import kinds
from minikf.embedded.kinds import Kind
from minikf.embedded.schema.decoding import json_type
from minikf.embedded.status import ApiError, Cause, bad_request, conflict, forbidden, invalid, undecodable

Object = dict[str, Any]

# The alphabet and length of apiserver's SimpleNameGenerator: no vowels, so that no word appears by chance.
_NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_NAME_LENGTH = 5
# A uid must be unique, not secret; a generator seeded by the system spares a system call for each object.
_UIDS = random.Random(os.urandom(32))
_SERVER_OWNED = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink")
_LASTING_NAMESPACES = ("default", "kube-system", "kube-public")
_MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"

INITIAL_STATUS: dict[str, Object] = {
    "Namespace": {"phase": "Active"},
    "Pod": {"phase": "Pending"},
    "PersistentVolumeClaim": {"phase": "Pending"},
    "Service": {"loadBalancer": {}},
    "Job": {},
    "ResourceQuota": {},
}


def check_identity(kind: Kind, obj: Object, namespace: str, name: str = "") -> None:
    """The body must name the kind, namespace and name that the request's path names. Raises ApiError 400."""
    if not isinstance(obj.get("metadata") or {}, dict):
        raise _mistyped(kind, obj["metadata"], "", "v1.ObjectMeta")
    meta = obj["metadata"] = obj.get("metadata") or {}
    given_version, given_kind = obj.get("apiVersion") or kind.api_version, obj.get("kind") or kind.kind
    if given_version != kind.api_version:
        raise undecodable(
            f"the API version in the data ({given_version}) does not match the expected API version "
            f"({kind.api_version})"
        )
    if given_kind != kind.kind:
        raise undecodable(f"the kind in the data ({given_kind}) does not match the expected kind ({kind.kind})")
    obj["apiVersion"], obj["kind"] = kind.api_version, kind.kind
    for field in ("name", "namespace", "generateName", "resourceVersion", "uid"):
        if not isinstance(meta.get(field) or "", str):
            raise _mistyped(kind, meta[field], field, "string")
    if kind.namespaced:
        if meta.get("namespace") and meta["namespace"] != namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        meta["namespace"] = namespace
    else:
        meta.pop("namespace", None)
    if name:
        if meta.get("name") and meta["name"] != name:
            raise bad_request(f"the name of the object ({meta['name']}) does not match the name on the URL ({name})")
        meta["name"] = name


def _mistyped(kind: Kind, value: Any, field: str, wanted: str) -> ApiError:
    """What Go's decoder says of metadata that is no map, or of one of its fields that is no text."""
    if kind.is_custom:
        where = f"struct field ObjectMeta.{field}" if field else "value"
    else:
        where = f"struct field ObjectMeta.metadata.{field}" if field else f"struct field {kind.kind}.metadata"
    problem = f"json: cannot unmarshal {json_type(value)} into Go {where} of type {wanted}"
    return undecodable(f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: {problem}')


def before_create(kind: Kind, obj: Object, now: str) -> None:
    """Sets what the server owns on a new object. Raises ApiError 400/422."""
    meta = obj["metadata"]
    if meta.pop("resourceVersion", ""):
        raise bad_request("resourceVersion should not be set on objects to be created")
    for field in _SERVER_OWNED:
        meta.pop(field, None)
    if kind.has_generation or not meta.get("generation"):
        meta.pop("generation", None)
    if not meta.get("name") and not meta.get("generateName") and kind is kinds.LIMIT_RANGE:
        meta["name"] = str(uuid.UUID(int=_UIDS.getrandbits(128), version=4))  # so does a kube-apiserver, for this kind
    elif not meta.get("name"):
        suffix = "".join(random.choices(_NAME_LETTERS, k=_NAME_LENGTH))
        # Without either the name stays empty, which validation reports with whatever else is wrong.
        meta["name"] = meta["generateName"][: 63 - _NAME_LENGTH] + suffix if meta.get("generateName") else ""
    if not meta.get("generateName"):
        meta.pop("generateName", None)
    meta["uid"] = str(uuid.UUID(int=_UIDS.getrandbits(128), version=4))
    meta["creationTimestamp"] = now
    if kind.has_generation:
        meta["generation"] = 1
    if kind.has_status:
        obj.pop("status", None)
        if kind.kind in INITIAL_STATUS:
            obj["status"] = dict(INITIAL_STATUS[kind.kind])


def before_update(kind: Kind, obj: Object, old: Object, *, must_have_rv: bool) -> None:
    """Keeps what the server owns and checks the optimistic lock. Raises ApiError 409/422."""
    meta, before = obj["metadata"], old["metadata"]
    name = before["name"]
    rv = meta.get("resourceVersion") or ""
    if rv and not rv.isdecimal():
        raise bad_request(f'strconv.ParseUint: parsing "{rv}": invalid syntax')
    if int(rv or 0) == 0:
        rv = ""  # no version, so whatever is stored may be replaced
    if not rv and must_have_rv and kind.is_custom:
        cause = Cause(
            "metadata.resourceVersion", "FieldValueInvalid", "Invalid value: 0: must be specified for an update"
        )
        raise invalid(kind.group, kind.plural, name, [cause])
    if rv and rv != before["resourceVersion"]:
        raise conflict(kind.group, kind.plural, name, _MODIFIED)
    _check_uid(kind, name, meta.get("uid") or "", before["uid"], is_patch=not must_have_rv)
    for field in _SERVER_OWNED:
        if field in before:
            meta[field] = before[field]
        else:
            meta.pop(field, None)
    if "generateName" in before:
        meta["generateName"] = before["generateName"]
    meta["resourceVersion"] = before["resourceVersion"]


def set_generation(kind: Kind, obj: Object, old: Object) -> None:
    """Counts a change of what the user wants; a change of metadata or status does not count."""
    if not kind.has_generation:
        # Nobody counts here, but what the creator wrote is kept.
        obj["metadata"].pop("generation", None)
        if "generation" in old["metadata"]:
            obj["metadata"]["generation"] = old["metadata"]["generation"]
        return
    generation = old["metadata"].get("generation", 1)
    obj["metadata"]["generation"] = generation + (wanted(kind, obj) != wanted(kind, old))


def wanted(kind: Kind, obj: Object) -> Object:
    """The part of an object that its generation counts."""
    if not kind.is_custom:
        return {"spec": obj.get("spec")}
    return {key: value for key, value in obj.items() if key != "metadata" and (key != "status" or not kind.has_status)}


def _check_uid(kind: Kind, name: str, wanted_uid: str, uid: str, *, is_patch: bool) -> None:
    """Raises ApiError when the caller means another object of the same name: 422 for a patch of it, else 409."""
    if wanted_uid in ("", uid):
        return
    if is_patch:
        cause = Cause("metadata.uid", "FieldValueInvalid", f'Invalid value: "{wanted_uid}": field is immutable')
        raise invalid(kind.group, kind.kind, name, [cause])
    why = f"Precondition failed: UID in precondition: {wanted_uid}, UID in object meta: {uid}"
    raise conflict(kind.group, kind.plural, name, why)


def check_preconditions(kind: Kind, obj: Object, uid: str, rv: str) -> None:
    """Raises ApiError 409 when what is to be deleted is not what the caller saw.

    Words of k8s.io/apiserver v0.34.4, pkg/registry/rest/delete.go, which names the kind and not the resource; a
    namespace is deleted by a write, whose words are those of the storage.
    """
    meta = obj["metadata"]
    if kind is kinds.NAMESPACE:
        for field, given, stored in (("UID", uid, meta["uid"]), ("ResourceVersion", rv, meta["resourceVersion"])):
            if given and given != stored:
                why = f"Precondition failed: {field} in precondition: {given}, {field} in object meta: {stored}"
                raise conflict(kind.group, kind.plural, meta["name"], why)
    if uid and uid != meta["uid"]:
        why = (
            f"the UID in the precondition ({uid}) does not match the UID in record ({meta['uid']}). "
            "The object might have been deleted and then recreated"
        )
        raise conflict(kind.group, kind.kind, meta["name"], why)
    if rv and rv != meta["resourceVersion"]:
        why = (
            f"the ResourceVersion in the precondition ({rv}) does not match the ResourceVersion in record "
            f"({meta['resourceVersion']}). The object might have been modified"
        )
        raise conflict(kind.group, kind.kind, meta["name"], why)


def check_lasting(kind: Kind, name: str) -> None:
    """Raises ApiError 403 for the namespaces that a cluster cannot be without."""
    if kind.kind == "Namespace" and name in _LASTING_NAMESPACES:
        raise forbidden(kind.group, kind.plural, name, "this namespace may not be deleted")


def missing_namespace(namespace: str) -> ApiError:
    details = {"name": namespace, "kind": "namespaces"}
    return ApiError(404, "NotFound", f'namespaces "{namespace}" not found', details)


def ending_namespace(kind: Kind, name: str, namespace: str) -> ApiError:
    """What a create in a namespace that is being deleted is told."""
    why = f"unable to create new content in namespace {namespace} because it is being terminated"
    error = forbidden(kind.group, kind.plural, name, why)
    message = f"namespace {namespace} is being terminated"
    error.details["causes"] = [{"reason": "NamespaceTerminating", "message": message, "field": "metadata.namespace"}]
    return error
