"""What the views and commands ask of a platform about models and services: one call for each question."""

from __future__ import annotations

from dataclasses import dataclass, field

from minikf.errors import MinikfError
from minikf.kube.rest import RestClient
from minikf.kube.serving import found
from minikf.kube.shapes import Object, mappings
from minikf.paths import PlatformPaths
from minikf.spec import Access
from minikf.views.models import history, measuring
from minikf.views.models.registry import Registry, registry
from minikf.views.models.services import LABEL, PATH, PODS, Served, services


@dataclass(frozen=True)
class Serving:
    """All services, and the registry as far as it answered; `no_registry` says why it did not."""

    services: tuple[Served, ...] = ()
    registered: Registry = field(default_factory=Registry)
    no_registry: str = ""


def serving(access: Access, client: RestClient) -> Serving:
    """Services and registered models together; notes what is ready in the history. Raises Unreachable, ApiAnswer."""
    objects = mappings(client.get(PATH).get("items"))
    pods = mappings(client.get(PODS).get("items"))
    history.remember(PlatformPaths.of(access.platform), objects)
    try:
        registered, no_registry = registry(access, client), ""
    except MinikfError as error:
        registered, no_registry = Registry(), error.cause or error.message
    return Serving(services(objects, pods, registered), registered, no_registry)


def reading(access: Access, client: RestClient, namespace: str, name: str) -> measuring.Reading:
    """What the servers of a service have counted. Raises Refused where there is none, Unreachable, ApiAnswer."""
    service = found(client, namespace, name)
    return measuring.read(access, client, service, pods_of(client, namespace, name))


def pods_of(client: RestClient, namespace: str, name: str) -> list[Object]:
    path = f"/api/v1/namespaces/{namespace}/pods?labelSelector={LABEL.replace('/', '%2F')}%3D{name}"
    return mappings(client.get(path).get("items"))
