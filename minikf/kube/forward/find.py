"""Finds a ready pod of a Service, as kube-proxy would: by its EndpointSlices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from minikf.kube.forward.targets import Target
from minikf.kube.rest import ApiAnswer, RestClient

_HOPS = 3
_DOMAIN = "svc.cluster.local"


class NotThere(Exception):
    """There is no pod to carry to; the text says why."""


@dataclass(frozen=True)
class Place:
    """A port of a pod. `host` is the name that it wants to be asked by, where that is not the client's business; `tls`
    is whether it speaks that."""

    namespace: str
    pod: str
    port: int
    host: str = ""
    tls: bool = False


def places(client: RestClient, target: Target) -> list[Place]:
    """The ready pods of a target's Service, in a lasting order; blocks.

    A Service that is only a name for another one (ExternalName, as Knative makes them for its gateway) is followed, and
    its own name is what the other one is asked by. Raises NotThere, and Unreachable where the API does not answer.
    """
    namespace, name, port, host = target.namespace, target.service, target.port, ""
    for _ in range(_HOPS):
        spec = _service(client, namespace, name)
        if spec.get("type") != "ExternalName":
            one = _port(spec, namespace, name, port)
            secure = port == 443 or "https" in (one.get("name"), one.get("appProtocol"))
            return [
                Place(*found, host, secure) for found in _ready(client, namespace, name, str(one.get("name") or ""))
            ]
        host = host or f"{name}.{namespace}.{_DOMAIN}"
        name, namespace = _followed(str(spec.get("externalName")), namespace, name)
    raise NotThere(f"Service {target.namespace}/{target.service} is a name for a name for a name")


def _service(client: RestClient, namespace: str, name: str) -> dict[str, Any]:
    try:
        return dict(client.get(f"/api/v1/namespaces/{quote(namespace)}/services/{quote(name)}").get("spec") or {})
    except ApiAnswer as answer:
        if answer.status == 404:
            raise NotThere(f"there is no Service {namespace}/{name}") from answer
        raise NotThere(answer.message) from answer


def _followed(external: str, namespace: str, name: str) -> tuple[str, str]:
    parts = external.rstrip(".").split(".")
    if len(parts) < 3 or parts[2] != "svc":
        raise NotThere(f"Service {namespace}/{name} leads out of the cluster, to {external}")
    return parts[0], parts[1]


def _port(spec: dict[str, Any], namespace: str, name: str, port: int) -> dict[str, Any]:
    ports = {int(one["port"]): one for one in spec.get("ports") or ()}
    if port not in ports:
        there = ", ".join(map(str, ports)) or "none"
        raise NotThere(f"Service {namespace}/{name} has no port {port}; it has {there}")
    return dict(ports[port])


def _ready(client: RestClient, namespace: str, name: str, port_name: str) -> list[tuple[str, str, int]]:
    """Namespace, pod and port of each; EndpointSlices name ports as the Service does, with the pod's own number."""
    label = quote(f"kubernetes.io/service-name={name}")
    path = f"/apis/discovery.k8s.io/v1/namespaces/{quote(namespace)}/endpointslices?labelSelector={label}"
    try:
        slices = client.get(path).get("items") or []
    except ApiAnswer as answer:
        raise NotThere(answer.message) from answer
    found, waiting = set(), 0
    for one in slices:
        numbers = [int(port["port"]) for port in one.get("ports") or () if (port.get("name") or "") == port_name]
        for endpoint in one.get("endpoints") or ():
            owner = endpoint.get("targetRef") or {}
            if owner.get("kind") != "Pod" or not numbers:
                continue
            if (endpoint.get("conditions") or {}).get("ready") is False:
                waiting += 1
            else:
                found.add((str(owner.get("namespace") or namespace), str(owner["name"]), numbers[0]))
    if not found:
        pods = f"its {waiting} pods are not ready" if waiting else "it has no pods"
        raise NotThere(f"Service {namespace}/{name} does not answer: {pods}")
    return sorted(found)
