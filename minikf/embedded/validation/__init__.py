"""What makes an object of a core kind invalid beyond its JSON types, and the metadata of every kind.

k8s.io/kubernetes v1.34.4, pkg/apis/*/validation, and k8s.io/apimachinery v0.34.4, pkg/api/validation. What can run on
the embedded engine is checked as a kube-apiserver checks it; storage and network drivers that no process can have are
not.
"""

from __future__ import annotations

from collections.abc import Callable

from minikf.embedded.kinds import Kind
from minikf.embedded.status import Cause, Object
from minikf.embedded.validation.access import validate_binding, validate_role
from minikf.embedded.validation.data import validate_config_map, validate_secret
from minikf.embedded.validation.events import validate_event
from minikf.embedded.validation.jobs import validate_job
from minikf.embedded.validation.limits import validate_limit_range, validate_quota
from minikf.embedded.validation.metadata import finalizer_warnings, validate_metadata
from minikf.embedded.validation.pods import validate_pod
from minikf.embedded.validation.services import validate_service
from minikf.embedded.validation.volumes import validate_claim

__all__ = ["finalizer_warnings", "validate_object"]

Validate = Callable[[Object, Object | None], list[Cause]]

_BY_KIND: dict[str, Validate] = {
    "Pod": validate_pod,
    "ConfigMap": validate_config_map,
    "Secret": validate_secret,
    "PersistentVolumeClaim": validate_claim,
    "Service": validate_service,
    "Event": validate_event,
    "ResourceQuota": validate_quota,
    "LimitRange": validate_limit_range,
    "Job": validate_job,
    "Role": validate_role,
    "ClusterRole": validate_role,
    "RoleBinding": validate_binding,
    "ClusterRoleBinding": validate_binding,
}


def validate_object(kind: Kind, obj: Object, old: Object | None = None) -> list[Cause]:
    """Why a defaulted object is invalid, or [] when it is not; `old` is the stored version on update.

    Its JSON types are right: `Schema.unknown_fields` saw to that.
    """
    causes = validate_metadata(kind, obj["metadata"], old and old["metadata"])
    own = None if kind.is_custom else _BY_KIND.get(kind.kind)
    if own is not None:
        causes += own(obj, old)
    return list(dict.fromkeys(causes))
