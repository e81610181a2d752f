"""Refuses the fields of a Job that the embedded engine does not carry out, instead of ignoring them."""

from __future__ import annotations

from minikf.embedded.kinds import JOB, Kind
from minikf.embedded.status import Object, forbidden

_FIELDS = {
    "podFailurePolicy": "restart rules by exit code",
    "backoffLimitPerIndex": "a back-off limit for each index",
    "maxFailedIndexes": "a limit of failed indexes",
    "successPolicy": "success before all completions",
}


def admit_job(kind: Kind, obj: Object, old: Object | None) -> None:
    """The hook for `Objects.admission`. Raises ApiError 403 and names the field."""
    if kind is not JOB or old is not None:
        return
    for field, meaning in _FIELDS.items():
        if obj["spec"].get(field) is not None:
            raise forbidden(
                kind.group,
                kind.plural,
                obj["metadata"]["name"],
                f"spec.{field} ({meaning}) is not carried out by the embedded engine: leave it out, or use an engine "
                "that has it: minikf up --engine k3d",
            )
