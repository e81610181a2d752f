"""Failures of the API, as the gateway in front of Kubeflow Pipelines words them.

Codes: google.rpc.Code. HTTP: grpc-gateway's `HTTPStatusFromCode`. The body is google.rpc.Status, with `error` beside
`message` for clients that look for the older name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.store import AlreadyExists, NotFound, StoreFailed

INVALID, NOT_FOUND, EXISTS, FAILED_PRECONDITION, UNIMPLEMENTED, INTERNAL, UNAVAILABLE = 3, 5, 6, 9, 12, 13, 14
_HTTP = {INVALID: 400, NOT_FOUND: 404, EXISTS: 409, FAILED_PRECONDITION: 400, UNIMPLEMENTED: 501, UNAVAILABLE: 503}


@dataclass
class ApiFailure(Exception):
    """An answer other than success. `code` is a google.rpc.Code; `status` an HTTP status where it is not the code's
    usual one (413 for bodies that are too large), else 0."""

    code: int
    message: str
    advice: str = ""
    status: int = 0

    def __str__(self) -> str:
        return self.message + (f" ({self.advice})" if self.advice else "")

    @property
    def http(self) -> int:
        return self.status or _HTTP.get(self.code, 500)

    def body(self) -> dict[str, Any]:
        text = str(self)
        detail = {"@type": "type.googleapis.com/google.rpc.Status", "code": self.code, "message": text}
        return {"error": text, "code": self.code, "message": text, "details": [detail]}


def invalid(message: str, advice: str = "") -> ApiFailure:
    return ApiFailure(INVALID, message, advice)


def not_found(message: str, advice: str = "") -> ApiFailure:
    return ApiFailure(NOT_FOUND, message, advice)


def worded(error: Exception) -> ApiFailure | None:
    """The answer for an error of the store or of a pipeline's document; None for any other."""
    if isinstance(error, ApiFailure):
        return error
    if isinstance(error, PipelineError):
        return ApiFailure(INVALID, str(error))
    if isinstance(error, NotFound):
        return ApiFailure(NOT_FOUND, str(error))
    if isinstance(error, AlreadyExists):
        return ApiFailure(EXISTS, str(error), "choose another name")
    if isinstance(error, StoreFailed):
        return ApiFailure(UNAVAILABLE, str(error))
    return None
