"""Selectors of a request as one predicate over entries."""

from __future__ import annotations

from collections.abc import Callable

from minikf.embedded.kinds import Kind
from minikf.embedded.selectors import field_selector, label_selector
from minikf.embedded.store import Entry

Match = Callable[[Entry], bool]


def matcher(labels: str, fields: str, kind: Kind) -> Match | None:
    """The predicate of both selectors, None when there is none. Raises ApiError 400."""
    by_label = label_selector(labels) if labels else None
    by_field = field_selector(fields, kind) if fields else None
    if by_label is None and by_field is None:
        return None

    def match(entry: Entry) -> bool:
        # Labels are kept beside the bytes, so that a list by label parses no object.
        if by_label is not None and not by_label({"metadata": {"labels": entry.labels}}):
            return False
        return by_field is None or by_field(entry.obj)

    return match
