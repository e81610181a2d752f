"""Files of the store in a user's folder: cloned where the file system can, else linked read-only or copied."""

from __future__ import annotations

import ctypes
import ctypes.util
import fcntl
import os
import shutil
import sys
from pathlib import Path

# _IOW(0x94, 9, int) in <linux/fs.h>; the fcntl module names it from Python 3.14 on.
_FICLONE = 0x40049409
_READ_ONLY, _WRITABLE = 0o444, 0o644


def place(stored: Path, target: Path, *, writable: bool) -> None:
    """Puts a stored file at `target`, where nothing is yet.

    A clone shares its blocks until one side is written to. Where there are none, a read-only file is a hard link,
    since a link that could be written to would be a way to change what is stored: root, whom no mode stops, gets
    copies. Raises OSError.
    """
    if not _clone(stored, target):
        if not writable and os.geteuid() != 0 and _link(stored, target):
            return
        shutil.copyfile(stored, target)
    target.chmod(_WRITABLE if writable else _READ_ONLY)


def _link(stored: Path, target: Path) -> bool:
    try:
        os.link(stored, target)
    except FileExistsError:
        raise
    except OSError:  # another file system, no links on it, too many links
        return False
    return True


def _clone(stored: Path, target: Path) -> bool:
    return _clone_darwin(stored, target) if sys.platform == "darwin" else _clone_linux(stored, target)


def _clone_linux(stored: Path, target: Path) -> bool:
    with stored.open("rb") as source, target.open("xb") as made:
        try:
            fcntl.ioctl(made.fileno(), _FICLONE, source.fileno())
        except OSError:  # ext4, tmpfs, another file system
            target.unlink()
            return False
    return True


def _clone_darwin(stored: Path, target: Path) -> bool:
    """clonefile(2) of macOS; fails where the volume is not APFS, or another one."""
    if target.exists():
        raise FileExistsError(f"{target} exists")
    library = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
    return bool(library.clonefile(os.fsencode(stored), os.fsencode(target), 0) == 0)
