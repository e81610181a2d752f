"""Kubernetes' way to write a moment."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


def timestamp(moment: datetime) -> str:
    """A metav1.Time: RFC 3339 in UTC to the whole second below."""
    return _second(int(moment.timestamp() // 1))


# Writes come many in a second, and formatting costs more than all else about a time.
@lru_cache(maxsize=8)
def _second(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
