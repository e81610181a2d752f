"""Answers of the Kubernetes API: objects, lists, tables and `Status`, in the form the client accepts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from minikf.embedded.api.call import Call, NoSuchPath, Send
from minikf.embedded.kinds import Kind
from minikf.embedded.status import ApiError
from minikf.embedded.store import Entry
from minikf.embedded.table import table

JSON = b"application/json"
_PLAIN = frozenset(("", "*/*", "application/json"))
_FORMS = frozenset(("application/json", "application/yaml", "application/*", "*/*"))


def wants_table(call: Call) -> bool:
    return "as=Table" in call.accept


def wants_metadata(call: Call) -> bool:
    return "as=PartialObjectMetadata" in call.accept and not wants_table(call)


async def send_bytes(
    send: Send,
    body: bytes,
    code: int = 200,
    content_type: bytes = JSON,
    warnings: list[str] | None = None,
    extra: Iterable[tuple[bytes, bytes]] = (),
) -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode()), *extra]
    for text in warnings or ():
        # RFC 7234 warn-text as client-go reads it: 299 - "text"
        quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
        headers.append((b"warning", f'299 - "{quoted}"'.encode("utf-8", "replace")))
    await send({"type": "http.response.start", "status": code, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_json(
    send: Send, value: Any, code: int = 200, content_type: bytes = JSON, warnings: list[str] | None = None
) -> None:
    await send_bytes(send, orjson.dumps(value), code, content_type, warnings)


async def send_error(send: Send, error: ApiError) -> None:
    if isinstance(error, NoSuchPath):
        await send_bytes(send, f"{error.message}\n".encode(), error.code, b"text/plain; charset=utf-8")
    else:
        after = error.details.get("retryAfterSeconds")
        extra = [(b"retry-after", str(after).encode())] if after else []
        await send_bytes(send, orjson.dumps(error.status()), error.code, extra=extra)


def check_accept(call: Call) -> None:
    """Raises ApiError 406 when the client takes none of the forms that objects can have here."""
    if call.accept in _PLAIN:
        return
    clauses = [clause.partition(";")[0].strip() for clause in call.accept.split(",")]
    if call.accept.strip() and not _FORMS.intersection(clauses):
        forms = "application/json, application/yaml, application/json;stream=watch"
        text = f"406: Not Acceptable\n\nAvailable representations: {forms}"
        raise ApiError(406, "NotAcceptable", text, bare_details=True)


def wants_yaml(call: Call) -> bool:
    return "application/yaml" in call.accept and "json" not in call.accept


async def send_yaml(send: Send, value: Any, code: int = 200, warnings: list[str] | None = None) -> None:
    import yaml

    await send_bytes(send, yaml.safe_dump(value).encode(), code, b"application/yaml", warnings)


async def send_entry(
    call: Call, send: Send, kind: Kind, entry: Entry, code: int = 200, warnings: list[str] | None = None
) -> None:
    """One object in the version of `kind`, as itself, as a table or as its metadata."""
    entry = entry.shown_as(kind)
    if wants_table(call):
        body = orjson.dumps(table(kind, [entry], entry.rv, call.param("includeObject")))
        await send_bytes(send, body, code, warnings=warnings)
    elif wants_metadata(call):
        await send_json(send, partial(entry), code, warnings=warnings)
    elif wants_yaml(call):
        await send_yaml(send, entry.obj, code, warnings)
    else:
        await send_bytes(send, entry.raw, code, warnings=warnings)


def partial(entry: Entry) -> dict[str, Any]:
    """metav1.PartialObjectMetadata."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": entry.obj["metadata"],
    }
