"""Which kinds an API serves and where: all of it in two answers, asked again for the price of a comparison.

Aggregated discovery, `APIGroupDiscoveryList` of apidiscovery.k8s.io (v2 since Kubernetes 1.30, v2beta1 since 1.26).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from minikf.kube.apply.calls import Calls
from minikf.kube.apply.ref import Ref
from minikf.kube.rest import refusal

_AS = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
_ACCEPT = ",".join(_AS.format(version) for version in ("v2", "v2beta1"))


@dataclass(frozen=True)
class Resource:
    """How one kind is asked for: `root` as `/apis/apps/v1`, `plural` as `deployments`."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str]

    @property
    def root(self) -> str:
        return f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"

    @property
    def everywhere(self) -> str:
        """The path of all objects of this kind."""
        return f"{self.root}/{self.plural}"

    def within(self, namespace: str) -> str:
        """The path of the objects in a namespace; of all for a kind that is in none."""
        return f"{self.root}/namespaces/{quote(namespace)}/{self.plural}" if self.namespaced else self.everywhere

    def path(self, ref: Ref) -> str:
        """The path of one object. One that names no namespace although its kind has them is in `default`."""
        return f"{self.within(ref.namespace or 'default')}/{quote(ref.name)}"


class Discovery:
    """What was served when it was last asked. One thread asks; any may look."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._parts: dict[str, tuple[str, dict[tuple[str, str], Resource]]] = {}
        self._known: dict[tuple[str, str], Resource] = {}

    def refresh(self) -> bool:
        """Asks again; whether anything is different. Raises NoAnswer, Unreachable or ApiAnswer."""
        changed = [self._part(path) for path in ("/api", "/apis")]
        if any(changed):
            self._known = {key: one for _, part in self._parts.values() for key, one in part.items()}
        return any(changed)

    def find(self, api_version: str, kind: str) -> Resource | None:
        """None for what is not served."""
        return self._known.get((api_version, kind))

    def all(self) -> tuple[Resource, ...]:
        """Each kind in all its versions, the preferred one of a group first."""
        return tuple(self._known.values())

    def _part(self, path: str) -> bool:
        etag = self._parts[path][0] if path in self._parts else ""
        headers = {"Accept": _ACCEPT} | ({"If-None-Match": etag} if etag else {})
        answer = self._calls.send("GET", path, headers=headers)
        if answer.status == HTTPStatus.NOT_MODIFIED:
            return False
        if not answer.ok:
            raise refusal(path, answer)
        found = {(one.api_version, one.kind): one for one in _resources(json.loads(answer.body))}
        changed = path not in self._parts or self._parts[path][1] != found
        self._parts[path] = (answer.etag, found)
        return changed


def _resources(listing: dict[str, Any]) -> Iterator[Resource]:
    for group in listing.get("items") or ():
        name = group.get("metadata", {}).get("name") or ""
        for version in group.get("versions") or ():
            api_version = f"{name}/{version['version']}" if name else str(version["version"])
            for one in version.get("resources") or ():
                if one.get("responseKind", {}).get("kind"):
                    yield Resource(
                        api_version,
                        one["responseKind"]["kind"],
                        one["resource"],
                        one.get("scope") == "Namespaced",
                        frozenset(one.get("verbs") or ()),
                    )
