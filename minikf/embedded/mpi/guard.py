"""Runs a program that may listen on loopback only, and tells how it ended. Linux only.

Open MPI's mpirun waits for its daemons on other machines on all interfaces, and has no setting against it (0007 tells
what was tried). On one machine there are no others. So the kernel hands each bind(2) of mpirun to us; in the place of
a socket for all interfaces it gets one that nobody can find. What it binds to loopback (there its ranks report) and
what the ranks themselves bind is left alone.

seccomp_unotify(2), seccomp(2). Numbers: <linux/seccomp.h>, <linux/audit.h>, <linux/filter.h>, <linux/prctl.h>,
<asm/unistd_64.h> for x86_64 and <asm-generic/unistd.h> for aarch64.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import select
import signal
import socket
import struct
import sys
import tempfile
from collections.abc import Callable, Mapping
from types import FrameType
from typing import NoReturn

# machine: AUDIT_ARCH_*, then the numbers of bind(2) and seccomp(2).
_MACHINES = {"x86_64": (0xC000003E, 49, 317), "aarch64": (0xC00000B7, 200, 277)}
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_SET_MODE_FILTER, _NEW_LISTENER = 1, 8
_USER_NOTIF, _ALLOW = 0x7FC00000, 0x7FFF0000
_CONTINUE = 1
# BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
# struct seccomp_notif: id, pid, flags, then struct seccomp_data: nr, arch, instruction pointer, six arguments.
_REQUEST = struct.Struct("QIIiIQ6Q")
# struct seccomp_notif_resp: id, value, error, flags.
_ANSWER = struct.Struct("QqiI")
# struct seccomp_notif_addfd: id, flags, our descriptor, theirs, its flags.
_REPLACEMENT = struct.Struct("QIIII")
_AT_THIS_NUMBER = 1
_RECEIVE = 3 << 30 | _REQUEST.size << 16 | ord("!") << 8
_SEND = 3 << 30 | _ANSWER.size << 16 | ord("!") << 8 | 1
_REPLACE = 1 << 30 | _REPLACEMENT.size << 16 | ord("!") << 8 | 3
_LONGEST_ADDRESS = 128  # struct sockaddr_storage
_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)

_libc = ctypes.CDLL(None, use_errno=True)


def why_not() -> str:
    """Why nothing can be guarded on this machine, or ""."""
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        return f"only Linux on {' and '.join(_MACHINES)} can close mpirun's control port, not {platform.platform()}"
    return ""


def run(path: str, argv: list[str], env: Mapping[str, str]) -> int:
    """The exit code of the program at `path` (128 + N after signal N), started as `argv`.

    Raises OSError when it cannot be guarded or started.
    """
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        _become(path, argv, env, theirs)
    theirs.close()
    with ours:
        told, fds, _flags, _address = socket.recv_fds(ours, 1024, 1)
    if not fds:
        os.waitpid(child, 0)
        raise OSError(told.decode() or f"{path} could not be started")
    for number in _FORWARDED:
        signal.signal(number, _forward_to(child))
    _serve(fds[0], child)
    _pid, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _become(path: str, argv: list[str], env: Mapping[str, str], channel: socket.socket) -> NoReturn:
    """In the child: puts the filter on and becomes the program."""
    try:
        # A group of its own: what is sent to ours reaches it once, by us. A second SIGTERM makes mpirun give up.
        os.setpgid(0, 0)
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        listener = _install()
        socket.send_fds(channel, [b"guarded"], [listener])
        os.close(listener)
        channel.close()
        os.execve(path, argv, env)
    except OSError as error:
        text = f"{path}: {error}"
        try:
            channel.send(text.encode())
        except OSError:  # the guard was told already, and waits for how we end
            print(text, file=sys.stderr)
    finally:
        os._exit(126)


def _install() -> int:
    """Has every bind(2) of this process and its children reported; returns the descriptor that tells of them."""
    arch, bind, seccomp = _MACHINES[platform.machine()]
    program = _program(
        (_LOAD, 0, 0, 4),  # seccomp_data.arch
        (_JUMP_EQUAL, 0, 3, arch),
        (_LOAD, 0, 0, 0),  # seccomp_data.nr
        (_JUMP_EQUAL, 0, 1, bind),
        (_RETURN, 0, 0, _USER_NOTIF),
        (_RETURN, 0, 0, _ALLOW),
    )
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "give up new privileges")
    listener = _libc.syscall(seccomp, _SET_MODE_FILTER, _NEW_LISTENER, ctypes.byref(program))
    return _check(listener, "install the filter that keeps mpirun's control port closed")


def _serve(listener: int, child: int) -> None:
    """Answers until the program has ended."""
    ended = os.pidfd_open(child)
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    poll.register(ended, select.POLLIN)
    while ended not in (ready := [fd for fd, _event in poll.poll()]):
        if listener in ready:
            _answer(listener, child)
    os.close(ended)


def _answer(listener: int, child: int) -> None:
    buffer = bytearray(_REQUEST.size)
    try:
        fcntl.ioctl(listener, _RECEIVE, buffer, True)
        number, thread, _flags, _nr, _arch, _ip, fd, address, length, *_rest = _REQUEST.unpack(buffer)
        flags = _CONTINUE
        if _is_of(thread, child) and _is_open(_memory(thread, address, length)):
            with _unreachable() as sock:
                place = _REPLACEMENT.pack(number, _AT_THIS_NUMBER, sock.fileno(), fd & 0xFFFFFFFF, os.O_CLOEXEC)
                fcntl.ioctl(listener, _REPLACE, place)
            flags = 0
        fcntl.ioctl(listener, _SEND, _ANSWER.pack(number, 0, 0, flags))
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.EINTR):  # it was killed meanwhile, and needs no answer
            raise


def _is_open(address: bytes) -> bool:
    """Whether a struct sockaddr is one that other machines may reach."""
    family = int.from_bytes(address[:2], sys.byteorder)
    if family == socket.AF_INET:
        return address[4] != 127
    return family == socket.AF_INET6 and address[8:24] != bytes(15) + b"\1"


def _unreachable() -> socket.socket:
    """A bound socket whose name is gone: one can listen on it, and nobody can connect."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with tempfile.TemporaryDirectory(prefix="mpi-") as folder:
        sock.bind(f"{folder}/s")
    return sock


def _is_of(thread: int, process: int) -> bool:
    return os.path.isdir(f"/proc/{process}/task/{thread}")  # noqa: PTH112


def _memory(thread: int, address: int, length: int) -> bytes:
    with open(f"/proc/{thread}/mem", "rb", buffering=0) as memory:  # noqa: PTH123
        memory.seek(address)
        return memory.read(min(length, _LONGEST_ADDRESS))


class _Program(ctypes.Structure):
    """struct sock_fprog; `kept` holds what `filter` points to."""

    _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.c_void_p))
    kept: object = None


def _program(*instructions: tuple[int, int, int, int]) -> _Program:
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)
    kept = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(instructions), ctypes.addressof(kept))
    program.kept = kept
    return program


def _forward_to(child: int) -> Callable[[int, FrameType | None], None]:
    def forward(number: int, _frame: FrameType | None) -> None:
        os.kill(child, number)

    return forward


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"cannot {what}: {os.strerror(number)}")
    return result
