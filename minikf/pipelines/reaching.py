"""The pipelines' API of a platform, wherever its engine serves it."""

from __future__ import annotations

from dataclasses import replace

from minikf.kube.rest import TIMEOUT_SECONDS, RestClient
from minikf.pipelines.api import PipelinesApi
from minikf.spec import Access

_ENDPOINT = "pipelines-api"


def api_of(access: Access, timeout: float = TIMEOUT_SECONDS) -> PipelinesApi:
    """MiniKF's daemon serves it beside the Kubernetes API; from a cluster it is carried to an address of its own."""
    url = access.endpoints.get(_ENDPOINT)
    if not url:
        return PipelinesApi(RestClient(access, timeout))
    door = replace(
        access,
        server=url.rstrip("/"),
        ca=access.door_ca or access.ca,
        token=access.door_token or access.token,
        certificate=None,
        key=None,
    )
    return PipelinesApi(RestClient(door, timeout))
