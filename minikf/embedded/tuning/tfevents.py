"""Scalars in TensorBoard's event files, read without TensorFlow; pure.

Framing: tensorflow/core/lib/io/record_writer.h (length, masked CRC of it, data, masked CRC). Messages:
tensorflow/core/util/event.proto, framework/summary.proto, framework/tensor.proto, as of TensorFlow 2.16.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_HEADER = struct.Struct("<Q")
_FRAME = 12  # length and its CRC
_FLOAT, _DOUBLE = 1, 2  # DataType


class BadMessage(ValueError):
    """Bytes that are no protocol buffer."""


@dataclass(frozen=True)
class Scalar:
    """`when` is in seconds since 1970."""

    tag: str
    value: float
    step: int
    when: float


def find_event_files(folder: Path) -> list[Path]:
    """Event files below `folder`, in the order of their names, which begin with the time at which they were begun."""
    return sorted(path for path in folder.rglob("*") if "tfevents" in path.name and path.is_file())


def read_scalars(path: Path) -> list[Scalar]:
    """The scalars of a file, up to where it is cut off: it may still be written. Raises OSError."""
    return [scalar for record in _records(path.read_bytes()) for scalar in _of_event(record)]


def _records(data: bytes) -> Iterator[bytes]:
    place = 0
    while place + _FRAME <= len(data):
        [length] = _HEADER.unpack_from(data, place)
        begin = place + _FRAME
        if begin + length + 4 > len(data):
            return
        yield data[begin : begin + length]
        place = begin + length + 4


def _of_event(data: bytes) -> list[Scalar]:
    try:
        when, step, summaries = 0.0, 0, []
        for number, value in _fields(data):
            if number == 1 and isinstance(value, bytes):
                when = _double(value)
            elif number == 2 and isinstance(value, int):
                step = value
            elif number == 5 and isinstance(value, bytes):
                summaries.append(value)
        return [
            Scalar(tag, found, step, when)
            for summary in summaries
            for number, value in _fields(summary)
            if number == 1 and isinstance(value, bytes)
            for tag, found in _of_value(value)
        ]
    except (BadMessage, UnicodeDecodeError):
        return []  # a record that is no event; the frame says where the next one begins


def _of_value(data: bytes) -> list[tuple[str, float]]:
    tag, found = "", None
    for number, value in _fields(data):
        if not isinstance(value, bytes):
            continue
        if number == 1:
            tag = value.decode()
        elif number == 2:
            found = _float(value)
        elif number == 8:
            found = _of_tensor(value)
    return [(tag, found)] if tag and found is not None else []


def _of_tensor(data: bytes) -> float | None:
    """The number of a tensor that is one float or double, else None."""
    kind, content, listed = 0, b"", b""
    for number, value in _fields(data):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 4 and isinstance(value, bytes):
            content = value
        elif number in (5, 6) and isinstance(value, bytes):
            listed = value
    given = content or listed
    if kind == _FLOAT and len(given) == 4:
        return _float(given)
    return _double(given) if kind == _DOUBLE and len(given) == 8 else None


def _float(data: bytes) -> float:
    if len(data) != 4:
        raise BadMessage("a float of another length")
    return float(struct.unpack("<f", data)[0])


def _double(data: bytes) -> float:
    if len(data) != 8:
        raise BadMessage("a double of another length")
    return float(struct.unpack("<d", data)[0])


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(field number, value) of a protocol buffer: varints as int, everything else as its bytes. Raises BadMessage."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        kind = key & 7
        if kind == 0:
            value, place = _varint(data, place)
            yield key >> 3, value
            continue
        size = {1: 8, 5: 4}.get(kind)
        if kind == 2:
            size, place = _varint(data, place)
        if size is None or place + size > len(data):
            raise BadMessage(f"wire type {kind} at byte {place} of {len(data)}")
        yield key >> 3, data[place : place + size]
        place += size


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(data) and shift < 70:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place += 1
        if byte < 0x80:
            return value, place
        shift += 7
    raise BadMessage("a number without end")
