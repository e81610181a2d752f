"""What an image's file system is, seen through overlayfs: all of every file that a program could notice."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

Seen = dict[str, tuple[object, ...]]


@contextlib.contextmanager
def merged(folders: Sequence[str], where: Path) -> Iterator[Path]:
    """Folders of layers as overlayfs shows them, the uppermost first. Needs root."""
    spare = where.parent / f"{where.name}-spare"
    spare.mkdir()
    where.mkdir()
    lower = ":".join([*folders, str(spare)])  # overlayfs wants two folders at least
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", f"ro,lowerdir={lower}", str(where)], check=True)
    try:
        yield where
    finally:
        subprocess.run(["umount", str(where)], check=True)


def walk(root: Path) -> Seen:
    """Every file with type, mode, owner, size, time, links, device, attributes, target and content."""
    found: Seen = {}
    inodes: dict[int, str] = {}
    for folder, folders, files in os.walk(root):
        for name in [".", *folders, *files] if folder == str(root) else [*folders, *files]:
            path = Path(folder) / name
            told = path.lstat()
            kind = stat.S_IFMT(told.st_mode)
            regular = kind == stat.S_IFREG
            place = str(path.relative_to(root))
            same = inodes.setdefault(told.st_ino, place) if regular and told.st_nlink > 1 else place
            found[place] = (
                oct(told.st_mode),
                told.st_uid,
                told.st_gid,
                told.st_size if regular else 0,
                told.st_mtime if place != "." else 0,  # the root's is the time at which an engine made it
                told.st_nlink if regular else 0,
                same,
                told.st_rdev,
                tuple((key, os.getxattr(path, key, follow_symlinks=False)) for key in _attributes(path)),
                str(path.readlink()) if kind == stat.S_IFLNK else "",
                hashlib.sha256(path.read_bytes()).hexdigest() if regular else "",
            )
    return found


def _attributes(path: Path) -> list[str]:
    return sorted(os.listxattr(path, follow_symlinks=False))
