"""Columns by kind: names and types as kubectl users know them, and how a cell is read from an object.

Core kinds: k8s.io/kubernetes v1.34.4, pkg/printers/internalversion/printers.go. Custom kinds: the printer columns of
their CRDs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from minikf.embedded.jsonpath import compile_path
from minikf.embedded.kinds import Kind
from minikf.embedded.schema.data import group_data
from minikf.embedded.status import Object
from minikf.embedded.table import cells
from minikf.embedded.table.durations import parse_time, since

Row = Callable[[Object, datetime], list[Any]]


@dataclass(frozen=True)
class Column:
    """A table's column. Kubectl shows those of priority 0, and the others with `-o wide`."""

    name: str
    type: str = "string"
    format: str = ""
    priority: int = 0
    description: str = ""

    def definition(self) -> Object:
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format,
            "description": self.description,
            "priority": self.priority,
        }


@dataclass(frozen=True)
class Layout:
    """The columns of a kind, and the function that fills a row."""

    columns: tuple[Column, ...]
    row: Row


NAME = Column("Name", format="name", description="Name of the object, unique in its namespace.")
AGE = Column("Age", description="Time since the object was created.")


def _columns(*names: str, wide: Iterable[str] = ()) -> tuple[Column, ...]:
    plain = tuple({"Name": NAME, "Age": AGE}.get(name) or Column(name) for name in names)
    return plain + tuple(Column(name, priority=1) for name in wide)


_EVENT_COLUMNS = (
    Column("Last Seen"),
    Column("Type"),
    Column("Reason"),
    Column("Object"),
    Column("Subobject", priority=1),
    Column("Source", priority=1),
    Column("Message"),
    Column("First Seen", priority=1),
    Column("Count", priority=1),
    Column("Name", format="name", priority=1),
)
_BINDING = _columns("Name", "Role", "Age", wide=("Users", "Groups", "ServiceAccounts"))
_CORE: dict[str, Layout] = {
    "Namespace": Layout(_columns("Name", "Status", "Age"), cells.namespace),
    "Pod": Layout(
        _columns(
            *("Name", "Ready", "Status", "Restarts", "Age"),
            wide=("IP", "Node", "Nominated Node", "Readiness Gates"),
        ),
        cells.pod,
    ),
    "ConfigMap": Layout(_columns("Name", "Data", "Age"), cells.config_map),
    "Secret": Layout(_columns("Name", "Type", "Data", "Age"), cells.secret),
    "ServiceAccount": Layout(_columns("Name", "Secrets", "Age"), cells.service_account),
    "PersistentVolumeClaim": Layout(
        _columns(
            *("Name", "Status", "Volume", "Capacity", "Access Modes", "StorageClass", "VolumeAttributesClass", "Age"),
            wide=("VolumeMode",),
        ),
        cells.claim,
    ),
    "Service": Layout(
        _columns("Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", wide=("Selector",)), cells.service
    ),
    "Event": Layout(_EVENT_COLUMNS, cells.event),
    "ResourceQuota": Layout(_columns("Name", "Request", "Limit", "Age"), cells.quota),
    "Job": Layout(
        _columns(*("Name", "Status", "Completions", "Duration", "Age"), wide=("Containers", "Images", "Selector")),
        cells.job,
    ),
    "RoleBinding": Layout(_BINDING, cells.role_binding),
    "ClusterRoleBinding": Layout(_BINDING, cells.role_binding),
}


def _created_at(obj: Object, now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp")]


# Kinds without a printer of their own: LimitRange, Role, ClusterRole.
_DEFAULT = Layout((NAME, Column("Created At", "date", description="When the object was created.")), _created_at)


@lru_cache
def layout(kind: Kind) -> Layout:
    """How objects of `kind` are laid out in a table."""
    if not kind.is_custom:
        return _CORE.get(kind.kind, _DEFAULT)
    printed = group_data(kind.group, kind.storage.version).columns(kind.kind)
    columns = tuple(
        Column(
            data["name"],
            data["type"],
            data.get("format", ""),
            data.get("priority", 0),
            f"Custom resource definition column (in JSONPath format): {data['jsonPath']}",
        )
        for data in printed
    )
    readers = [(column.type, compile_path(data["jsonPath"])) for column, data in zip(columns, printed, strict=True)]

    def row(obj: Object, now: datetime) -> list[Any]:
        return [obj["metadata"]["name"], *(_cell(type_, read(obj), now) for type_, read in readers)]

    return Layout((NAME, *columns), row)


def _cell(type_: str, value: Any, now: datetime) -> Any:
    """A value as its column's type, or None where it is another."""
    if value is None:
        return None
    if type_ == "string":
        return cells.text(value)
    if type_ == "date":
        return since(value, now) if value == "" or parse_time(value) else "<invalid>"
    if type_ == "boolean":
        return value if isinstance(value, bool) else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    kind = {"integer": int, "number": float}.get(type_)
    return kind(value) if kind and is_number else None
