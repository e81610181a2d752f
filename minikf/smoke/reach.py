"""An HTTP answer of something that a test made: on loopback where the platform has it there, else through the API
server's proxy of services."""

from __future__ import annotations

import http.client
from collections.abc import Mapping

from minikf.errors import Unreachable
from minikf.kube.rest import Reply
from minikf.kube.serving import is_loopback, on_loopback, service_path
from minikf.smoke.place import Place


def call(
    place: Place,
    url: str,
    service: str,
    path: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    method: str = "",
) -> Reply:
    """`path` at `url` where that is on loopback, else at port 80 of a service of the test's namespace. Raises
    Unreachable where the platform's API, or the address on loopback, does not answer."""
    verb = method or ("GET" if body is None else "POST")
    if not is_loopback(url):
        return place.client.request(verb, service_path(place.namespace, service, 80, path), body, headers)
    try:
        return Reply(*on_loopback(url, verb, path, body, headers))
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"{url} does not answer", cause=str(error) or type(error).__name__) from error
