"""Request bodies into objects: JSON, YAML and kubectl's protobuf, with duplicate fields noticed."""

from __future__ import annotations

import json
from typing import Any

import orjson
import yaml

from minikf.embedded.options import IGNORE, STRICT, Options
from minikf.embedded.status import ApiError, bad_request

Object = dict[str, Any]
JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"


def unsupported(content_type: str, accepted: list[str]) -> ApiError:
    message = (
        f"the body of the request was in an unknown format ({content_type or 'none given'}) - "
        f"accepted media types include: {', '.join(accepted)}"
    )
    return ApiError(415, "UnsupportedMediaType", message)


def decode(body: bytes, content_type: str) -> Any:
    """The value of a JSON, YAML or protobuf body. Raises ApiError 400/415."""
    if content_type in ("", JSON):
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error
    if content_type in (YAML, "application/apply-patch+yaml", "text/yaml"):
        return _yaml(body)
    if content_type == PROTOBUF:
        from minikf.embedded import protobuf

        return protobuf.decode(body)
    raise unsupported(content_type, [JSON, YAML, PROTOBUF])


def decode_object(body: bytes, content_type: str, opts: Options) -> Object:
    """The object of a create or update; duplicate fields are refused or warned of as `fieldValidation` says."""
    value = decode(body, content_type)
    if not isinstance(value, dict):
        raise bad_request("couldn't get version/kind; json parse error: the body is not a map")
    if content_type in ("", JSON) and opts.field_validation != IGNORE:
        _report_duplicates(body, value, opts)
    return value


def _yaml(body: bytes) -> Any:
    try:
        value = yaml.load(body, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        # YAML knows dates and non-text keys; objects are JSON.
        return orjson.loads(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS))
    except (yaml.YAMLError, orjson.JSONEncodeError, RecursionError, ValueError) as error:
        raise bad_request(f"error converting YAML to JSON: {error}") from error


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
