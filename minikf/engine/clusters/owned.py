"""What of a cluster is in Docker, and whether it is ours."""

from __future__ import annotations

import time

from minikf.engine.clusters import labels
from minikf.engine.clusters.tool import Tool
from minikf.engine.docker.client import Docker
from minikf.engine.docker.facts import Container, Network
from minikf.engine.record import Cluster

SETTLED_SECONDS = 3.0
"""A Docker engine makes a container in a fraction of a second, and in two on a machine that has much else to do."""


def network(docker: Docker, cluster: Cluster) -> Network | None:
    """The network that was made for the cluster: by its mark, never by its name alone."""
    return next((one for one in docker.networks() if one.labels.get(labels.UID) == cluster.uid), None)


def containers(docker: Docker, tool: Tool, cluster: Cluster) -> tuple[Container, ...]:
    """The cluster's containers, those with the control plane first.

    kind lets nobody label its containers, and k3d none of its helpers; but nothing else is in the network that was
    made for the cluster, so what carries the tool's mark and is in there is ours.
    """
    found = docker.containers(tool.labels(cluster.name))
    ours = network(docker, cluster)
    inside = {ours.name} if ours is not None else set()
    mine = [one for one in found if one.labels.get(labels.UID) == cluster.uid or inside.intersection(one.networks)]
    server = tool.server(cluster)
    return tuple(sorted(mine, key=lambda one: (one.name != server, one.name)))


def strangers(docker: Docker, tool: Tool, cluster: Cluster) -> tuple[Container, ...]:
    """Containers of a cluster of the same name that is not ours."""
    ours = {one.id for one in containers(docker, tool, cluster)}
    return tuple(one for one in docker.containers(tool.labels(cluster.name)) if one.id not in ours)


def remove_containers(docker: Docker, tool: Tool, cluster: Cluster, *, unsettled: bool) -> int:
    """Removes the cluster's containers with their anonymous volumes. Returns how many there were.

    `unsettled`: its making was interrupted. What the engine was asked for then it still makes after whoever asked is
    dead, so it is looked for until nothing came for SETTLED_SECONDS.
    """
    count, quiet_since = 0, time.monotonic()
    while True:
        found = containers(docker, tool, cluster)
        for one in reversed(found):  # those with the control plane last
            docker.remove_container(one.id)
        count += len(found)
        quiet_since = time.monotonic() if found else quiet_since
        if not unsettled or time.monotonic() - quiet_since >= SETTLED_SECONDS:
            return count
        time.sleep(0.25)


def remove(docker: Docker, tool: Tool, cluster: Cluster, *, unsettled: bool) -> int:
    """Removes the cluster's containers, its volumes and its network. Returns how many containers and networks.

    A volume has the tool's mark only, which a cluster of the same name that is not ours would have too.
    """
    count = remove_containers(docker, tool, cluster, unsettled=unsettled)
    ours, shared = network(docker, cluster), strangers(docker, tool, cluster)
    for name in tool.volumes(cluster) if not shared else ():
        docker.remove_volume(name, tool.labels(cluster.name))
    if ours is not None:
        docker.remove_network(ours.id)
    return count + (ours is not None)
