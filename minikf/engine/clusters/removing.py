"""Removes a cluster: what carries our mark, and the platform's files."""

from __future__ import annotations

from minikf.engine import removal
from minikf.engine.clusters import owned
from minikf.engine.clusters.tools import tool_of
from minikf.engine.docker.client import Docker
from minikf.engine.protocol import Steps
from minikf.engine.record import Platform
from minikf.errors import NoProgress
from minikf.paths import PlatformPaths
from minikf.spec import Event


def remove(docker: Docker, paths: PlatformPaths, platform: Platform, lock: int, *, keep_data: bool) -> Steps[None]:
    """Raises NoProgress naming what would not go, Unreachable, Refused."""
    cluster, tool = platform.cluster, tool_of(platform.engine)
    assert cluster is not None
    count = owned.remove(docker, tool, cluster)
    left = [one.name for one in owned.containers(docker, tool, cluster)]
    if left:
        raise NoProgress(
            f"platform '{paths.name}' was not removed whole",
            cause=f"Docker still has {', '.join(left)}",
            advice=f"docker rm -f -v {' '.join(left)}",
        )
    yield Event("cluster", "done", f"removed {cluster.name}", objects_done=count, objects_total=count)
    yield from removal.remove(paths, keep_data=keep_data)
