"""The doors of a platform beside the Kubernetes API: addresses of their own for what else it serves."""

from __future__ import annotations

from dataclasses import replace

from minikf.spec import Access

PIPELINES = "pipelines-api"


def door(access: Access, endpoint: str) -> Access:
    """How the endpoint of this name is reached. MiniKF's daemon serves it beside the Kubernetes API, so `access` itself
    where it has no address; from a cluster it is carried to one of its own, with an authority and a credential of its
    own."""
    url = access.endpoints.get(endpoint)
    if not url:
        return access
    return replace(
        access,
        server=url.rstrip("/"),
        ca=access.door_ca or access.ca,
        token=access.door_token or access.token,
        certificate=None,
        key=None,
    )
