"""Licences that nobody gets by accident."""

from __future__ import annotations

from collections.abc import Collection

from minikf.bundle.errors import NotAgreed
from minikf.bundle.model import Selection


def check(selection: Selection, had: Collection[str], *, accepted: bool) -> None:
    """Raises NotAgreed for a component that is new and not free where its licence is not `accepted`."""
    for one in selection.components:
        if one.licence.free or accepted or one.id in had:
            continue
        raise NotAgreed(
            f"'{one.id}' is under the licence {one.licence.spdx}, which not everybody may or wants to use",
            cause=f"it is not approved by the Open Source Initiative, or AGPL; it was read in {one.licence.source}",
            advice=f"minikf addon enable {one.id} --accept-licence",
        )
