"""Request bodies into objects: JSON, YAML and kubectl's protobuf, with duplicate fields noticed."""

from __future__ import annotations

import json
from typing import Any

import orjson
import yaml

from minikf.embedded.kinds import Kind
from minikf.embedded.options import IGNORE, STRICT, Options
from minikf.embedded.schema.decoding import json_type
from minikf.embedded.status import ApiError, bad_request

Object = dict[str, Any]
_SUMMARY = 30  # characters of a bad body that its error repeats
JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"


class Unreadable(Exception):
    """A body that is no JSON or YAML at all; the message is the parser's."""


def unsupported(accepted: list[str]) -> ApiError:
    listed = ", ".join(accepted)
    message = f"the body of the request was in an unknown format - accepted media types include: {listed}"
    return ApiError(415, "UnsupportedMediaType", message)


def decode(body: bytes, content_type: str) -> Any:
    """The value of a JSON, YAML or protobuf body. Raises Unreadable, and ApiError 400/415."""
    if content_type in ("", JSON):
        return _json(body)
    if content_type in (YAML, "application/apply-patch+yaml", "text/yaml"):
        return _yaml(body)
    if content_type == PROTOBUF:
        from minikf.embedded import protobuf

        return protobuf.decode(body)
    raise unsupported([JSON, YAML, PROTOBUF])


def decode_object(body: bytes, content_type: str, opts: Options, kind: Kind) -> Object:
    """The object of a create or update; duplicate fields are refused or warned of as `fieldValidation` says.

    Raises ApiError 400/415.
    """
    try:
        value = decode(body, content_type)
    except Unreadable as error:
        raise _unrecognized(kind, str(error), body) from error
    if value is None:
        value = {}
    if not isinstance(value, dict):
        text = f"couldn't get version/kind; json parse error: json: cannot unmarshal {json_type(value)} into an object"
        raise _unrecognized(kind, text, body)
    if kind.is_custom and not value.get("kind"):
        raise _unrecognized(kind, f"Object 'Kind' is missing in '{body.decode(errors='replace')}'", body)
    if kind.is_custom and not value.get("apiVersion"):
        raise bad_request(
            "the API version in the data () does not match the expected API version "
            f"({kind.api_version})"
        )
    if content_type in ("", JSON) and opts.field_validation != IGNORE:
        _report_duplicates(body, value, opts)
    return value


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        # What a cut body is, in the words that clients of the real API server see.
        cut = "unexpected end" in str(error) or "zero-length" in str(error)
        text = "unexpected end of JSON input" if cut else str(error)
        raise Unreadable(f"couldn't get version/kind; json parse error: {text}") from error


def _unrecognized(kind: Kind, why: str, body: bytes) -> ApiError:
    """The API server's words, with the beginning of the body: JSON as text, anything else as hexadecimal digits."""
    if not body:
        summary = "<empty>"
    elif body.startswith(b"{"):
        text = body.decode(errors="replace")
        summary = text if len(text) <= _SUMMARY else f"{text[:_SUMMARY]} ..."
    else:
        summary = body.hex() if len(body) <= _SUMMARY else f"{body[:_SUMMARY].hex()} ..."
    return bad_request(f"the object provided is unrecognized (must be of type {kind.kind}): {why} ({summary})")


def _yaml(body: bytes) -> Any:
    try:
        value = yaml.load(body, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        # YAML knows dates and non-text keys; objects are JSON.
        return orjson.loads(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS))
    except (yaml.YAMLError, orjson.JSONEncodeError, RecursionError, ValueError) as error:
        raise Unreadable(f"error converting YAML to JSON: {error}") from error


def _report_duplicates(body: bytes, value: Object, opts: Options) -> None:
    found: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key, item in items:
            if key in out and key not in found:
                found.append(key)
            out[key] = item
        return out

    json.loads(body, object_pairs_hook=pairs)
    if not found:
        return
    paths = [f'duplicate field "{path}"' for key in found for path in _paths(value, key)[:1]]
    if opts.field_validation == STRICT:
        version = str(value.get("apiVersion", "")).rpartition("/")[2]
        kind = value.get("kind", "")
        raise bad_request(
            f'{kind} in version "{version}" cannot be handled as a {kind}: strict decoding error: {", ".join(paths)}'
        )
    opts.warn.extend(paths)


def _paths(value: Any, key: str, prefix: str = "") -> list[str]:
    """Where a key occurs in the decoded value."""
    found: list[str] = []
    if isinstance(value, dict):
        for name, item in value.items():
            path = f"{prefix}.{name}" if prefix else name
            if name == key:
                found.append(path)
            found += _paths(item, key, path)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += _paths(item, key, f"{prefix}[{index}]")
    return found
