"""The generated schemas: one file per API group version, read when one of its kinds is first needed.

`scripts/make_schemas.py` makes the files and records where they come from.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson

from minikf.embedded.schema.node import Data, Node, Pool


class GroupData:
    """Schemas and printer columns of the kinds of one group version."""

    def __init__(self, data: Data) -> None:
        self._kinds: dict[str, Data] = data["kinds"]
        self.pool = Pool(data["definitions"])
        self.sources: list[Data] = data["sources"]

    def root(self, kind: str) -> Node:
        """The schema of whole objects of `kind`."""
        return self.pool.node(self._kinds[kind]["schema"])

    def root_data(self, kind: str) -> Data:
        """The same as data; may be one `$ref` to a definition."""
        schema: Data = self._kinds[kind]["schema"]
        return schema

    def columns(self, kind: str) -> list[dict[str, Any]]:
        """The CRD's additionalPrinterColumns; empty for core kinds."""
        columns: list[dict[str, Any]] = self._kinds[kind]["columns"]
        return columns


@lru_cache
def group_data(group: str, version: str) -> GroupData:
    """The data of `group` ("" is core) and `version`; both come from the kinds table."""
    name = f"{group or 'core'}.{version}.json"
    return GroupData(orjson.loads((files("minikf.embedded") / "schemas" / name).read_bytes()))
