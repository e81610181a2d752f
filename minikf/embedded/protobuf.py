"""Objects that clients send as protobuf (kubectl does for core kinds), read into their JSON form.

The envelope is k8s.io/apimachinery runtime.Unknown behind four magic bytes (runtime/serializer/protobuf); field numbers
come from the generated table schemas/protobuf.json. Values that JSON leaves out when they are zero are left out here.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson

from minikf.embedded.status import ApiError, Object, bad_request
from minikf.embedded.times import timestamp

MAGIC = b"k8s\x00"
_FOLDERS = {"v1": "core/v1", "batch/v1": "batch/v1", "rbac.authorization.k8s.io/v1": "rbac/v1"}
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_DEPTH = 50

Field = tuple[str, str, str, bool]


def decode(body: bytes) -> Object:
    """The object of a protobuf body. Raises ApiError 400 on damage, 415 for a kind that is not in the table."""
    if not body.startswith(MAGIC):
        raise bad_request("provided data does not appear to be a protobuf message, expected prefix k8s\\x00")
    envelope = dict(_fields(body[len(MAGIC) :]))
    meta = {number: _text(value) for number, value in _fields(_message(envelope.get(1, b"")))}
    api_version, kind = meta.get(1, ""), meta.get(2, "")
    name = "meta/v1.DeleteOptions" if kind == "DeleteOptions" else f"{_FOLDERS.get(api_version, '')}.{kind}"
    if name not in _messages():
        message = f"{kind} of {api_version} cannot be sent as protobuf: send JSON or YAML"
        raise ApiError(415, "UnsupportedMediaType", message)
    return {"apiVersion": api_version, "kind": kind, **_object(_message(envelope.get(2, b"")), name, 0)}


@lru_cache(maxsize=1)
def _messages() -> dict[str, dict[int, Field]]:
    data = orjson.loads((files("minikf.embedded") / "schemas" / "protobuf.json").read_bytes())
    return {
        name: {int(number): tuple(field) for number, field in message.items()}
        for name, message in data["messages"].items()
    }


def _object(data: bytes, name: str, depth: int) -> Object:
    if depth > _DEPTH:
        raise bad_request("protobuf message is nested too deeply")
    table = _messages()[name]
    out: Object = {}
    for number, raw in _fields(data):
        if number not in table:
            continue
        key, type_, shape, omitted = table[number]
        if shape == "inline":
            out.update(_object(_message(raw), type_, depth + 1))
        elif shape == "map":
            pair = dict(_fields(_message(raw)))
            out.setdefault(key, {})[_text(pair.get(1, b""))] = _value(pair.get(2, b""), type_, depth)
        elif shape == "list":
            out.setdefault(key, []).append(_value(raw, type_, depth))
        else:
            value = _value(raw, type_, depth)
            if value is not None and not (omitted and value in ("", 0, False)):
                out[key] = value
    return out


def _value(raw: int | bytes, type_: str, depth: int) -> Any:
    if type_ == "string":
        return _text(raw)
    if type_ == "bytes":
        return base64.b64encode(_message(raw)).decode()
    if type_ == "bool":
        return bool(raw)
    if type_ in ("int32", "int64"):
        number = int(raw) if isinstance(raw, int) else 0
        return number - (1 << 64) if number >= 1 << 63 else number
    if type_ == "double":
        return struct.unpack("<d", int(raw).to_bytes(8, "little"))[0] if isinstance(raw, int) else 0.0
    fields = _object(_message(raw), type_, depth + 1)
    special = _SPECIAL.get(type_)
    return special(fields) if special else fields


def _time(fields: Object) -> str | None:
    if not fields.get("seconds"):
        return None
    try:
        moment = datetime.fromtimestamp(fields["seconds"], UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise bad_request(f"protobuf time is out of range: {fields['seconds']}") from error
    return timestamp(moment)


def _micro_time(fields: Object) -> str | None:
    whole = _time(fields)
    return None if whole is None else f"{whole[:-1]}.{fields.get('nanos', 0) // 1000:06d}Z"


def _int_or_string(fields: Object) -> int | str:
    return str(fields.get("strVal", "")) if fields.get("type") else int(fields.get("intVal", 0))


_SPECIAL: dict[str, Callable[[Object], Any]] = {
    "meta/v1.Time": _time,
    "meta/v1.MicroTime": _micro_time,
    "api/resource.Quantity": lambda fields: fields.get("string", "0"),
    "util/intstr.IntOrString": _int_or_string,
    "meta/v1.FieldsV1": lambda fields: orjson.loads(base64.b64decode(fields.get("Raw", "")) or b"{}"),
}


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(field number, value) in order: integers for numbers, bytes for the rest. Raises ApiError 400 on damage."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        wire = tag & 7
        if wire == _VARINT:
            number, position = _varint(data, position)
            yield tag >> 3, number
            continue
        size = {_FIXED64: 8, _FIXED32: 4}.get(wire)
        if wire == _BYTES:
            size, position = _varint(data, position)
        if size is None or position + size > len(data):
            raise bad_request("protobuf message is damaged")
        chunk = data[position : position + size]
        position += size
        yield tag >> 3, chunk if wire == _BYTES else int.from_bytes(chunk, "little")


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            break
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise bad_request("protobuf message is damaged")


def _message(raw: int | bytes) -> bytes:
    if isinstance(raw, int):
        raise bad_request("protobuf message is damaged: a number stands where a message belongs")
    return raw


def _text(raw: int | bytes) -> str:
    try:
        return _message(raw).decode()
    except UnicodeDecodeError as error:
        raise bad_request("protobuf message is damaged: text is not UTF-8") from error
