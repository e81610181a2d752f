"""Defaults of core kinds other than Pod."""

from __future__ import annotations

import base64
from collections.abc import Callable

from minikf.embedded.defaults.pods import default_pod_spec
from minikf.embedded.status import Object

_RBAC = "rbac.authorization.k8s.io"
_JOB_RETRIES = 6
_MAX_INT32 = 2**31 - 1
_AFFINITY_SECONDS = 10800


def _namespace(obj: Object) -> None:
    name = obj["metadata"].get("name")
    if name:
        labels = obj["metadata"].get("labels") or {}
        obj["metadata"]["labels"] = labels | {"kubernetes.io/metadata.name": name}


def _secret(obj: Object) -> None:
    """`stringData` is for writing only: its values become `data`."""
    if not obj.get("type"):
        obj["type"] = "Opaque"
    written = obj.pop("stringData", None)
    if written:
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in written.items()}
        obj["data"] = (obj.get("data") or {}) | encoded


def _claim(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("resources", {})
    if spec.get("volumeMode") is None:
        spec["volumeMode"] = "Filesystem"


def _service(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec["type"] = spec.get("type") or "ClusterIP"
    spec["sessionAffinity"] = spec.get("sessionAffinity") or "None"
    if spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    elif spec["sessionAffinity"] == "ClientIP":
        config = spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {})
        config.setdefault("timeoutSeconds", _AFFINITY_SECONDS)
    for port in spec.get("ports") or ():
        port["protocol"] = port.get("protocol") or "TCP"
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port.get("port")
    if spec["type"] in ("NodePort", "LoadBalancer") or (spec["type"] == "ClusterIP" and spec.get("externalIPs")):
        spec["externalTrafficPolicy"] = spec.get("externalTrafficPolicy") or "Cluster"
    else:
        spec.pop("externalTrafficPolicy", None)
    if spec["type"] != "ExternalName" and spec.get("internalTrafficPolicy") is None:
        spec["internalTrafficPolicy"] = "Cluster"
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)


def _limit_range(obj: Object) -> None:
    for item in (obj.get("spec") or {}).get("limits") or ():
        if item.get("type") != "Container":
            continue
        default = (item.get("max") or {}) | (item.get("default") or {})
        request = (item.get("min") or {}) | default | (item.get("defaultRequest") or {})
        for field, value in (("default", default), ("defaultRequest", request)):
            if value:
                item[field] = value


def _job(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    template = spec.setdefault("template", {})
    labels = (template.setdefault("metadata", {})).get("labels")
    if labels and not obj["metadata"].get("labels"):
        obj["metadata"]["labels"] = dict(labels)
    defaults = {
        "parallelism": 1,
        "backoffLimit": _JOB_RETRIES if spec.get("backoffLimitPerIndex") is None else _MAX_INT32,
        "completionMode": "NonIndexed",
        "suspend": False,
        "podReplacementPolicy": "Failed" if spec.get("podFailurePolicy") is not None else "TerminatingOrFailed",
        "manualSelector": False,
    }
    for field, value in defaults.items():
        if spec.get(field) is None:
            spec[field] = value
    default_pod_spec(template.setdefault("spec", {}))
    # A template's restartPolicy has a default that a Job then refuses: the user must say which.
    for rule in (spec.get("podFailurePolicy") or {}).get("rules") or ():
        for pattern in rule.get("onPodConditions") or ():
            pattern["status"] = pattern.get("status") or "True"


def _role_binding(obj: Object) -> None:
    role = obj.setdefault("roleRef", {})
    role["apiGroup"] = role.get("apiGroup") or _RBAC
    for subject in obj.get("subjects") or ():
        if not subject.get("apiGroup") and subject.get("kind") in ("User", "Group"):
            subject["apiGroup"] = _RBAC


def _role(obj: Object) -> None:
    obj.setdefault("rules", None)


def _event(obj: Object) -> None:
    """An Event shows these fields even when they are empty; clients read them without asking."""
    empty: Object = {
        "source": {},
        "firstTimestamp": None,
        "lastTimestamp": None,
        "eventTime": None,
        "reportingComponent": "",
        "reportingInstance": "",
    }
    for field, value in empty.items():
        obj.setdefault(field, value)


BY_KIND: dict[str, Callable[[Object], None]] = {
    "Namespace": _namespace,
    "Secret": _secret,
    "PersistentVolumeClaim": _claim,
    "Service": _service,
    "LimitRange": _limit_range,
    "Job": _job,
    "Role": _role,
    "ClusterRole": _role,
    "RoleBinding": _role_binding,
    "ClusterRoleBinding": _role_binding,
    "Event": _event,
}
