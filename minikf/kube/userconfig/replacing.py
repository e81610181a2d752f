"""Changing a file of the user's as kubectl's own lock allows, with a copy beside it, and never half of it."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import stat
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from minikf.errors import Refused
from minikf.files import make_folder

PATIENCE_SECONDS = 5.0
_ELSEWHERE = "name another file: minikf kubeconfig merge --into FILE"


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds FILE.lock, which kubectl makes while it changes FILE (client-go, clientcmd/config.go `lockFile`).

    Raises Refused where another holds it for PATIENCE_SECONDS. One that a killed MiniKF left is taken away.
    """
    lock = path.with_name(path.name + ".lock")
    make_folder(path.parent)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _made(lock):
        if _left_behind(lock):
            _take_away(lock)
        elif time.monotonic() > deadline:
            raise Refused(
                f"{path} is being changed by another program",
                cause=f"{lock} is there, which kubectl makes; one that was killed leaves it",
                advice=f"wait, or, if nothing changes the file: rm '{lock}'",
            )
        else:
            time.sleep(0.05)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def replace(path: Path, text: str) -> Path | None:
    """Replaces the file's content and returns its backup, None where the file was not there.

    The file keeps its mode and owner, and a link stays a link. To be called under `locked`. Raises Refused, after
    which the file is as it was.
    """
    with _failures(path):
        about = _about(path)
        backup = _backup(path) if about is not None else None
        temporary = path.with_name(f"{_temporary(path)}{os.getpid()}")
        _sweep(path)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                if about is not None:
                    _take_after(file.fileno(), about)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync(path.parent)
    return backup


def real(path: Path) -> Path:
    """The file itself, where `path` is a link. Raises Refused where it cannot be a file that we may change."""
    with _failures(path):
        found = path.resolve()
        about = _about(found)
    if about is None:
        return found
    if not stat.S_ISREG(about.st_mode):
        what = "a folder" if stat.S_ISDIR(about.st_mode) else "no file"
        raise Refused(f"{path} cannot be changed", cause=f"it is {what}", advice=_ELSEWHERE)
    if not about.st_mode & 0o222 or not os.access(found, os.W_OK):  # what is read-only is meant so, also for root
        raise Refused(f"{path} cannot be changed", cause="it is read-only", advice=f"chmod u+w '{path}'")
    return found


def _made(lock: Path) -> bool:
    """False where it is there already. It appears with its content, which tells that it is ours and who holds it."""
    own = _own(lock)
    with _failures(lock):
        try:
            own.write_text(f"minikf {os.getpid()}\n")
            os.link(own, lock)
        except (FileExistsError, FileNotFoundError):  # another holds it, and may have swept ours away
            return False
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EOPNOTSUPP):  # file systems without links
                raise
            return _made_plainly(lock)
        finally:
            own.unlink(missing_ok=True)
    return True


def _made_plainly(lock: Path) -> bool:
    try:
        with lock.open("x") as file:
            file.write(f"minikf {os.getpid()}\n")
    except FileExistsError:
        return False
    return True


def _take_away(lock: Path) -> None:
    """Removes a dead one's lock; where another was quicker and the lock is a living one's by now, it is put back."""
    own = _own(lock)
    with _failures(lock):
        try:
            lock.rename(own)
            if not _left_behind(own):
                os.link(own, lock)
        except (FileNotFoundError, FileExistsError):
            return
        finally:
            own.unlink(missing_ok=True)


def _own(lock: Path) -> Path:
    """A name beside the lock that `_sweep` knows."""
    return lock.with_name(f"{_temporary(lock.with_suffix(''))}lock-{os.getpid()}-{threading.get_ident()}")


def _left_behind(lock: Path) -> bool:
    """Whether it is a lock of ours whose holder lives no more."""
    try:
        word, _, pid = lock.read_text().strip().partition(" ")
        if word != "minikf":
            return False
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError):
        return False
    return False


def _backup(path: Path) -> Path:
    """A copy beside the file, for its owner only, on the disk before anything is changed."""
    stamp = f"{datetime.now():%Y%m%d-%H%M%S}"
    for number in range(100):
        target = path.with_name(f"{path.name}.before-minikf-{stamp}" + (f"-{number}" if number else ""))
        try:
            handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            continue
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(path.read_bytes())
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        return target
    raise FileExistsError(17, "a hundred backups were made within a second", str(path))


@contextlib.contextmanager
def _failures(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise Refused(
            f"{path} cannot be changed",
            cause=error.strerror or str(error),
            advice="free some disk space" if full else _ELSEWHERE,
        ) from error


def _about(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _take_after(handle: int, about: os.stat_result) -> None:
    os.fchmod(handle, stat.S_IMODE(about.st_mode))
    own = os.fstat(handle)
    if (own.st_uid, own.st_gid) != (about.st_uid, about.st_gid):
        os.fchown(handle, about.st_uid, about.st_gid)
        os.fchmod(handle, stat.S_IMODE(about.st_mode))  # a change of owner takes bits away


def _temporary(path: Path) -> str:
    return f".{path.name}.minikf-"


def _sweep(path: Path) -> None:
    """Takes away what a killed predecessor left; nobody else writes such files, and the lock is held."""
    for left in path.parent.glob(glob.escape(_temporary(path)) + "*"):
        left.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
