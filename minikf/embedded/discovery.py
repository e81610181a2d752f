"""What the API says it serves: the legacy lists and aggregated discovery.

Shapes: k8s.io/api v0.34.4, apidiscovery/v2, and metav1 APIGroupList, APIResourceList; compared with a kube-apiserver.
The answers are made once and shared: callers must not change them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from minikf.embedded import kinds
from minikf.embedded.kinds import Kind
from minikf.embedded.status import Object

AGGREGATED_VERSIONS = ("v2", "v2beta1")
_CORE_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
_CUSTOM_VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
_STATUS_VERBS = ("get", "patch", "update")
_STREAMS = ("create", "get")


@dataclass(frozen=True)
class Below:
    """A subresource: its name, the kind it speaks of, and that kind's group and version where they are others."""

    name: str
    kind: str
    verbs: tuple[str, ...]
    group: str = ""
    version: str = ""


_POD_SUBRESOURCES = (
    Below("attach", "PodAttachOptions", _STREAMS),
    Below("exec", "PodExecOptions", _STREAMS),
    Below("log", "Pod", ("get",)),
    Below("portforward", "PodPortForwardOptions", _STREAMS),
)
_SCALE = Below("scale", "Scale", ("get", "patch", "update"), "autoscaling", "v1")


def verbs(kind: Kind) -> tuple[str, ...]:
    """What clients may do with a kind, in the order in which a kube-apiserver lists it."""
    if kind is kinds.NAMESPACE:
        return tuple(verb for verb in _CORE_VERBS if verb != "deletecollection")
    return _CUSTOM_VERBS if kind.is_custom else _CORE_VERBS


def subresources(kind: Kind) -> tuple[Below, ...]:
    """What stands below an object."""
    own = _POD_SUBRESOURCES if kind is kinds.POD else ()
    status = (Below("status", kind.kind, _STATUS_VERBS),) if kind.has_status else ()
    return own + status + ((_SCALE,) if kind.scale is not None else ())


def api_versions(address: str) -> Object:
    """`/api`; `address` is host:port of this server."""
    reach = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": reach}


@lru_cache
def group_list() -> Object:
    """`/apis`: every group but the core one."""
    groups = [_group(name, versions) for name, versions in kinds.groups().items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


@lru_cache
def group(name: str) -> Object | None:
    """`/apis/<name>`, or None for a group outside the subset."""
    versions = kinds.groups().get(name) if name else None
    return None if versions is None else {"kind": "APIGroup", "apiVersion": "v1"} | _group(name, versions)


def _group(name: str, versions: list[str]) -> Object:
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


@lru_cache
def resource_list(group: str, version: str) -> Object | None:
    """`/api/v1` or `/apis/<group>/<version>`, or None outside the subset."""
    found = sorted(kinds.in_version(group, version), key=lambda kind: kind.plural)
    if not found:
        return None
    resources = [entry for kind in found for entry in _resources(kind)]
    api_version = {"apiVersion": "v1"} if group else {}  # as a kube-apiserver does: the core list has none
    return {"kind": "APIResourceList"} | api_version | {"groupVersion": found[0].api_version, "resources": resources}


def _resources(kind: Kind) -> list[Object]:
    own: Object = {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(verbs(kind)),
    }
    others = [
        {
            "name": f"{kind.plural}/{below.name}",
            "singularName": "",
            "namespaced": kind.namespaced,
            **({"group": below.group, "version": below.version} if below.group else {}),
            "kind": below.kind,
            "verbs": list(below.verbs),
        }
        for below in subresources(kind)
    ]
    return [own | _names(kind), *others]


def _names(kind: Kind) -> Object:
    names = {"shortNames": list(kind.short_names), "categories": list(kind.categories)}
    return {key: value for key, value in names.items() if value}


@lru_cache
def aggregated(core: bool, version: str) -> Object:
    """`/api` (core) or `/apis` as an APIGroupDiscoveryList of `version`, one of AGGREGATED_VERSIONS."""
    items = [_group_discovery(name, versions) for name, versions in kinds.groups().items() if (name == "") is core]
    api_version = f"apidiscovery.k8s.io/{version}"
    return {"kind": "APIGroupDiscoveryList", "apiVersion": api_version, "metadata": {}, "items": items}


def aggregated_content_type(version: str) -> str:
    """The content type that tells clients that they got what they asked for."""
    return f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"


def _group_discovery(name: str, versions: list[str]) -> Object:
    listed = [
        {
            "version": version,
            "resources": [
                _resource_discovery(kind)
                for kind in sorted(kinds.in_version(name, version), key=lambda kind: kind.plural)
            ],
            "freshness": "Current",
        }
        for version in versions
    ]
    return {"metadata": {"name": name} if name else {}, "versions": listed}


def _resource_discovery(kind: Kind) -> Object:
    group, version = (kind.group, kind.version) if kind.is_custom else ("", "")
    others = [
        {
            "subresource": below.name,
            "responseKind": {
                "group": below.group or group,
                "version": below.version or version,
                "kind": below.kind,
            },
            "verbs": list(below.verbs),
        }
        for below in subresources(kind)
    ]
    own: Object = {
        "resource": kind.plural,
        "responseKind": {"group": group, "version": version, "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": list(verbs(kind)),
    }
    return own | _names(kind) | ({"subresources": others} if others else {})
