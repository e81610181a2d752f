"""What the API knows about the shape of each kind: defaults, unknown fields, validation, ownership."""

from __future__ import annotations

from minikf.embedded.schema.node import Node, Pool
from minikf.embedded.schema.schema import Schema, schema_for

__all__ = ["Node", "Pool", "Schema", "schema_for"]
