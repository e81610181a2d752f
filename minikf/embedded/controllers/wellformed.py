"""Admission runs before validation, as mutating admission does on a cluster, so its hooks look before they read."""

from __future__ import annotations

from minikf.embedded.kinds import Kind
from minikf.embedded.schema import schema_for
from minikf.embedded.status import Object
from minikf.embedded.validation import validate_object


def is_valid(kind: Kind, obj: Object) -> bool:
    """Whether validation will let the object pass; if not, it also says why, and a hook has nothing to add."""
    return not (schema_for(kind).validate(obj) if kind.is_custom else validate_object(kind, obj))
