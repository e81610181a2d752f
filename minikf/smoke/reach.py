"""An HTTP answer of something that a test made: on loopback where the platform has it there, else through the API
server's proxy of services."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from minikf.errors import Unreachable
from minikf.kube.rest import Reply
from minikf.smoke.place import Place

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SECONDS = 30.0


def service_path(namespace: str, service: str, port: int | str, path: str) -> str:
    """Where the API server passes calls on to a service."""
    return f"/api/v1/namespaces/{quote(namespace)}/services/{quote(service)}:{port}/proxy{path}"


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in _LOOPBACK


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
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port or 80, timeout=_SECONDS)
    data = None if body is None else json.dumps(body)
    sent = {**({"Content-Type": "application/json"} if data else {}), **(headers or {})}
    try:
        connection.request(verb, path, body=data, headers=sent)
        answer = connection.getresponse()
        return Reply(answer.status, answer.read())
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"{url} does not answer", cause=str(error) or type(error).__name__) from error
    finally:
        connection.close()
