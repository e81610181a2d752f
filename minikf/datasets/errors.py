"""What can be wrong with a data set, its source or its store."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from minikf.blobs import BlobDamaged, BlobMissing, NotStorable
from minikf.errors import MinikfError, Refused

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class DatasetRefused(Refused):
    """The request cannot be carried out as it stands; nothing was changed."""


class DatasetMissing(Refused):
    """There is no data set or no version of that name."""


class DatasetDamaged(MinikfError):
    """What is stored is no longer what was added."""


class DatasetStorageFailed(MinikfError):
    """The store or the target cannot be written: a full disk, missing rights. Nothing half done is left."""


@contextlib.contextmanager
def storing(what: str) -> Iterator[None]:
    """Words what reading sources and writing the store can raise; `what` is the sentence that has become true."""
    try:
        yield
    except NotStorable as error:
        raise DatasetRefused(
            f"{what}: {error.message}",
            cause=error.cause,
            advice="add it again when the file is complete and readable",
        ) from error
    except OSError as error:
        raise failed(what, error) from error


@contextlib.contextmanager
def reading(label: str) -> Iterator[None]:
    """Words what reading stored content can raise; `label` names the version."""
    try:
        yield
    except (BlobMissing, BlobDamaged) as error:
        raise DatasetDamaged(
            f"{label} is damaged: {error.message}",
            cause=error.cause,
            advice="add the same files again: that repairs every version which holds them",
        ) from error


def failed(what: str, error: OSError, target: Path | None = None) -> DatasetStorageFailed:
    """The typed error of an operating system's failure."""
    where = target or error.filename or ""
    reason = error.strerror or str(error)
    full = error.errno in _FULL
    return DatasetStorageFailed(
        what,
        cause=f"{where}: {reason}" if where else reason,
        advice="free some disk space (minikf data gc), and try again" if full else "make the place writable for you",
    )
