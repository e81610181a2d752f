"""Where the metrics of a service's servers are: its port on loopback, or each of its pods through the API's proxy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from minikf.errors import MinikfError
from minikf.kube.rest import RestClient
from minikf.kube.serving import door
from minikf.kube.shapes import Object, mapping
from minikf.plan import EMBEDDED
from minikf.spec import Access
from minikf.views.models.metrics import Counters, counters

SECONDS = 5.0
# What KServe's runtimes note for a scraper, and where its own servers listen otherwise (kserve/constants,
# DEFAULT_HTTP_PORT; kserve-cluster-resources.yaml of kubeflow/manifests 26.03).
_PORT, _PATH = "prometheus.kserve.io/port", "prometheus.kserve.io/path"
_DEFAULT_PORT, _DEFAULT_PATH = "8080", "/metrics"


@dataclass(frozen=True)
class Reading:
    """What the servers of a service have counted, by pod; `why_not` says why some, or all, say nothing."""

    servers: Mapping[str, Counters] = field(default_factory=dict)
    why_not: str = ""


def read(access: Access, client: RestClient, service: Object, pods: Iterable[Object]) -> Reading:
    """Never raises for a server that says nothing: that is an answer. Raises Refused where it has no address yet."""
    texts, causes = _texts(access, client, service, pods)
    found = {name: one for name, text in texts.items() if (one := counters(text)) is not None}
    causes += [f"{name or 'its server'} counts no predictions" for name in texts if name not in found]
    return Reading(found, "; ".join(causes))


def _texts(
    access: Access, client: RestClient, service: Object, pods: Iterable[Object]
) -> tuple[dict[str, str], list[str]]:
    if access.engine == EMBEDDED:
        try:
            heard = door(access, service).ask("GET", _DEFAULT_PATH, seconds=SECONDS)
        except MinikfError as error:
            return {}, [error.cause or error.message]
        return ({"": heard.body.decode(errors="replace")}, []) if heard.ok else ({}, [_no_metrics(heard.status)])
    texts, causes = {}, []
    running = [one for one in pods if mapping(one.get("status")).get("phase") == "Running"]
    for pod in running:
        metadata = mapping(pod.get("metadata"))
        name, notes = str(metadata.get("name")), mapping(metadata.get("annotations"))
        place = f"{quote(name, safe='')}:{notes.get(_PORT) or _DEFAULT_PORT}"
        path = f"/api/v1/namespaces/{quote(str(metadata.get('namespace')), safe='')}/pods/{place}/proxy"
        reply = client.request("GET", f"{path}{notes.get(_PATH) or _DEFAULT_PATH}")
        if reply.ok:
            texts[name] = reply.body.decode(errors="replace")
        else:
            causes.append(f"{name}: {_no_metrics(reply.status)}")
    return texts, causes if running else ["none of its pods runs"]


def _no_metrics(status: int) -> str:
    return f"its server has no metrics to read (HTTP {status})"
