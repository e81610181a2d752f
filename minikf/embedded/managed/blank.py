"""What a new object is compared with.

For a custom kind that is nothing. A core kind's Go type has fields that are there before anybody sets them, so their
first writer owns what is in them and not the fields themselves. Fields without `omitempty` of the types in
k8s.io/api v0.34.4; null stands for an empty list or map.
"""

from __future__ import annotations

from minikf.embedded.kinds import Kind
from minikf.embedded.status import Object

_BLANKS: dict[str, Object] = {
    "Pod": {"spec": {"containers": None}, "status": {}},
    "Namespace": {"spec": {}, "status": {}},
    "PersistentVolumeClaim": {"spec": {"resources": {}}, "status": {}},
    "Service": {"spec": {}, "status": {"loadBalancer": {}}},
    "Event": {
        "involvedObject": {},
        "source": {},
        "firstTimestamp": None,
        "lastTimestamp": None,
        "eventTime": None,
        "reportingComponent": "",
        "reportingInstance": "",
    },
    "ResourceQuota": {"spec": {}, "status": {}},
    "LimitRange": {"spec": {"limits": None}},
    "Job": {"spec": {"template": {"metadata": {}, "spec": {"containers": None}}}, "status": {}},
    "Role": {"rules": None},
    "ClusterRole": {"rules": None},
    "RoleBinding": {"roleRef": {"apiGroup": "", "kind": "", "name": ""}},
    "ClusterRoleBinding": {"roleRef": {"apiGroup": "", "kind": "", "name": ""}},
}


def blank_object(kind: Kind) -> Object:
    """The object that a create starts from: `metadata` and the fields that a new Go value has."""
    if kind.is_custom:
        return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {}}
    return {"metadata": {}} | _BLANKS.get(kind.kind, {})
