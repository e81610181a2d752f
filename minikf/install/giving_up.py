"""Which object keeps an installation from going on, and why."""

from __future__ import annotations

from dataclasses import dataclass

from minikf.install import definitions
from minikf.install.causes import Causes
from minikf.install.cluster import Cluster
from minikf.install.graph import Graph
from minikf.install.objects import Id
from minikf.install.progress import Progress
from minikf.kube.apply import Ref


@dataclass(frozen=True)
class Blocker:
    """`what` names the object, `cause` says why, `advice` is the next command to type."""

    what: str
    cause: str
    advice: str


def blocker(cluster: Cluster, graph: Graph, progress: Progress, causes: Causes) -> Blocker:
    """The first of those that wait for nothing else in the bundle."""
    for id, trouble in progress.troubles.items():
        return Blocker(str(graph.nodes[id].item.ref), trouble, f"{cluster.kubectl} get events -A")
    for id in progress.unserved():
        if id in progress.applied or id not in progress.todo:
            return _definition(cluster, id)
    for service in progress.awaited("answering"):
        behind = graph.behind.get((service[0], service[1]), frozenset())
        if behind <= progress.applied | (frozenset(graph.nodes) - progress.todo):
            return _service(cluster, progress, causes, service, behind)
    for id in progress.unready():
        return _workload(cluster, progress, causes, id)
    return Blocker("the API", "it does not take what was sent to it", f"{cluster.kubectl} get --raw /readyz?verbose")


def _definition(cluster: Cluster, id: Id) -> Blocker:
    cause = definitions.look(cluster, id).cause or "it is established, but discovery does not show its kind"
    return Blocker(f"CustomResourceDefinition {id[3]}", cause, f"{cluster.kubectl} describe crd {id[3]}")


def _service(
    cluster: Cluster, progress: Progress, causes: Causes, service: tuple[str, ...], behind: frozenset[Id]
) -> Blocker:
    for id in behind:
        if id in progress.verdicts and not progress.verdicts[id].ready:
            found = _workload(cluster, progress, causes, id)
            return Blocker(found.what, f"{found.cause}; a webhook waits for it", found.advice)
    name = f"Service {service[0]}/{service[1]}"
    return Blocker(
        name,
        "no pod behind it is ready, and a webhook waits for it",
        f"{cluster.kubectl} -n {service[0]} describe service {service[1]}",
    )


def _workload(cluster: Cluster, progress: Progress, causes: Causes, id: Id) -> Blocker:
    pod = causes.pods.get(id)
    if pod is not None:
        cause = f"{pod.state}: {pod.cause}" if pod.cause else pod.state
        what = f"pod {pod.namespace}/{pod.name}"
        return Blocker(what, cause, f"{cluster.kubectl} -n {pod.namespace} describe pod {pod.name}")
    cause = causes.warnings.get(id) or progress.verdicts[id].cause
    where = f" -n {id[2]}" if id[2] else ""
    return Blocker(str(Ref(id[0], *id[1:])), cause, f"{cluster.kubectl} describe {id[1].lower()}{where} {id[3]}")
