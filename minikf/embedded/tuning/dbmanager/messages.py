"""The messages of Katib's DBManager as bytes: all of their fields are texts or messages, by the table below; pure.

Field numbers: kubeflow/katib v0.19.0, pkg/apis/manager/v1beta1/api.proto. Encoding: https://protobuf.dev, wire type 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SERVICE = "api.v1.beta1.DBManager"
REPORT, GET, DELETE = "ReportObservationLog", "GetObservationLog", "DeleteObservationLog"
METHODS = (REPORT, GET, DELETE)

_TRIAL_NAME = 1  # of all three requests
_REPORTED_LOG, _REPLIED_LOG, _METRIC_LOG = 2, 1, 1
_WANTED_METRIC, _FROM, _TO = 2, 3, 4
_TIME, _METRIC = 1, 2
_NAME, _VALUE = 1, 2
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

# (time, name, value) of a MetricLog.
Row = tuple[str, str, str]


class Malformed(ValueError):
    """Bytes that are no such message."""


@dataclass(frozen=True)
class Request:
    """One of the three requests; what its message has no field for is empty. Times are RFC 3339."""

    method: str
    trial: str
    rows: tuple[Row, ...] = ()
    metric: str = ""
    start: str = ""
    end: str = ""


def decode(method: str, data: bytes) -> Request:
    """Raises Malformed."""
    parts = list(_fields(data))
    trial = _last(parts, _TRIAL_NAME)
    if method == REPORT:
        logs = [log for number, part in parts if number == _REPORTED_LOG for log in _rows(part)]
        return Request(method, trial, tuple(logs))
    if method == GET:
        return Request(method, trial, (), _last(parts, _WANTED_METRIC), _last(parts, _FROM), _last(parts, _TO))
    return Request(method, trial)


def encode_log(rows: Sequence[Row]) -> bytes:
    """A GetObservationLogReply."""
    logs = (_field(_TIME, time) + _field(_METRIC, _field(_NAME, name) + _field(_VALUE, value))
            for time, name, value in rows)  # fmt: skip
    return _field(_REPLIED_LOG, b"".join(_field(_METRIC_LOG, log, always=True) for log in logs), always=True)


def _rows(data: bytes) -> Iterator[Row]:
    for number, log in _fields(data):
        if number == _METRIC_LOG:
            parts = list(_fields(log))
            metric = [field for number, part in parts if number == _METRIC for field in _fields(part)]
            yield _last(parts, _TIME), _last(metric, _NAME), _last(metric, _VALUE)


def _last(parts: Sequence[tuple[int, bytes]], wanted: int) -> str:
    """A text field; the last one counts, as protobuf has it. Raises Malformed."""
    data = next((part for number, part in reversed(parts) if number == wanted), b"")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"field {wanted} is no UTF-8 text") from error


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(number, bytes) of the fields with a length; others are unknown here and passed over. Raises Malformed."""
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        kind = tag & 7
        if kind == _BYTES:
            size, place = _varint(data, place)
        elif kind == _VARINT:
            _, place = _varint(data, place)
            continue
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            raise Malformed(f"wire type {kind}")
        if place + size > len(data):
            raise Malformed("it ends in the middle of a field")
        if kind == _BYTES:
            yield tag >> 3, data[place : place + size]
        place += size


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(data) and shift < 64:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, place
        shift += 7
    raise Malformed("it ends in the middle of a number")


def _field(number: int, value: str | bytes, *, always: bool = False) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _number(number << 3 | _BYTES) + _number(len(data)) + data if data or always else b""


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
