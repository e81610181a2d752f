"""The pipelines' API of a platform, wherever its engine serves it."""

from __future__ import annotations

from minikf.kube.doors import PIPELINES, door
from minikf.kube.rest import TIMEOUT_SECONDS, RestClient
from minikf.pipelines.api import PipelinesApi
from minikf.spec import Access


def api_of(access: Access, timeout: float = TIMEOUT_SECONDS) -> PipelinesApi:
    """MiniKF's daemon serves it beside the Kubernetes API; from a cluster it is carried to an address of its own."""
    return PipelinesApi(RestClient(door(access, PIPELINES), timeout))
