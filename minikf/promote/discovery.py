"""The kinds a platform serves, and objects by kind: read over plain HTTPS, whatever the engine."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol
from urllib.parse import quote, urlencode

from minikf.engine.choose import engine_of
from minikf.kube.doors import PIPELINES, door
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.promote.model import Object

GROUPS = (
    "serving.kserve.io",
    "trainer.kubeflow.org",
    "rbac.authorization.k8s.io",
    "kubeflow.org",
    "pipelines.kubeflow.org",
)
PIPELINES_API = "/apis/v2beta1"
NOT_FOUND = 404


@dataclass(frozen=True)
class Resource:
    """One kind as the API's discovery names it (metav1 APIResource)."""

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    namespaced: bool
    short_names: tuple[str, ...] = ()

    @property
    def base(self) -> str:
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


class Source(Protocol):
    """Where objects are read from; `platform` is its name, for the commands that errors advise."""

    platform: str

    def resources(self) -> tuple[Resource, ...]: ...

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """The object with `apiVersion` and `kind` set, or None where it or its kind does not exist."""
        ...

    def list(self, kind: str, namespace: str = "") -> list[Object]:
        """All objects of a kind, of every namespace where none is given; empty where the kind is not served."""
        ...

    def ask_pipelines(self, path: str, **query: str) -> Object | None:
        """One GET of the v2beta1 API of Kubeflow Pipelines; None where that does not exist, or the API does not."""
        ...


class Platform:
    """A `Source` over a platform's API. Its methods raise Unreachable, or ApiAnswer with the API's own words."""

    def __init__(self, platform: str, client: RestClient, pipelines: RestClient | None = None) -> None:
        """`pipelines` reaches the API of Kubeflow Pipelines where that is not beside the Kubernetes API."""
        self.platform = platform
        self._client = client
        self._pipelines = pipelines or client

    def resources(self) -> tuple[Resource, ...]:
        return self._resources

    @cached_property
    def _resources(self) -> tuple[Resource, ...]:
        """Core kinds and those of GROUPS, each in the first version by which its group serves it."""
        found: dict[tuple[str, str], Resource] = {}
        served = {group["name"]: group["versions"] for group in self._client.get("/apis").get("groups", ())}
        places = [("", "v1", "/api/v1")] + [
            (group, version["version"], f"/apis/{group}/{version['version']}")
            for group in GROUPS
            for version in served.get(group, ())
        ]
        for group, version, path in places:
            for item in self._client.get(path).get("resources", ()):
                if "/" not in item["name"]:
                    found.setdefault((group, item["kind"]), _resource(group, version, item))
        return tuple(found.values())

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        resource = self._by_kind(kind)
        if resource is None:
            return None
        try:
            found = self._client.get(f"{_collection(resource, namespace)}/{quote(name, safe='')}")
        except ApiAnswer as answer:
            if answer.status == NOT_FOUND:
                return None
            raise
        return found | {"apiVersion": resource.api_version, "kind": resource.kind}

    def list(self, kind: str, namespace: str = "") -> list[Object]:
        resource = self._by_kind(kind)
        if resource is None:
            return []
        items = self._client.get(_collection(resource, namespace)).get("items") or []
        return [item | {"apiVersion": resource.api_version, "kind": resource.kind} for item in items]

    def ask_pipelines(self, path: str, **query: str) -> Object | None:
        said = {key: value for key, value in query.items() if value}
        try:
            return self._pipelines.get(f"{PIPELINES_API}/{path}{f'?{urlencode(said)}' if said else ''}")
        except ApiAnswer as answer:
            if answer.status == NOT_FOUND:
                return None
            raise

    def _by_kind(self, kind: str) -> Resource | None:
        return next((resource for resource in self._resources if resource.kind == kind), None)


def of_platform(name: str) -> Platform:
    """A platform of this machine. Raises Unreachable where it does not run."""
    access = engine_of(name).access()
    return Platform(name, RestClient(access), RestClient(door(access, PIPELINES)))


def _resource(group: str, version: str, item: Object) -> Resource:
    return Resource(
        group=group,
        version=version,
        plural=item["name"],
        singular=item.get("singularName") or item["kind"].lower(),
        kind=item["kind"],
        namespaced=bool(item["namespaced"]),
        short_names=tuple(item.get("shortNames") or ()),
    )


def _collection(resource: Resource, namespace: str) -> str:
    scope = f"/namespaces/{quote(namespace, safe='')}" if resource.namespaced and namespace else ""
    return f"{resource.base}{scope}/{resource.plural}"
