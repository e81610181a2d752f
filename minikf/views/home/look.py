"""Reads what causes are looked for in: bounded in time, and short of what the platform does not serve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from minikf.errors import MinikfError
from minikf.kube.cluster.pods import well
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.kube.shapes import mapping, mappings
from minikf.plan import EMBEDDED
from minikf.spec import Access
from minikf.views.home.scene import SOURCES, Object, Scene, Source, name, namespace, with_kind
from minikf.views.text import line

TIMEOUT_SECONDS = 5.0
_AT_ONCE = 6
# Last words are asked of that many containers at most, those of the youngest pods first.
_MOST_LOGS = 12
_TAIL = "tailLines=20&limitBytes=16384"


def look(access: Access, sources: Sequence[Source] = SOURCES) -> Scene:
    """All objects that causes are looked for in. Raises Unreachable; what the API refuses is left out."""
    client = RestClient(access, TIMEOUT_SECONDS)
    embedded = access.engine == EMBEDDED
    asked = [one for one in sources if not (embedded and one.cluster)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(lambda one: _list(client, one), asked))
        objects = {one.kind: items for one, items in zip(asked, found, strict=True) if items is not None}
        silent = list(_silent(objects.get("Pod", ())))[:_MOST_LOGS]
        said = pool.map(lambda key: (key, _last_line(client, key)), silent)
        logs = {key: text for key, text in said if text}
    kubectl = f"kubectl --kubeconfig '{access.kubeconfig}'"
    return Scene(objects, logs, kubectl, access.platform, embedded)


def _list(client: RestClient, source: Source) -> list[Object] | None:
    """None for a kind that is not served, or that the user may not read."""
    try:
        return [with_kind(source, one) for one in mappings(client.get(source.path).get("items"))]
    except ApiAnswer:
        return None


def _silent(pods: Iterable[Object]) -> Iterator[str]:
    """The containers whose last words say more than their status: those that failed, and those of pods that run and
    are not ready."""
    for pod in sorted(pods, key=_created, reverse=True):
        if _is_well(pod):
            continue
        status = mapping(pod.get("status"))
        for each in [*mappings(status.get("initContainerStatuses")), *mappings(status.get("containerStatuses"))]:
            ended = mapping(mapping(each.get("state")).get("terminated")) or mapping(
                mapping(each.get("lastState")).get("terminated")
            )
            runs = "running" in mapping(each.get("state")) and not each.get("ready")
            if ended.get("exitCode") or runs:
                yield f"{namespace(pod)}/{name(pod)}/{each.get('name')}"


def _is_well(pod: Object) -> bool:
    """One of an unknown form has nothing to say either; the walk says that it cannot be judged."""
    try:
        return well(pod)
    except (AttributeError, KeyError, TypeError):
        return True


def _last_line(client: RestClient, key: str) -> str:
    """The last line of a container's log that says anything; "" where there is none."""
    space, pod, container = key.split("/")
    path = f"/api/v1/namespaces/{quote(space)}/pods/{quote(pod)}/log?container={quote(container)}&{_TAIL}"
    try:
        reply = client.request("GET", path)
    except MinikfError:
        return ""
    lines = [text for raw in reply.body.split(b"\n") if (text := line(raw).strip())] if reply.ok else []
    return lines[-1] if lines else ""


def _created(obj: Object) -> str:
    return str(mapping(obj.get("metadata")).get("creationTimestamp") or "")
