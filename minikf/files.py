"""Small files written so that a reader, or a power cut, never meets half of one."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from minikf.errors import Refused


def write_private(path: Path, text: str) -> None:
    """Replaces `path` by `text` at once, readable by its owner only. Raises Refused as `readable_failures` does."""
    with readable_failures(path):
        make_folder(path.parent)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # made with mode 0600
        try:
            with os.fdopen(handle, "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def make_folder(path: Path) -> Path:
    """Makes `path` and what leads to it, for the owner only. Raises Refused as `readable_failures` does."""
    with readable_failures(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def sha256_of(path: Path) -> str:
    """The sha256 of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def readable_failures(path: Path) -> Iterator[None]:
    """Turns the failures of writing under `path` into a Refused that says what to do about it."""
    try:
        yield
    except OSError as error:
        raise _refusal(path, error) from error


def _refusal(path: Path, error: OSError) -> Refused:
    where = Path(error.filename) if isinstance(error.filename, str) else path
    cause = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):  # disk full, over quota, over the size limit
        return Refused(
            f"no space to write {where}",
            cause=cause,
            advice="free some disk space, or set XDG_DATA_HOME and XDG_STATE_HOME to a folder on another disk",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Refused(
            f"{where} cannot be written",
            cause=cause,
            advice="make it writable for you, or set XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_DATA_HOME and "
            "XDG_CACHE_HOME to folders that are",
        )
    if error.errno in (errno.EEXIST, errno.ENOTDIR, errno.EISDIR):
        return Refused(f"{where} is in the way", cause=cause, advice=f"move {where} away and try again")
    return Refused(f"{where} cannot be written", cause=cause, advice="minikf doctor")
