"""When somebody last worked in a notebook, asked of its JupyterLab where no culler has written it down."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from minikf.errors import MinikfError
from minikf.kube.rest import RestClient
from minikf.kube.shapes import Object, mapping
from minikf.plan import EMBEDDED
from minikf.spec import Access
from minikf.verbs.notebook import is_ready
from minikf.views.notebooks.listing import Notebook, notebooks
from minikf.views.text import age, plain
from minikf.waiting.notebook import door

_ASK_SECONDS = 2.0
# More than this many servers are not asked each time that a list is looked at.
_MOST_ASKED = 20
BUSY = "busy"


def looked_at(access: Access, client: RestClient, objects: Iterable[Object], now: datetime) -> tuple[Notebook, ...]:
    """Notebooks with the time since somebody worked in them: by the culler's annotation, else by their own servers.

    A server that does not tell leaves it unknown.
    """
    every = list(objects)
    by_key = {_key(one): one for one in every}
    found, asked = [], 0
    for one in notebooks(every, now):
        obj = by_key[one.key]
        if one.last_activity or not is_ready(obj) or asked >= _MOST_ASKED:
            found.append(one)
            continue
        asked += 1
        last, busy = activity(access, client, one.namespace, one.name)
        found.append(replace(one, last_activity=last, idle=BUSY if busy else age(last, now)))
    return tuple(found)


def activity(access: Access, client: RestClient, namespace: str, name: str) -> tuple[str, bool]:
    """When something last happened in a JupyterLab (RFC 3339, "" where it does not say), and whether a kernel works."""
    prefix = f"/notebook/{quote(namespace, safe='')}/{quote(name, safe='')}/api"
    try:
        status, kernels = _answers(access, client, namespace, name, (f"{prefix}/status", f"{prefix}/kernels"))
    except (MinikfError, OSError, http.client.HTTPException, ValueError):
        return "", False
    busy = any(mapping(one).get("execution_state") == "busy" for one in kernels if isinstance(kernels, list))
    return plain(str(mapping(status).get("last_activity") or "")), busy


def _answers(access: Access, client: RestClient, namespace: str, name: str, paths: tuple[str, ...]) -> list[Any]:
    if access.engine != EMBEDDED:
        # As Kubeflow's own culler asks (notebook-controller, culling_controller.go): port 80 of the notebook's Service.
        place = f"/api/v1/namespaces/{quote(namespace, safe='')}/services/{quote(name, safe='')}:80/proxy"
        return [json.loads(client.request("GET", f"{place}{path}").body) for path in paths]
    where = urlsplit(door(access, namespace, name).address)
    token = parse_qs(where.query).get("token", [""])[0]
    connection = http.client.HTTPConnection(where.hostname or "", where.port or 80, timeout=_ASK_SECONDS)
    found = []
    try:
        for path in paths:
            connection.request("GET", path, headers={"Authorization": f"token {token}"})
            found.append(json.loads(connection.getresponse().read()))
    finally:
        connection.close()
    return found


def _key(obj: Object) -> str:
    metadata = mapping(obj.get("metadata"))
    return f"{plain(str(metadata.get('namespace', '')))}/{plain(str(metadata.get('name', '')))}"
