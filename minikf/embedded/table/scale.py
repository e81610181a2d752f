"""The `Table` of a Scale, which `kubectl get --subresource=scale` prints."""

from __future__ import annotations

from datetime import UTC, datetime

from minikf.embedded.status import Object
from minikf.embedded.table.columns import NAME, Column
from minikf.embedded.table.durations import since

_COLUMNS = (
    NAME,
    Column("Desired", "integer", description="How many replicas are wanted."),
    Column("Available", "integer", description="How many replicas there are."),
    Column("Age", "date", description="Time since the object was created."),
)


def scale_table(scale: Object, rv: int) -> Object:
    """A meta.k8s.io/v1 Table of one autoscaling/v1 Scale."""
    meta = scale["metadata"]
    age = since(meta.get("creationTimestamp"), datetime.now(UTC))
    cells = [meta["name"], scale["spec"].get("replicas", 0), scale["status"]["replicas"], age]
    shown = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta}
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": str(rv)},
        "columnDefinitions": [column.definition() for column in _COLUMNS],
        "rows": [{"cells": cells, "object": shown}],
    }
