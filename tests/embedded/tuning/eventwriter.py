"""Writes scalars as TensorBoard's event files have them, for trials of tests; the checksums are left empty."""

from __future__ import annotations

import struct
import time
from pathlib import Path


class EventWriter:
    """One file in `folder`."""

    def __init__(self, folder: str) -> None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        self._file = (Path(folder) / f"events.out.tfevents.{int(time.time())}.test").open("ab", buffering=0)

    def add(self, tag: str, value: float, step: int) -> None:
        scalar = _field(1, _field(1, tag.encode()) + b"\x15" + struct.pack("<f", value))
        event = b"\x09" + struct.pack("<d", time.time()) + b"\x10" + bytes([step]) + _field(5, scalar)
        self._file.write(struct.pack("<QI", len(event), 0) + event + bytes(4))


def _field(number: int, data: bytes) -> bytes:
    return bytes([number << 3 | 2, len(data)]) + data
