"""Whose process is at the other end of a loopback connection. Linux tells anyone; elsewhere nobody knows."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

# /proc/net/tcp (proc(5)): sl local_address rem_address st tx:rx tr:when retrnsmt uid ...
_LOCAL, _REMOTE, _UID = 1, 2, 7
_TABLE = Path("/proc/net/tcp")
ROOT = 0


def owner(peer: tuple[str, int], here: tuple[str, int], table: Path = _TABLE) -> int | None:
    """The user id of the process that connected from `peer` to `here` (IPv4); None where that is not known."""
    wanted = (_hexadecimal(peer), _hexadecimal(here))
    try:
        with table.open() as lines:
            for line in lines:
                fields = line.split()
                if (fields[_LOCAL], fields[_REMOTE]) == wanted:
                    return int(fields[_UID])
    except (OSError, ValueError, IndexError):
        return None
    return None


def is_foreign(peer: tuple[str, int], here: tuple[str, int]) -> bool:
    """Whether another user of this machine connected. Root is let in: nothing keeps it out."""
    found = owner(peer, here)
    return found is not None and found not in (os.getuid(), ROOT)


def _hexadecimal(address: tuple[str, int]) -> str:
    """As the kernel prints it: the address as a number of this machine's byte order, the port as a number."""
    number = int.from_bytes(socket.inet_aton(address[0]), sys.byteorder)
    return f"{number:08X}:{address[1]:04X}"
