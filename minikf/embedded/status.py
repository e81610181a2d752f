"""Failures of the Kubernetes API, as the `Status` objects that clients expect."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]


@dataclass(frozen=True)
class Cause:
    """One reason for an Invalid (422) answer. `reason` is a metav1 CauseType, e.g. FieldValueInvalid."""

    field: str
    reason: str
    message: str


@dataclass
class ApiError(Exception):
    """An answer of the API other than success. `reason` is a metav1 StatusReason, e.g. NotFound.

    The real API server sends `details: {}` with answers that its generic layers make; `bare_details` says so.
    """

    code: int
    reason: str
    message: str
    details: Object = field(default_factory=dict)
    bare_details: bool = False
    metadata: Object = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(self.message)

    def status(self) -> Object:
        """The `Status` object, keys as the real API server sends them."""
        body: Object = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details or self.bare_details:
            body["details"] = self.details
        return body | {"code": self.code}


def named(group: str, plural: str, name: str) -> Object:
    """`details` of an error about one object; leaves out what is empty, as the real API server does."""
    return {key: value for key, value in (("name", name), ("group", group), ("kind", plural)) if value}


def qualified(group: str, plural: str) -> str:
    """`trainjobs.trainer.kubeflow.org`, or `pods` for the core group."""
    return f"{plural}.{group}" if group else plural


def not_found(group: str, plural: str, name: str) -> ApiError:
    message = f'{qualified(group, plural)} "{name}" not found'
    return ApiError(404, "NotFound", message, named(group, plural, name))


def already_exists(group: str, plural: str, name: str, *, ending: bool = False) -> ApiError:
    """409 for a create; `ending` when the object of that name is being deleted."""
    message = f'{qualified(group, plural)} "{name}" already exists'
    if ending:
        message = f"object is being deleted: {message}"
    return ApiError(409, "AlreadyExists", message, named(group, plural, name))


def conflict(group: str, plural: str, name: str, why: str) -> ApiError:
    message = f'Operation cannot be fulfilled on {qualified(group, plural)} "{name}": {why}'
    return ApiError(409, "Conflict", message, named(group, plural, name))


def bad_request(message: str) -> ApiError:
    return ApiError(400, "BadRequest", message)


class Undecodable(ApiError):
    """400: a body that is not an object of its kind. A patch that makes such a thing is Invalid instead."""


def undecodable(message: str) -> Undecodable:
    return Undecodable(400, "BadRequest", message)


def forbidden(group: str, plural: str, name: str, why: str) -> ApiError:
    message = f'{qualified(group, plural)} "{name}" is forbidden: {why}'
    return ApiError(403, "Forbidden", message, named(group, plural, name))


def invalid(group: str, kind: str, name: str, causes: list[Cause]) -> ApiError:
    """422 Invalid with its causes, worded as the real API server words it: the text tells equal causes once."""
    lines = list(dict.fromkeys(f"{cause.field}: {cause.message}" for cause in causes))
    text = lines[0] if len(lines) == 1 else f"[{', '.join(lines)}]"
    details = named(group, kind, name)
    details["causes"] = [{"reason": c.reason, "message": c.message, "field": c.field} for c in causes]
    return ApiError(422, "Invalid", f'{qualified(group, kind)} "{name}" is invalid: {text}', details)
