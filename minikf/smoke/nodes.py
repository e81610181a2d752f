"""Which pods only exist on paper: kwok plays nodes that run nothing and say that they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from minikf.kube.rest import ApiAnswer, RestClient

KWOK = "kwok.x-k8s.io/node"
"""kwok's annotation of its nodes (its documentation, Getting Started); some set it as a label."""

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Controller:
    """The pods that are a component's controller: the images that they have, and whether none of them really runs."""

    images: tuple[str, ...] = ()
    simulated: bool = False


def simulated(client: RestClient) -> frozenset[str]:
    """The names of the nodes that are kwok's; none where the platform has no nodes. Raises ApiAnswer, Unreachable."""
    return frozenset(node["metadata"]["name"] for node in _items(client, "/api/v1/nodes") if is_simulated(node))


def is_simulated(node: Object) -> bool:
    meta = node["metadata"]
    return KWOK in (meta.get("annotations") or {}) or KWOK in (meta.get("labels") or {})


def controller(client: RestClient, selector: str, fake: frozenset[str]) -> Controller:
    """What the pods with these labels are; the embedded engine's controllers are no pods."""
    pods = controller_pods(client, selector)
    running = [pod for pod in pods if (pod.get("status") or {}).get("phase") == "Running"]
    real = [pod for pod in running if pod["spec"].get("nodeName") not in fake]
    images = sorted({container["image"] for pod in real or running for container in pod["spec"]["containers"]})
    return Controller(tuple(images), bool(running) and not real)


def controller_pods(client: RestClient, selector: str) -> list[Object]:
    """The pods with these labels in all namespaces."""
    return _items(client, f"/api/v1/pods?labelSelector={quote(selector, safe='')}") if selector else []


def names_of(pods: Sequence[Object]) -> frozenset[str]:
    """The nodes that pods are on."""
    return frozenset(pod["spec"]["nodeName"] for pod in pods if pod["spec"].get("nodeName"))


def _items(client: RestClient, path: str) -> list[Object]:
    """Nothing where the platform has no such kind; whoever may not look cannot tell, and fails with the API's words."""
    try:
        return list(client.get(path).get("items") or [])
    except ApiAnswer as answer:
        if answer.status == HTTPStatus.NOT_FOUND:
            return []
        raise
