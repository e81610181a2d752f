"""All objects of a target, to be compared before and after."""

from __future__ import annotations

from typing import Any

from .target import Target

# Dropped: what is new with each write though nothing is said anew. Events and Leases are not looked at (target.py).
DROPPED = ("resourceVersion", "generation")
DROPPED_OF_MANAGED_FIELDS = ("time",)


def everything(here: Target) -> dict[tuple[str, str], Any]:
    """But for the list of what is dropped above, and the status."""
    return {key: _kept(one) for key, one in here.everything().items()}


def _kept(obj: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in obj["metadata"].items() if key not in DROPPED}
    fields = [
        {key: value for key, value in entry.items() if key not in DROPPED_OF_MANAGED_FIELDS}
        for entry in metadata.pop("managedFields", ())
    ]
    fields.sort(key=lambda entry: (entry["manager"], entry["operation"]))
    return {key: value for key, value in obj.items() if key != "status"} | {
        "metadata": {**metadata, "managedFields": fields}
    }
