"""The `Table` of a list of objects or of one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Protocol

from minikf.embedded.kinds import Kind
from minikf.embedded.status import Object
from minikf.embedded.table.columns import layout


class HasObject(Protocol):
    """What the store hands out: an object and more."""

    @property
    def obj(self) -> Object: ...


def table(
    kind: Kind,
    entries: Iterable[HasObject],
    rv: int | str,
    include_object: str = "Metadata",
    *,
    now: datetime | None = None,
    headers: bool = True,
    list_metadata: Object | None = None,
) -> Object:
    """A meta.k8s.io/v1 Table of `entries` at resourceVersion `rv`.

    `include_object` is None, Metadata or Object, as the request's `includeObject` says; ages count back from `now`
    (aware; the present by default); without `headers` there are no column definitions, as in later events of a watch;
    `list_metadata` adds `continue` and `remainingItemCount`.
    """
    moment = now or datetime.now(UTC)
    shape = layout(kind)
    part = {"None": _nothing, "Object": _whole}.get(include_object, _metadata)
    rows: list[Object] = []
    for entry in entries:
        row: Object = {"cells": shape.row(entry.obj, moment)}
        conditions = _conditions(kind, entry.obj)
        if conditions:
            row["conditions"] = conditions
        row["object"] = part(entry.obj)
        rows.append(row)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": str(rv)} | (list_metadata or {}),
        "columnDefinitions": [column.definition() for column in shape.columns] if headers else None,
        "rows": rows,
    }


def _nothing(obj: Object) -> None:
    return None


def _whole(obj: Object) -> Object:
    return obj


def _metadata(obj: Object) -> Object:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}


def _conditions(kind: Kind, obj: Object) -> list[Any]:
    """Finished pods are marked, so that clients may leave them out."""
    phase = (obj.get("status") or {}).get("phase") if kind.kind == "Pod" else None
    if phase not in ("Succeeded", "Failed"):
        return []
    message = "The pod has completed successfully." if phase == "Succeeded" else "The pod failed."
    return [{"type": "Completed", "status": "True", "reason": phase, "message": message}]
