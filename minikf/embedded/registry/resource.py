"""A stored resource, and how the API shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from minikf.embedded.registry.kinds import Kind, Type
from minikf.embedded.registry.values import Property


@dataclass(frozen=True)
class Resource:
    """One resource. Times are in milliseconds since the epoch; `parent` is the id of what it was created in."""

    id: int
    kind: Kind
    name: str
    external_id: str | None
    parent: int | None
    created: int
    updated: int
    fields: dict[str, Any]
    properties: dict[str, Property]

    def wire(self, version: str) -> dict[str, Any]:
        """The JSON object of the API's `version`: ids and 64-bit integers are strings."""
        shown = {name: _shown(self.kind.fields[name].type, value, version) for name, value in self.fields.items()}
        shown["id"] = str(self.id)
        shown["name"] = self.name
        shown["createTimeSinceEpoch"] = str(self.created)
        shown["lastUpdateTimeSinceEpoch"] = str(self.updated)
        shown["customProperties"] = self.properties
        if self.external_id is not None:
            shown["externalId"] = self.external_id
        if self.kind.artifact_type:
            shown["artifactType"] = self.kind.artifact_type
        if self.kind.parent_field:
            shown[self.kind.parent_field] = str(self.parent)
        return shown

    def text(self, field: str) -> str:
        """A text field, or ""."""
        return str(self.fields.get(field, ""))

    def string_property(self, name: str) -> str:
        """A custom property that is a string, or ""."""
        return str(self.properties.get(name, {}).get("string_value", ""))


def _shown(kind: Type, value: Any, version: str) -> Any:
    if kind in (Type.LONG, Type.REFERENCE) or (kind is Type.STEP and version == "v1"):
        return str(value)
    return value
