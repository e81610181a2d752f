"""Events of the core group: k8s.io/kubernetes v1.34.4, pkg/apis/core/validation/events.go."""

from __future__ import annotations

from minikf.embedded import names
from minikf.embedded.schema.fieldpath import invalid, required
from minikf.embedded.status import Cause, Object
from minikf.embedded.validation.values import named

_INSTANCE_LIMIT, _ACTION_LIMIT, _REASON_LIMIT, _MESSAGE_LIMIT = 128, 128, 128, 1024


def validate_event(obj: Object, old: Object | None) -> list[Cause]:
    """An Event lives in the namespace of the object that it is about; new-style ones say who reports what."""
    namespace = obj["metadata"].get("namespace") or ""
    involved = (obj.get("involvedObject") or {}).get("namespace") or ""
    mismatch = invalid("involvedObject.namespace", involved, "does not match event.namespace")
    if not obj.get("eventTime"):
        matches = namespace in ("", "default") if not involved else namespace == involved
        return [] if matches else [mismatch]
    found = [mismatch] if not involved and namespace not in ("default", "kube-system") else []
    for field, limit in (
        ("reportingComponent", 0),
        ("reportingInstance", _INSTANCE_LIMIT),
        ("action", _ACTION_LIMIT),
        ("reason", _REASON_LIMIT),
        ("message", _MESSAGE_LIMIT),
    ):
        value = obj.get(field) or ""
        if not value and field != "message":
            found.append(required(field))
        if field == "reportingComponent":
            found += named(value, names.qualified_name, field)
        if limit and len(value.encode()) > limit:
            found.append(invalid(field, "", f"can have at most {limit} characters"))
    return found
