"""Notebooks: a server comes up and runs a cell, by Jupyter's own REST API and websocket."""

from __future__ import annotations

import base64
from collections.abc import Generator
from typing import Any

from minikf.errors import Unreachable
from minikf.smoke.kernel import Server, cell
from minikf.smoke.model import Smoke
from minikf.smoke.place import Place
from minikf.smoke.reach import call
from minikf.spec import Event
from minikf.verbs import notebook as verb

_GROUP = "/apis/kubeflow.org/v1"
_SELECTOR = "app=notebook-controller"
_CODE, _ANSWER = "print(6 * 7)", "42"
# It fits beside a whole Kubeflow, and a server and a kernel start in seconds; at a tenth of a core they take fifteen.
_RESOURCES = {"requests": {"cpu": "100m", "memory": "512Mi"}, "limits": {"cpu": "1", "memory": "512Mi"}}

Object = dict[str, Any]


def _objects(place: Place) -> list[Object]:
    objects = verb.build(verb.Wanted(place.name, place.namespace, size="1Gi"))
    (container,) = objects[-1]["spec"]["template"]["spec"]["containers"]
    container["resources"] = _RESOURCES
    return objects


def _check(place: Place) -> Generator[Event, None, str]:
    path = f"{_GROUP}/namespaces/{place.namespace}/notebooks/{place.name}"
    yield from place.until("Notebook", place.object(path, _judged))
    server = _server(place)

    def answers() -> tuple[bool | None, str]:
        try:
            reply = call(place, server.url, place.name, f"{server.base}api/status", headers=server.headers)
        except Unreachable as error:
            return None, error.cause
        return (True if reply.ok else None), f"HTTP {reply.status}"

    yield from place.until("Jupyter", answers)
    said = cell(place, server, _CODE)
    if said.strip() != _ANSWER:
        raise place.failed("the cell printed something else", f"{said.strip()[:300]!r} for {_CODE}")
    return f"Notebook: the cell {_CODE} printed {_ANSWER}"


def _judged(notebook: Object) -> tuple[bool, str]:
    word, why = verb.state(notebook)
    return verb.is_ready(notebook), f"{word} {why}".strip()


def _server(place: Place) -> Server:
    """Where it answers. On the embedded engine a port of loopback and a token, on a cluster its service without one."""
    service = place.client.get(f"{place.core}/services/{place.name}")
    base = f"/notebook/{place.namespace}/{place.name}/"
    if verb.SERVER_ANNOTATION not in (service["metadata"].get("annotations") or {}):
        return Server("", base, {})
    port = next(one["targetPort"] for one in service["spec"]["ports"] if one["port"] == 80)
    secret = place.client.get(f"{place.core}/secrets/{verb.secret_name(place.name)}")
    token = base64.b64decode(secret["data"]["token"]).decode()
    return Server(f"http://127.0.0.1:{port}", base, {"Authorization": f"token {token}"})


SMOKE = Smoke("notebook", "a notebook runs a cell", (f"{_GROUP}/notebooks?limit=1",), _SELECTOR, _objects, _check)
