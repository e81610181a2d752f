"""Creating objects through a platform's API: all of them are tried by a dry run before the first one is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from minikf.errors import Refused
from minikf.kube import absent
from minikf.kube.rest import ApiAnswer, NotServed, RestClient

Object = Mapping[str, Any]


def create(client: RestClient, objects: Sequence[Object]) -> list[dict[str, Any]]:
    """The objects as the API made them, in the order given.

    Raises Refused for an object without a kind or a kind that the platform does not serve (NotServed for one of
    Kubeflow's), ApiAnswer where the API refuses one (nothing is made where the dry run says so), Unreachable.
    """
    served: dict[str, list[dict[str, Any]]] = {}
    paths = [collection(client, obj, served) for obj in objects]
    for path, obj in zip(paths, objects, strict=True):
        client.call("POST", f"{path}?dryRun=All", obj)
    return [client.call("POST", path, obj) for path, obj in zip(paths, objects, strict=True)]


def collection(client: RestClient, obj: Object, served: dict[str, list[dict[str, Any]]]) -> str:
    """Where objects of this kind are made, found by discovery; `served` is what it said so far, by its path.

    Raises Refused (NotServed for a kind of Kubeflow's), ApiAnswer, Unreachable.
    """
    version, kind = str(obj.get("apiVersion", "")), str(obj.get("kind", ""))
    if not version or not kind:
        raise Refused("an object has no apiVersion or no kind", advice="kubectl explain KIND")
    root = f"/api/{version}" if "/" not in version else f"/apis/{version}"
    if root not in served:
        served[root] = _resources(client, root)
    for resource in served[root]:
        if resource["kind"] == kind and "/" not in resource["name"]:
            namespace = obj.get("metadata", {}).get("namespace") or "default"
            middle = f"/namespaces/{quote(namespace)}" if resource["namespaced"] else ""
            return f"{root}{middle}/{resource['name']}"
    missing = absent.of_kind(version, kind)
    if missing:
        raise NotServed(missing)
    raise Refused(f"this platform does not serve {kind} of {version}", advice="kubectl api-resources")


def _resources(client: RestClient, root: str) -> list[dict[str, Any]]:
    """What discovery lists for a group and version; nothing for one that is not served."""
    try:
        return list(client.get(root).get("resources", []))
    except ApiAnswer as answer:
        if answer.status == HTTPStatus.NOT_FOUND:
            return []
        raise
