"""Clusters in Docker behind the engine protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from minikf.engine import images, record
from minikf.engine.clusters import owned, state
from minikf.engine.clusters.bringing import Bringing
from minikf.engine.clusters.removing import remove
from minikf.engine.clusters.tools import tool_of
from minikf.engine.docker.client import connect
from minikf.engine.docker.images import ImageEngine
from minikf.engine.lock import acquire, held
from minikf.engine.protocol import Capabilities, Steps
from minikf.engine.record import Cluster, Platform
from minikf.errors import Unreachable
from minikf.kube.health import is_ready
from minikf.paths import PlatformPaths
from minikf.spec import Access, Event, LoadedImage, Plan, Status


class ClusterEngine:
    """The driver of one cluster of k3d or kind; implements `minikf.engine.protocol.Engine`."""

    def __init__(self, name: str, paths: PlatformPaths) -> None:
        self.name = name
        self._paths = paths

    def capabilities(self) -> Capabilities:
        return Capabilities(container_images=True, any_kind=True, load_images=True)

    def ensure(self, plan: Plan) -> Steps[Access]:
        """Makes the cluster where there is none, goes on where an earlier `up` was interrupted, starts it where it
        was stopped, and changes nothing where it runs.

        Raises Unreachable (no Docker), Refused (no binary, disk, image, ports), NoProgress (it does not become ready;
        the blocking object and its cause are named), ToolFailed (the binary's own words).
        """
        with held((yield from acquire(self._paths))) as lock:
            if (access := self._running()) is not None:
                yield Event("cluster", "done", f"already running at {access.server}")
                return access
            return (yield from Bringing(self.name, self._paths, lock).up(plan))

    def start(self) -> Steps[Access]:
        """As `ensure`, for a platform that exists; raises Refused where there is none."""
        self._existing()
        return (yield from self.ensure(Plan(self._paths.name, self.name)))

    def stop(self) -> Steps[None]:
        """Stops the nodes' containers, which frees their memory and ports; what is in them stays. Raises Refused where
        there is no platform, and Unreachable where Docker does not answer."""
        with held((yield from acquire(self._paths))), connect() as docker:
            platform, cluster = self._existing()
            replace(platform, wanted=record.STOPPING).write(self._paths)
            nodes = owned.containers(docker, tool_of(self.name), cluster)
            for node in reversed(nodes):  # those with the control plane last
                yield Event("node", "started", f"stopping {node.name}")
                docker.stop(node.id)
            replace(platform, wanted=record.STOPPED).write(self._paths)
            yield Event(
                "cluster", "done", f"{len(nodes)} nodes are stopped; their data is kept", objects_done=len(nodes)
            )

    def delete(self, *, keep_data: bool = False) -> Steps[None]:
        """Removes the cluster's containers, volumes and network, those that are ours only, and the platform's files.

        With `keep_data` what is in its PersistentVolumes is copied out first, and comes back with the next `up`.
        Raises as `stop`, and NoProgress naming what would not go.
        """
        self._existing()
        with held((yield from acquire(self._paths))), connect() as docker:
            platform, _ = self._existing()
            yield from remove(docker, tool_of(self.name), self._paths, platform, keep_data=keep_data)

    def held_data(self) -> str:
        platform = Platform.read(self._paths)
        name = platform.cluster.name if platform is not None and platform.cluster is not None else ""
        return f"all objects and volumes of the {self.name} cluster {name}"

    def status(self) -> Status:
        """The cluster as it is now; never raises for one that is absent, stopped or broken."""
        return state.status(self.name, self._paths)

    def access(self) -> Access:
        """How to reach the running cluster. Raises Unreachable where it does not run."""
        if (access := self._running()) is not None:
            return access
        found = self.status()
        raise Unreachable(f"platform '{self._paths.name}' is not running", cause=found.cause, advice=found.advice)

    def load_images(self, references: Sequence[str]) -> Steps[tuple[LoadedImage, ...]]:
        """Puts images of the Docker engine, or archives, into the containerd of every node.

        Raises Refused where there is no platform or an image is missing or for another architecture, Unreachable where
        a node does not run, and ImageNotLoaded naming the nodes that an image did not reach.
        """
        _, cluster = self._existing()
        with connect() as docker:
            nodes = owned.containers(docker, tool_of(self.name), cluster)
            if not nodes or not all(node.running for node in nodes):
                found = self.status()
                raise Unreachable(
                    f"platform '{self._paths.name}' takes no images: it is not running",
                    cause=found.cause,
                    advice=found.advice,
                )
            return (yield from images.load(ImageEngine(docker), [node.name for node in nodes], references))

    def _running(self) -> Access | None:
        """How to reach a cluster that was made whole and answers; without asking Docker, so that it takes no time."""
        platform = Platform.read(self._paths)
        if platform is None or platform.wanted != record.RUNNING or not state.is_made(platform):
            return None
        access = state.access(self._paths, platform)
        return access if is_ready(access)[0] else None

    def _existing(self) -> tuple[Platform, Cluster]:
        platform = Platform.read(self._paths)
        if platform is None or platform.cluster is None:
            raise record.absent(self._paths)
        return platform, platform.cluster
