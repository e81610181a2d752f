"""Reading request bodies: everything is checked before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import orjson

from minikf.embedded.registry import values
from minikf.embedded.registry.errors import RegistryError, invalid, required
from minikf.embedded.registry.kinds import BY_ARTIFACT_TYPE, Kind

_READ_ONLY = frozenset({"id", "createTimeSinceEpoch", "lastUpdateTimeSinceEpoch"})
# v1alpha3 artifacts may name the experiment that they come from; nothing here keeps experiments.
_EXPERIMENT = frozenset({"experimentId", "experimentRunId"})


class Purpose(Enum):
    """What a body is for. An UPSERT is a whole resource: with an id it updates, without one it creates."""

    CREATE = "create"
    UPDATE = "update"
    UPSERT = "upsert"


@dataclass(frozen=True)
class Body:
    """A checked body; None and absent fields mean that the client did not say."""

    kind: Kind
    fields: dict[str, Any]
    id: int | None = None
    name: str | None = None
    external_id: str | None = None
    parent: int | None = None
    properties: dict[str, values.Property] | None = None

    def under(self, parent: int) -> Body:
        """The same under the parent that the path names. Raises RegistryError 400 where the body names another."""
        if self.parent not in (None, parent):
            raise invalid(f"'{self.kind.parent_field}' is {self.parent}, but the path says {parent}")
        return replace(self, parent=parent)


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object in a request. Raises RegistryError 400."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise invalid(f"the body is not valid JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise invalid("the body must be a JSON object")
    # The API's documents have no field that can be null, so null says no more than leaving the field out.
    return {name: value for name, value in parsed.items() if value is not None}


def artifact_kind(raw: dict[str, Any]) -> Kind:
    """Which kind of artifact a body is, by its artifactType. Raises RegistryError 400."""
    name = raw.get("artifactType")
    kind = BY_ARTIFACT_TYPE.get(name) if isinstance(name, str) else None
    if kind is None:
        raise invalid(f"'artifactType' must be one of {', '.join(BY_ARTIFACT_TYPE)}")
    return kind


def read(kind: Kind, raw: dict[str, Any], purpose: Purpose) -> Body:
    """Checks a parsed body. Raises RegistryError 400, or 422 where a required field is missing or empty."""
    for name in raw:
        _check_name(kind, name, purpose)
    if kind.is_artifact and raw.get("artifactType", kind.artifact_type) != kind.artifact_type:
        raise invalid(f"'artifactType' must be {kind.artifact_type} here")
    body = Body(
        kind=kind,
        fields={name: values.field_value(name, f, raw[name]) for name, f in kind.fields.items() if name in raw},
        id=values.resource_id("id", raw["id"]) if "id" in raw else None,
        name=_name(raw),
        external_id=values.text("externalId", raw.get("externalId", ""), values.NAME_LIMIT) or None,
        parent=_parent(kind, raw),
        properties=values.properties(raw["customProperties"]) if "customProperties" in raw else None,
    )
    if purpose is not Purpose.UPDATE and body.id is None:
        _demand_required(body)
    return body


def _check_name(kind: Kind, name: str, purpose: Purpose) -> None:
    field = kind.fields.get(name)
    known = name in ("name", "externalId", "customProperties") or name == kind.parent_field
    if name in _READ_ONLY and purpose is not Purpose.UPSERT:
        raise invalid(f"'{name}' is set by the registry")
    if kind.is_artifact and name in _EXPERIMENT:
        raise _no_experiments(name)
    if field is None and not known and name not in _READ_ONLY and not (kind.is_artifact and name == "artifactType"):
        raise invalid(f"a {kind.words} has no field '{name}'")
    fixed = field.fixed if field is not None else name in ("name", kind.parent_field)
    if fixed and purpose is Purpose.UPDATE:
        raise invalid(f"'{name}' cannot be changed once it is set")


def _name(raw: dict[str, Any]) -> str | None:
    if "name" not in raw:
        return None
    name = values.text("name", raw["name"], values.NAME_LIMIT)
    if not name:
        raise required("name")
    return name


def _parent(kind: Kind, raw: dict[str, Any]) -> int | None:
    if not kind.parent_field or kind.parent_field not in raw:
        return None
    if raw[kind.parent_field] == "":
        raise required(kind.parent_field)
    return values.resource_id(kind.parent_field, raw[kind.parent_field])


def _demand_required(body: Body) -> None:
    if body.kind.needs_name and body.name is None:
        raise required("name")
    for name, field in body.kind.fields.items():
        if field.required and name not in body.fields:
            # Upstream tells the two apart, and so do the clients' exceptions.
            raise invalid(f"a {body.kind.words} needs a '{name}'") if body.kind.is_artifact else required(name)


def _no_experiments(name: str) -> RegistryError:
    return invalid(f"'{name}' cannot be kept: this registry has no experiments", "use MLflow or pipeline runs for them")
