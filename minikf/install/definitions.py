"""What becomes of definitions that were applied and are not served."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minikf.errors import MinikfError
from minikf.install.cluster import Cluster
from minikf.install.objects import Id
from minikf.kube.apply import MANAGER
from minikf.kube.ready import State, Verdict, verdict
from minikf.kube.ready.rules import condition
from minikf.kube.rest import RestClient

_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_MARK = "minikf.invalid/nudged"


def look(cluster: Cluster, id: Id) -> Verdict:
    """What a definition's own conditions say of it; one that the API server has lost sight of is nudged."""
    client = RestClient(cluster.access)
    try:
        body = client.get(f"{_PATH}/{id[3]}")
        if _lost(body):
            _nudge(client, id[3])
        return verdict(body)
    except MinikfError as error:
        return Verdict(State.UNKNOWN, error.message)


def _lost(body: Mapping[str, Any]) -> bool:
    """Its names are accepted and it is not established. kube-apiserver goes from the one to the other when it sees an
    update of the definition (apiextensions-apiserver v0.34.4, customresource_handler.go, there
    updateCustomResourceDefinition); one that was restarted in between sees none until it looks through all again, five
    minutes later."""
    accepted, established = condition(body, "NamesAccepted"), condition(body, "Established")
    return accepted.get("status") == "True" and established.get("status") != "True"


def _nudge(client: RestClient, name: str) -> None:
    """An update that leaves nothing behind: a mark is set and taken away."""
    for value in ("1", None):
        patch = {"metadata": {"annotations": {_MARK: value}}}
        headers = {"Content-Type": "application/merge-patch+json"}
        client.call("PATCH", f"{_PATH}/{name}?fieldManager={MANAGER}-nudge", patch, headers)
