"""Frames on the fork server's socket: four bytes of length, then JSON; file descriptors travel with the first bytes."""

from __future__ import annotations

import _socket as socket  # the shims' starts have no time for what `socket` imports; a socket.socket is one of these
import os
import struct
import sys

from minikf.embedded.forkserver import lean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HEADER = struct.Struct(">I")
_INT = struct.calcsize("i")
# Far above what execve takes (2 MB of arguments and environment on Linux), so only nonsense is refused.
MAX_FRAME = 32 << 20
MAX_FDS = 8
# Descriptors are attached to one small sendmsg; the rest of a long frame follows.
_FIRST = 32 << 10


class ProtocolError(Exception):
    """The other side sent something that is no frame, or went away in the middle of one."""


def encode(message: dict[str, Any]) -> bytes:
    """One frame."""
    body = lean.dumps(message).encode()
    return HEADER.pack(len(body)) + body


def decode(frame: bytes) -> dict[str, Any]:
    """The message of one whole frame. Raises ProtocolError."""
    try:
        message = lean.loads(str(frame[HEADER.size :], "utf-8"))
    except ValueError as error:
        raise ProtocolError(str(error)) from error
    if not isinstance(message, dict):
        raise ProtocolError("a frame that is no JSON object")
    return message


def send(sock: socket.socket, message: dict[str, Any], fds: list[int] | None = None) -> None:
    """Sends one frame with descriptors; the caller keeps and closes its own copies of them."""
    frame = encode(message)
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack(f"{len(fds)}i", *fds))] if fds else []
    sent = sock.sendmsg([frame[:_FIRST]], ancillary)
    if sent < len(frame):  # sending nothing to one that has answered and hung up would be an error
        sock.sendall(frame[sent:])


def receive(sock: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """One frame and the descriptors that came with it. Raises ProtocolError; then no descriptor stays open."""
    fds: list[int] = []
    try:
        size = HEADER.unpack(_read(sock, HEADER.size, fds))[0]
        if size > MAX_FRAME:
            raise ProtocolError(f"a frame of {size} bytes")
        return decode(HEADER.pack(size) + _read(sock, size, fds)), fds
    except (ProtocolError, OSError) as error:
        for fd in fds:
            os.close(fd)
        raise ProtocolError(str(error)) from error


def _read(sock: socket.socket, size: int, fds: list[int]) -> bytes:
    room = socket.CMSG_LEN(MAX_FDS * _INT)
    parts = []
    while size:
        data, ancillary, _flags, _from = sock.recvmsg(min(size, 1 << 20), room, getattr(socket, "MSG_CMSG_CLOEXEC", 0))
        for level, kind, payload in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                count = len(payload) // _INT
                fds.extend(struct.unpack_from(f"{count}i", payload))
        if not data:
            raise ProtocolError("the connection ended in the middle of a frame")
        parts.append(data)
        size -= len(data)
    return b"".join(parts)


def peer(sock: socket.socket) -> tuple[int, int]:
    """(pid, uid) of the process at the other end, as the kernel knows them; pid is 0 where it does not tell."""
    if sys.platform == "darwin":
        # LOCAL_PEERCRED (sys/un.h) gives `struct xucred`: version, uid, ...; LOCAL_PEERPID gives the pid.
        uid = struct.unpack_from("II", sock.getsockopt(0, 0x001, 76))[1]
        pid = struct.unpack("i", sock.getsockopt(0, 0x002, 4))[0]
        return pid, uid
    pid, uid, _gid = struct.unpack("iII", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return pid, uid
