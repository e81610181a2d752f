"""What the registry answers other than success, in the model registry API's own format."""

from __future__ import annotations

from dataclasses import dataclass

# The texts are the API's: net/http's status texts, but "Bad Request" also for 422, as the upstream server sends it.
_CODES = {
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Request Entity Too Large",
    422: "Bad Request",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}


@dataclass
class RegistryError(Exception):
    """A failure that a client or a controller meets.

    `status` is the HTTP status; `reason` is a CamelCase word for conditions and events, e.g. ModelNotFound;
    `advice` says what to do next.
    """

    status: int
    reason: str
    message: str
    advice: str = ""

    def __post_init__(self) -> None:
        super().__init__(self.text)

    @property
    def text(self) -> str:
        return f"{self.message}; {self.advice}" if self.advice else self.message

    def body(self) -> dict[str, str]:
        """The API's `Error` object."""
        return {"code": _CODES.get(self.status, str(self.status)), "message": self.text}


def invalid(message: str, advice: str = "") -> RegistryError:
    """The request itself is wrong."""
    return RegistryError(400, "Invalid", message, advice)


def required(field: str) -> RegistryError:
    """A field that must be there is missing or empty."""
    return RegistryError(422, "Required", f"'{field}' is required and must not be empty")


def not_found(message: str, advice: str = "") -> RegistryError:
    return RegistryError(404, "NotFound", message, advice)


def conflict(message: str, advice: str = "") -> RegistryError:
    return RegistryError(409, "AlreadyExists", message, advice)
