"""A container's mounts in a mount namespace of its own: Linux, as root or with unprivileged user namespaces.

namespaces: unshare(2), setns(2), user_namespaces(7); mounts: mount(2). Constants from <sched.h>, <sys/mount.h>.
"""

from __future__ import annotations

import ctypes
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NEW_NS, _NEW_USER = 0x00020000, 0x10000000
_RDONLY, _REMOUNT, _BIND, _MOVE, _REC, _SLAVE = 1, 32, 4096, 8192, 16384, 1 << 19
# A user namespace may not drop these from a mount that it got from outside.
_LOCKED = {"ST_NOSUID": 2, "ST_NODEV": 4, "ST_NOEXEC": 8, "ST_NOATIME": 1024, "ST_NODIRATIME": 2048, "ST_RELATIME": 1 << 21}
_libc = ctypes.CDLL(None, use_errno=True)


def enter(request: dict[str, Any]) -> None:
    """Joins the namespaces of process `join`, or makes new ones with `mounts`. Raises OSError.

    `mounts` are objects with `source`, `target` (absolute) and `readOnly`; sources are existing files or folders.
    """
    if request.get("join"):
        _join(int(request["join"]))
    if request.get("mounts"):
        _unshare()
        for mount in sorted(request["mounts"], key=lambda one: one["target"].count("/")):
            _place(mount["source"], os.path.normpath(mount["target"]), read_only=bool(mount.get("readOnly")))


def _join(pid: int) -> None:
    user, mounts = (_other_namespace(pid, name) for name in ("user", "mnt"))
    here = os.getcwd()  # noqa: PTH109
    for fd in (user, mounts):
        if fd is not None:
            _check(_libc.setns(fd, 0))
            os.close(fd)
    if mounts is not None:
        os.chdir(here)  # the same path, in the other namespace


def _other_namespace(pid: int, name: str) -> int | None:
    """A descriptor of the namespace, or None when we are in it already."""
    theirs, ours = f"/proc/{pid}/ns/{name}", f"/proc/self/ns/{name}"
    if os.stat(theirs).st_ino == os.stat(ours).st_ino:  # noqa: PTH116
        return None
    return os.open(theirs, os.O_RDONLY | os.O_CLOEXEC)


def _unshare() -> None:
    user, group = os.geteuid(), os.getegid()
    if _libc.unshare(_NEW_NS) != 0:
        _check(_libc.unshare(_NEW_USER | _NEW_NS))
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
    # What the host mounts later is still seen here, but nothing of ours is seen there.
    _mount("none", "/", _REC | _SLAVE)


def _place(source: str, target: str, *, read_only: bool) -> None:
    if not os.path.lexists(target):
        _make_room(target, is_folder=os.path.isdir(source))  # noqa: PTH112
    _mount(source, target, _BIND | _REC)
    if read_only:
        _mount("none", target, _REMOUNT | _BIND | _RDONLY | _flags(target))


def _make_room(target: str, *, is_folder: bool) -> None:
    """Makes a mount point that the host does not have, without touching the host.

    The deepest folder that exists is covered by an empty file system into which all its entries are bound again;
    there the missing ones can be made.
    """
    folder = os.path.dirname(target)  # noqa: PTH120
    while not os.path.isdir(folder):  # noqa: PTH112
        folder = os.path.dirname(folder)  # noqa: PTH120
    if not _is_ours(folder):
        _cover(folder)
    os.makedirs(target if is_folder else os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
    if not is_folder:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))


_ours: set[int] = set()


def _is_ours(folder: str) -> bool:
    return os.stat(folder).st_dev in _ours  # noqa: PTH116


def _cover(folder: str) -> None:
    # Built up on a folder that the container does not need to see, then moved over the original.
    stage = "/proc/self/fdinfo" if folder != "/proc" else "/sys"
    stage = "/tmp" if folder not in ("/tmp", "/") else "/proc"  # noqa: S108
    mode = os.stat(folder).st_mode & 0o7777  # noqa: PTH116
    _mount("none", stage, 0, "tmpfs", f"size=1m,mode={mode:o}")
