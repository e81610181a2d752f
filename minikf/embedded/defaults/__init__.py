"""Defaults of core kinds, which only code can give: by other fields, by name, by kind of volume.

k8s.io/kubernetes v1.34.4, pkg/apis/core/v1/defaults.go, pkg/apis/batch/v1/defaults.go, pkg/apis/rbac/v1/defaults.go.
Custom kinds have theirs in the schema (`Schema.default`).
"""

from __future__ import annotations

from minikf.embedded.defaults.others import BY_KIND
from minikf.embedded.defaults.pods import default_pod
from minikf.embedded.kinds import Kind
from minikf.embedded.status import Object

__all__ = ["default_object"]

_DEFAULTS = BY_KIND | {"Pod": default_pod}


def default_object(kind: Kind, obj: Object) -> None:
    """Completes an object of a core kind in place. Its JSON types are right (`Schema.unknown_fields` saw to that)."""
    if not kind.is_custom and kind.kind in _DEFAULTS:
        _DEFAULTS[kind.kind](obj)
