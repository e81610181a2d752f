"""Which kinds a target serves: aggregated discovery, one answer for the core group and one for all others."""

from __future__ import annotations

from collections.abc import Iterator

from minikf.promote.model import Object
from minikf.promote.targets.probe.asking import Ask
from minikf.promote.targets.profile import ServedKind

# `APIGroupDiscoveryList` of apidiscovery.k8s.io: v2 since Kubernetes 1.30, v2beta1 since 1.26.
_AS = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
_ACCEPT = ",".join(_AS.format(version) for version in ("v2", "v2beta1"))
# A version whose own server did not answer the API server is listed so, as it was known last.
_STALE = "Stale"


def look(ask: Ask) -> tuple[ServedKind, ...]:
    """Every kind in every version, as the groups come; gaps named `kinds` for what is not known."""
    found: list[ServedKind] = []
    for path in ("/api", "/apis"):
        with ask.may_lack("kinds"):
            answer = ask.client.call("GET", path, headers={"Accept": _ACCEPT})
            if answer.get("kind") != "APIGroupDiscoveryList":
                ask.lack("kinds", f"the API server answers {path} without its kinds; it is older than Kubernetes 1.26")
            for group in answer.get("items") or ():
                found += _of_group(ask, group)
    return tuple(found)


def _of_group(ask: Ask, group: Object) -> Iterator[ServedKind]:
    name = str(group.get("metadata", {}).get("name") or "")
    for number, version in enumerate(group.get("versions") or ()):  # the preferred version comes first
        if version.get("freshness") == _STALE:
            ask.lack("kinds", f"what serves {name}/{version.get('version')} does not answer the API server")
        for one in version.get("resources") or ():
            kind = str((one.get("responseKind") or {}).get("kind") or "")
            if kind:
                namespaced, verbs = one.get("scope") == "Namespaced", tuple(one.get("verbs") or ())
                yield ServedKind(name, str(version["version"]), kind, one["resource"], namespaced, verbs, not number)
