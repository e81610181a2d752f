"""A cluster's health, part by part, for `minikf status` and the TUI."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from minikf.kube.cluster import sight
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.spec import Access, ComponentStatus

TIMEOUT_SECONDS = 5.0


def report(access: Access, *, dns_needed: bool = True) -> tuple[ComponentStatus, ...]:
    """Version of the API, nodes, DNS, default storage class, and the pods of kube-system that are not well.

    What the user may not read is a part that fails, with the API's words; a cluster of somebody else's may have its
    DNS elsewhere (`dns_needed`). Raises Unreachable, and ApiAnswer where not even the version is told.
    """
    client = RestClient(access, TIMEOUT_SECONDS)
    found = [ComponentStatus("kubernetes", True, sight.version(client), address=access.server)]
    for name, ask in (
        ("nodes", lambda: _nodes(client)),
        ("dns", lambda: _dns(client, dns_needed)),
        ("storage", lambda: _storage(client)),
        ("pods", lambda: _pods(client)),
    ):
        found += _asked(name, ask)
    return tuple(found)


def _asked(name: str, ask: Callable[[], Iterator[ComponentStatus]]) -> list[ComponentStatus]:
    try:
        return list(ask())
    except ApiAnswer as answer:
        return [ComponentStatus(name, False, "unknown", cause=answer.message)]


def _nodes(client: RestClient) -> Iterator[ComponentStatus]:
    for node in sight.nodes(client):
        state = ("ready" if node.ready else "not ready") + (", cordoned" if node.cordoned else "")
        yield ComponentStatus(
            f"node {node.name}", node.ready and not node.cause, f"{state}, {node.version}", node.cause
        )


def _dns(client: RestClient, needed: bool) -> Iterator[ComponentStatus]:
    found = sight.dns(client)
    if found is not None:
        state = f"{found.ready} of {found.replicas} ready"
        yield ComponentStatus(f"dns {found.name}", found.available, state, found.cause)
    elif needed:
        why = f"no deployment of {sight.SYSTEM} has the label {sight.DNS_LABEL}"
        yield ComponentStatus("dns", False, "missing", why)


def _storage(client: RestClient) -> Iterator[ComponentStatus]:
    found = sight.default_storage_class(client)
    why = "" if found else "no storage class is the default one, so claims that name none stay pending"
    yield ComponentStatus("storage", bool(found), found or "missing", why)


def _pods(client: RestClient) -> Iterator[ComponentStatus]:
    for ailment in sight.ailments(client, sight.system_pods(client)):
        if ailment.starting:
            continue
        yield ComponentStatus(f"pod {ailment.namespace}/{ailment.name}", False, ailment.state, ailment.cause)
