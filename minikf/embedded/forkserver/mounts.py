"""A container's mounts in a mount namespace of its own: Linux, as root or with unprivileged user namespaces.

Namespaces: unshare(2), setns(2), user_namespaces(7); mounts: mount(2); prctl(2). Constants from <sched.h>,
<sys/mount.h>, <linux/capability.h> and <linux/prctl.h>.
"""

from __future__ import annotations

import ctypes
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NEW_NS, _NEW_USER = 0x00020000, 0x10000000
_RDONLY, _REMOUNT, _BIND, _MOVE, _REC, _SLAVE = 1, 32, 4096, 8192, 16384, 1 << 19
# Flags of statvfs(3) and of mount(2): a user namespace may not drop them from a mount that it got from outside.
_KEPT = {2: 2, 4: 4, 8: 8, 1024: 1024, 2048: 2048, 4096: 1 << 21}
_CAPABILITY_VERSION_3 = 0x20080522
_SET_DUMPABLE = 4
_libc = ctypes.CDLL(None, use_errno=True)


def enter(request: dict[str, Any]) -> None:
    """Joins the namespaces of process `join`, or makes new ones with `mounts`. Raises OSError.

    `mounts` are objects with `source`, `target` (absolute) and `readOnly`; sources are existing files or folders.
    `stage` is an empty folder, needed where a mount point does not exist on the host.
    """
    if request.get("join"):
        _join(int(request["join"]))
    if request.get("mounts"):
        is_user = _unshare()
        covered: set[int] = set()
        for mount in sorted(request["mounts"], key=lambda one: str(one["target"]).count("/")):
            target = os.path.normpath(mount["target"])
            if not os.path.lexists(target):
                _make_room(target, request["stage"], covered, is_folder=os.path.isdir(mount["source"]))  # noqa: PTH112
            _mount(mount["source"], target, _BIND | _REC)
            if mount.get("readOnly"):
                _mount("none", target, _REMOUNT | _BIND | _RDONLY | _kept_flags(target))
        if is_user:
            _drop_capabilities()


def _join(pid: int) -> None:
    spaces = [fd for name in ("user", "mnt") if (fd := _other_namespace(pid, name)) is not None]
    for fd in spaces:
        _check(_libc.setns(fd, 0), f"join the namespaces of process {pid}")
        os.close(fd)
    if len(spaces) > 1:
        _drop_capabilities()


def _other_namespace(pid: int, name: str) -> int | None:
    """A descriptor of the namespace, or None when we are in it already."""
    theirs, ours = f"/proc/{pid}/ns/{name}", f"/proc/self/ns/{name}"
    if os.stat(theirs).st_ino == os.stat(ours).st_ino:  # noqa: PTH116
        return None
    return os.open(theirs, os.O_RDONLY | os.O_CLOEXEC)


def _unshare() -> bool:
    """Makes the namespaces; whether it took a user namespace."""
    user, group = os.geteuid(), os.getegid()
    is_user = bool(_libc.unshare(_NEW_NS))
    if is_user:
        _check(_libc.unshare(_NEW_USER | _NEW_NS), "make a user namespace")
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123
                file.write(text)
    # What the host mounts later is still seen here, but nothing of ours is seen there.
    _mount("none", "/", _REC | _SLAVE)
    return is_user


def _make_room(target: str, stage: str, covered: set[int], *, is_folder: bool) -> None:
    """Makes a mount point that the host does not have, without changing the host's folders.

    The deepest folder that exists is covered by an empty file system into which all its entries are bound again;
    there the missing ones can be made. Folders for everybody's temporary files are used as they are: what a pod
    writes there has to stay.
    """
    folder = os.path.dirname(target)  # noqa: PTH120
    while not os.path.isdir(folder):  # noqa: PTH112
        folder = os.path.dirname(folder)  # noqa: PTH120
    about = os.stat(folder)  # noqa: PTH116
    if about.st_dev not in covered and not about.st_mode & stat.S_ISVTX:
        _cover(folder, stage, about.st_mode)
        covered.add(os.stat(folder).st_dev)  # noqa: PTH116
    os.makedirs(target if is_folder else os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
    if not is_folder:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))


def _cover(folder: str, stage: str, mode: int) -> None:
    original = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    # Reached by its descriptor, the original stays visible to us under what covers it.
    below = f"/proc/self/fd/{original}"
    # The root cannot be covered in place, since a process goes on seeing the one below.
    place = stage if folder == "/" else folder
    _mount("none", place, 0, "tmpfs", f"size=16m,mode={mode & 0o7777:o}")
    for name in os.listdir(below):  # noqa: PTH208
        source, target = f"{below}/{name}", f"{place}/{name}"
        kind = os.lstat(source).st_mode
        if stat.S_ISLNK(kind):
            os.symlink(os.readlink(source), target)  # noqa: PTH115, PTH211
            continue
        if stat.S_ISDIR(kind):
            os.mkdir(target)  # noqa: PTH102
        else:
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
        _mount(source, target, _BIND | _REC)
    os.close(original)
    if folder == "/":
        os.chdir(stage)
        _mount(".", "/", _MOVE)
        os.chroot(".")


def _kept_flags(path: str) -> int:
    present = os.statvfs(path).f_flag
    return sum(flag for seen, flag in _KEPT.items() if present & seen)


def _drop_capabilities() -> None:
    """A user namespace gives all capabilities inside; the program shall have none, as it has none outside."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _check(_libc.capset(header, (ctypes.c_uint32 * 6)()), "drop capabilities")
    # The kernel hides a process that changed its capabilities from its own user until it executes a program, and a
    # forked Python child never does: the daemon has to see whose environment and sockets these are.
    _check(_libc.prctl(_SET_DUMPABLE, 1, 0, 0, 0), "be seen by its own user")


def _mount(source: str, target: str, flags: int, kind: str = "", options: str = "") -> None:
    names = (source, target, kind or "none")
    result = _libc.mount(*(os.fsencode(name) for name in names), ctypes.c_ulong(flags), options.encode() or None)
    _check(result, f"mount {source} on {target}")


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
