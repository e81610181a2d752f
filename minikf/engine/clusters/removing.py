"""Removes a cluster: what carries our mark, and the platform's files."""

from __future__ import annotations

from minikf.commands import command
from minikf.engine import removal
from minikf.engine.clusters import kept, making, owned, state
from minikf.engine.clusters.tool import Tool
from minikf.engine.docker.client import Docker
from minikf.engine.protocol import Steps
from minikf.engine.record import Cluster, Platform
from minikf.errors import NoProgress, Refused
from minikf.kube import cluster as kube_cluster
from minikf.kube.health import is_ready
from minikf.paths import PlatformPaths
from minikf.spec import Event


def remove(docker: Docker, tool: Tool, paths: PlatformPaths, platform: Platform, *, keep_data: bool) -> Steps[None]:
    """Raises NoProgress naming what would not go, Unreachable, and Refused for volumes that cannot be kept: then
    nothing was removed."""
    cluster = platform.cluster
    assert cluster is not None
    if keep_data and state.is_made(platform):
        yield from _keep(docker, tool, paths, platform, cluster)
    unsettled = making.BEGUN in cluster.made and making.CLUSTER not in cluster.made
    count = owned.remove(docker, tool, cluster, unsettled=unsettled)
    left = [one.name for one in owned.containers(docker, tool, cluster)]
    if left:
        raise NoProgress(
            f"platform '{paths.name}' was not removed whole",
            cause=f"Docker still has {', '.join(left)}",
            advice=f"docker rm -f -v {' '.join(left)}",
        )
    yield Event("cluster", "done", f"removed {cluster.name}", objects_done=count, objects_total=count)
    yield from removal.remove(paths, keep_data=keep_data)


def _keep(docker: Docker, tool: Tool, paths: PlatformPaths, platform: Platform, cluster: Cluster) -> Steps[None]:
    """Copies the volumes out; a cluster that was stopped is started for it, since it alone knows its claims."""
    nodes = owned.containers(docker, tool, cluster)
    if not nodes:
        raise Refused(
            f"the data of platform '{paths.name}' cannot be kept",
            cause=f"the containers of cluster '{cluster.name}' are gone: another program removed them",
            advice=command("down --yes", paths.name),
        )
    access = state.access(paths, platform)
    if not is_ready(access)[0]:
        since = [docker.start(node.id) for node in nodes if not node.running]
        yield from kube_cluster.wait(access, since=min(since, default=None))
    count = yield from kept.save(docker, tool, cluster, access, paths)
    yield Event("volumes", "done", f"kept {count} volumes in {kept.folder(paths)}")
