"""Request bodies into objects: JSON, YAML and kubectl's protobuf, with duplicate fields noticed."""

from __future__ import annotations

import json
from typing import Any

import orjson

from minikf.embedded.api import yamlbody
from minikf.embedded.api.yamlbody import Unreadable
from minikf.embedded.kinds import Kind
from minikf.embedded.options import IGNORE, STRICT, Options
from minikf.embedded.schema.decoding import json_type
from minikf.embedded.status import ApiError, Cause, bad_request, invalid

Object = dict[str, Any]
_WHOLE = 2**63
_SUMMARY = 30  # characters of a bad body that its error repeats
JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
_YAMLS = (YAML, "application/apply-patch+yaml", "text/yaml")


def unsupported(accepted: list[str]) -> ApiError:
    listed = ", ".join(accepted)
    message = f"the body of the request was in an unknown format - accepted media types include: {listed}"
    return ApiError(415, "UnsupportedMediaType", message)


def decode(body: bytes, content_type: str) -> Any:
    """The value of a JSON, YAML or protobuf body. Raises Unreadable, and ApiError 400/415."""
    if content_type in ("", JSON):
        return _json(body)
    if content_type in _YAMLS:
        return yamlbody.load(body)[0]
    if content_type == PROTOBUF:
        from minikf.embedded import protobuf

        return protobuf.decode(body)
    raise unsupported([JSON, YAML, PROTOBUF])


def decode_object(body: bytes, content_type: str, opts: Options, kind: Kind) -> Object:
    """The object of a create or update; fields that it has twice go to `opts.duplicates`. Raises ApiError 400/415."""
    try:
        value = decode(body, content_type)
        if opts.field_validation != IGNORE and isinstance(value, dict):
            opts.duplicates += _duplicates(body, content_type, value, strict=opts.field_validation == STRICT)
    except Unreadable as error:
        raise _unrecognized(kind, str(error), body) from error
    if value is None:
        value = {}
    if not isinstance(value, dict):
        text = f"couldn't get version/kind; json parse error: json: cannot unmarshal {json_type(value)} into an object"
        raise _unrecognized(kind, text, body)
    if kind.is_custom:
        _check_custom(kind, value, body)
        whole: Object = whole_numbers(value)
        return whole
    return value


def whole_numbers(value: Any) -> Any:
    """`2.0` of a custom object is stored and told as `2`; of a core kind Go's decoder refuses it."""
    if value.__class__ is dict:
        return {key: whole_numbers(item) for key, item in value.items()}
    if value.__class__ is list:
        return [whole_numbers(item) for item in value]
    return int(value) if value.__class__ is float and value.is_integer() and abs(value) < _WHOLE else value


def _check_custom(kind: Kind, value: Object, body: bytes) -> None:
    """A custom object must say what it is. Raises ApiError 400/422."""
    given, version = value.get("kind"), value.get("apiVersion")
    if not given:
        raise _unrecognized(kind, f"Object 'Kind' is missing in '{body.decode(errors='replace')}'", body)
    if not version:
        raise bad_request(
            f"the API version in the data () does not match the expected API version ({kind.api_version})"
        )
    if version == kind.api_version and given != kind.kind:
        name = str((value.get("metadata") or {}).get("name") or "")
        wrong = Cause("kind", "FieldValueInvalid", f'Invalid value: "{given}": must be {kind.kind}')
        raise invalid(kind.group, str(given), name, [wrong])


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


def _duplicates(body: bytes, content_type: str, value: Object, *, strict: bool) -> list[str]:
    """What the body says twice, in the words of the decoder of its format."""
    if content_type in _YAMLS:
        found = yamlbody.load(body)[1]
        return ["yaml: unmarshal errors:\n  " + "\n  ".join(found)] if found and strict else found
    if content_type not in ("", JSON) or _says_all_once(body, value):
        return []
    found = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key, item in items:
            if key in out and key not in found:
                found.append(key)
            out[key] = item
        return out

    try:
        json.loads(body, object_pairs_hook=pairs)
    except RecursionError as error:
        raise Unreadable("couldn't get version/kind; json parse error: exceeded max depth") from error
    return [f'duplicate field "{path}"' for key in found for path in _paths(value, key)[:1]]


def _says_all_once(body: bytes, value: Object) -> bool:
    """Whether the decoded value has as many quotes as the body: then no field was dropped for a later one.

    A quick look that may say no wrongly, never yes: without a backslash every quote in either begins or ends a string.
    """
    return b"\\" not in body and body.count(b'"') == orjson.dumps(value).count(b'"')


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
