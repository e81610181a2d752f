"""What can be wrong with content: its source, or what is stored of it."""

from __future__ import annotations

from minikf.errors import MinikfError

_AGAIN = "register the model again from its source, as a new version: storing the same content repairs every version"


class NotStorable(MinikfError):
    """The source cannot be stored: it is missing, unreadable, empty, special, or changed while it was read."""


class BlobMissing(MinikfError):
    """No content is stored under that digest."""


class BlobDamaged(MinikfError):
    """What is stored is no longer what its digest says."""


def missing(digest: str) -> BlobMissing:
    return BlobMissing(
        f"no content is stored under {digest}",
        cause="it was removed from the platform's folder, or never stored there",
        advice=_AGAIN,
    )


def damaged(digest: str, cause: str) -> BlobDamaged:
    return BlobDamaged(
        f"the stored content {digest} is damaged",
        cause=cause,
        advice=_AGAIN,
    )
