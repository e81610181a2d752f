"""Which socket on this machine is the other end of a connection, and whose it is: Linux, by /proc.

Formats: proc_net_tcp(5) and proc_pid_fd(5). A socket of IPv6 may be connected to an address of IPv4 (gRPC's are).
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_LISTENS = "0A"
_MAPPED = "0000000000000000FFFF0000"


@dataclass(frozen=True)
class Owner:
    """The user of a socket, and its inode, by which its processes are known."""

    uid: int
    inode: int


def address_of(peer: str) -> tuple[str, int]:
    """(address, port) of gRPC's name for a peer: `ipv4:127.0.0.1:40000`, `ipv6:%5B::1%5D:40000`. Raises ValueError."""
    kind, _, rest = unquote(peer).partition(":")
    address, _, port = rest.rpartition(":")
    if kind not in ("ipv4", "ipv6") or not port.isdecimal():
        raise ValueError(f"no address: {peer}")
    return address.strip("[]").removeprefix("::ffff:"), int(port)


def client_of(address: str, port: int, server: tuple[str, int]) -> Owner | None:
    """The socket at `address` and `port` that is connected to `server`; None when it is gone or not on this machine."""
    here, there = _key(address, port), _key(*server)
    pairs = (f"{here} {there} ", f"{_MAPPED}{here} {_MAPPED}{there} ")
    return next((owner for pair in pairs for _, owner in _sockets(pair)), None)


def listeners_of(port: int) -> list[Owner]:
    """All sockets that listen on a port, at whatever address."""
    return [owner for state, owner in _sockets(f":{port:04X} ") if state == _LISTENS]


def holds(pids: Iterable[int], owners: Iterable[Owner]) -> bool:
    """Whether one of the processes has one of the sockets open. Raises PermissionError where that may not be seen."""
    wanted = {f"socket:[{owner.inode}]" for owner in owners}
    unseen: OSError | None = None
    for pid in pids:
        try:
            if any(_target(entry) in wanted for entry in os.scandir(f"/proc/{pid}/fd")):
                return True
        except PermissionError as error:
            unseen = error
        except OSError:
            continue  # it has just ended
    if unseen is not None:
        raise unseen
    return False


def _target(entry: os.DirEntry[str]) -> str:
    try:
        return os.readlink(entry.path)  # noqa: PTH115
    except OSError:
        return ""


def _sockets(text: str) -> Iterator[tuple[str, Owner]]:
    """(state, owner) of the sockets whose local address ends, or whose addresses begin, with this text.

    A machine may have thousands of sockets, so that only lines with the text are taken apart.
    """
    for table in _TABLES:
        try:
            data = Path(table).read_text()
        except FileNotFoundError:  # a kernel without IPv6
            continue
        place = data.find(text)
        while place >= 0:
            start, end = data.rfind("\n", 0, place) + 1, data.find("\n", place)
            words = data[start:end].split()
            if f"{words[1]} {words[2]} ".startswith(text) or f"{words[1]} ".endswith(text):
                yield words[3], Owner(int(words[7]), int(words[9]))
            place = data.find(text, end)


def _key(address: str, port: int) -> str:
    packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    words = (packed[at : at + 4] for at in range(0, len(packed), 4))
    # Each word as the machine holds it.
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words) + f":{port:04X}"
