"""What an answer to an apply means: done, to be tried again, or wrong for good; and why."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from minikf.errors import ExitCode, MinikfError
from minikf.kube.apply.calls import Answer
from minikf.kube.apply.ref import Ref


@dataclass(frozen=True)
class Applied:
    """The object is as we want it. `owned` changes when anybody takes one of our fields from us; `created` is whether
    there was none before; `warnings` are the API's."""

    uid: str
    owned: str
    created: bool
    generation: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Transient:
    """It may be taken later. `after` is how long the API wants us to wait, in seconds, 0 where it does not say."""

    cause: str
    after: float = 0.0


class Fatal(MinikfError):
    """No later try can help: the object, our rights or the cluster must change first."""

    exit_code = ExitCode.APPLY_FAILED


class Conflict(Fatal):
    """Others own fields that we would change; `owners` has a field's path and its manager's name."""

    exit_code = ExitCode.OWNERSHIP_CONFLICT

    def __init__(self, message: str, owners: tuple[tuple[str, str], ...], **more: str) -> None:
        super().__init__(message, **more)
        self.owners = owners


class Denied(Fatal):
    """The API does not know who asks, or lets them not. One that has only just started knows no rules yet."""


class Quota(Fatal):
    """The namespace may not have more."""


Verdict = Applied | Transient | Fatal

# The words that kube-apiserver's managed fields put before a type error, which it answers with 500.
_UNTYPED = "failed to create typed patch object"
_OWNER = re.compile(r'conflict with "([^"]*)"')
# What admission answers with 403 for as long as it has not read what it decides by (k8s.io/apiserver, pkg/admission).
_UNREADY = "not yet ready to handle request"
# apimachinery, pkg/api/errors: the API server's own reasons why it may answer later.
_LATER = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


def judged(ref: Ref, answer: Answer, kubectl: str, manager: str) -> Verdict:
    """What it means for `ref`. `kubectl` is the beginning of a command for this cluster."""
    if answer.ok:
        return _applied(answer, manager)
    status = _status(answer.body)
    said = " ".join(str(status.get("message") or answer.body[:300].decode(errors="replace")).split())
    reason, causes = str(status.get("reason") or ""), tuple(_causes(status))
    look = f"{kubectl} get {ref.kind.lower()}{f' -n {ref.namespace}' if ref.namespace else ''} {ref.name} -o yaml"
    if answer.status in _LATER or (answer.status >= 500 and _UNTYPED not in said):
        return Transient(said or f"HTTP {answer.status}", answer.retry_after)
    if answer.status == HTTPStatus.FORBIDDEN and _UNREADY in said:
        return Transient(said)
    if answer.status == HTTPStatus.NOT_FOUND:
        return Transient(said or "its kind is not served")
    if any(kind == "NamespaceTerminating" for kind, _, _ in causes) or "because it is being terminated" in said:
        return Transient(said)
    if answer.status == HTTPStatus.CONFLICT:
        owners = tuple(
            (field, (found[1] if (found := _OWNER.search(text)) else text))
            for kind, field, text in causes
            if kind == "FieldManagerConflict"
        )
        if not owners:  # somebody else wrote at the same moment, or it is on its way out
            return Transient(said)
        return _conflict(ref, owners, look)
    if answer.status == HTTPStatus.FORBIDDEN and "exceeded quota" in said:
        advice = f"{kubectl} describe quota{f' -n {ref.namespace}' if ref.namespace else ''}"
        return Quota(f"{ref} exceeds a quota", cause=said, advice=advice)
    what = {HTTPStatus.FORBIDDEN: "you may not write", HTTPStatus.UNAUTHORIZED: "the API does not know who writes"}
    if answer.status in what:
        message = f"{what[HTTPStatus(answer.status)]} {ref}: {reason or answer.status}"
        return Denied(message, cause=said, advice=f"{kubectl} auth can-i patch {ref.kind.lower()}")
    return Fatal(f"the API refuses {ref}: {reason or answer.status}", cause=said, advice=look)


def _applied(answer: Answer, manager: str) -> Applied | Transient:
    metadata = _status(answer.body).get("metadata") or {}
    if metadata.get("deletionTimestamp"):
        left = ", ".join(metadata.get("finalizers") or ()) or "its garbage collection"
        return Transient(f"it is being deleted and waits for {left}")
    return Applied(
        str(metadata.get("uid") or ""),
        owned(metadata, manager),
        answer.status == HTTPStatus.CREATED,
        int(metadata.get("generation") or 0),
        tuple(_text(line) for line in answer.warnings),
    )


def owned(metadata: Mapping[str, Any], manager: str) -> str:
    """A hash of the fields that `manager` owns by apply; "" where it owns none.

    It changes when anybody else writes one of them: the API server then takes the field from us.
    """
    for entry in metadata.get("managedFields") or ():
        if entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource"):
            fields = json.dumps(entry.get("fieldsV1"), sort_keys=True, separators=(",", ":"))
            return hashlib.sha256(fields.encode()).hexdigest()[:16]
    return ""


def _conflict(ref: Ref, owners: tuple[tuple[str, str], ...], look: str) -> Conflict:
    names = ", ".join(dict.fromkeys(owner for _, owner in owners))
    fields = ", ".join(dict.fromkeys(field for field, _ in owners))
    return Conflict(
        f"{ref} has fields that belong to {names}",
        owners,
        cause=f"MiniKF would change what {names} has set: {fields}",
        advice=f"{look} --show-managed-fields; give the fields up there, or leave the component out",
    )


def _status(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _causes(status: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Reason, field and message of each cause that a Status lists."""
    for one in (status.get("details") or {}).get("causes") or ():
        yield str(one.get("reason") or ""), str(one.get("field") or ""), str(one.get("message") or "")


def _text(warning: str) -> str:
    """The text of a Warning header (RFC 7234, 5.5): `299 - "text"`."""
    found = re.match(r'\d{3} \S+ "(.*)"', warning)
    return found[1].replace('\\"', '"') if found else warning
