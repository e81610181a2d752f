"""Brings a cluster up, from whatever state it is in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from minikf.engine import ports, record
from minikf.engine.clusters import binary, kept, owned, state
from minikf.engine.clusters.decide import decide
from minikf.engine.clusters.making import ACCESS, CLUSTER, READY, Workshop, make, note
from minikf.engine.clusters.run import run
from minikf.engine.clusters.tool import Tool
from minikf.engine.clusters.tools import tool_of
from minikf.engine.docker.client import Docker, connect
from minikf.engine.protocol import Steps
from minikf.engine.record import Platform
from minikf.errors import MinikfError, Refused
from minikf.files import make_folder
from minikf.kube import cluster as kube_cluster
from minikf.kube import kubeconfig
from minikf.paths import PlatformPaths
from minikf.spec import Access, Event, Plan


class Bringing:
    """One `up` of one platform that holds the platform's lock."""

    def __init__(self, engine: str, paths: PlatformPaths, lock: int) -> None:
        self._engine = engine
        self._paths = paths
        self._lock = lock

    def up(self, plan: Plan) -> Steps[Access]:
        """Makes what is missing, starts what is stopped, waits until it is ready. Raises as `Engine.ensure`."""
        with connect() as docker:
            found = yield from binary.ensure(self._engine, agree=plan.agree)
            tool = tool_of(self._engine, found.version)
            shop = Workshop(docker, tool, found.path, self._paths, self._lock)
            platform = yield from self._decided(docker, tool, plan)
            platform = yield from self._whole(shop, platform)
            platform = yield from make(shop, platform)
            since = yield from self._started(docker, tool, platform)
            return (yield from self._ready(shop, platform, since))

    def _decided(self, docker: Docker, tool: Tool, plan: Plan) -> Steps[Platform]:
        """The platform's record; written now for one that is new."""
        platform = Platform.read(self._paths)
        if platform is not None and platform.cluster is not None:
            return replace(platform, wanted=record.RUNNING).write(self._paths)
        decision = yield from decide(docker, tool, self._paths, plan)
        for folder in (self._paths.config, self._paths.state, self._paths.data):
            make_folder(folder)
        return Platform(self._engine, decision.api_port, cluster=decision.cluster).write(self._paths)

    def _whole(self, shop: Workshop, platform: Platform) -> Steps[Platform]:
        """The record as it is true: a cluster that somebody else removed has to be made anew."""
        cluster = platform.cluster
        assert cluster is not None
        if CLUSTER in cluster.made and not owned.containers(shop.docker, shop.tool, cluster):
            yield Event("cluster", "progress", f"the containers of '{cluster.name}' are gone; making them anew")
            return replace(platform, cluster=replace(cluster, made=())).write(self._paths)
        return platform

    def _started(self, docker: Docker, tool: Tool, platform: Platform) -> Steps[datetime | None]:
        """Starts what is stopped; returns when the first of it was, None where all was running."""
        since: datetime | None = None
        assert platform.cluster is not None
        for node in owned.containers(docker, tool, platform.cluster):
            if node.running:
                continue
            yield Event("node", "started", f"starting {node.name}")
            try:
                started = docker.start(node.id)
            except Refused as refusal:
                raise self._port_taken(platform, refusal) from refusal
            since = since or started
        return since

    def _port_taken(self, platform: Platform, refusal: MinikfError) -> MinikfError:
        """A refusal to start a container, with whoever has one of its ports."""
        cluster = platform.cluster
        assert cluster is not None
        for port in (platform.port, cluster.http_port, cluster.https_port):
            if not ports.is_free(port):
                return Refused(
                    f"platform '{self._paths.name}' cannot start: its port {port} is taken",
                    cause=f"by {ports.holder(port)}; a container keeps the ports that it was made with",
                    advice="end that program and run the same command again",
                )
        return refusal

    def _ready(self, shop: Workshop, platform: Platform, since: datetime | None) -> Steps[Access]:
        """Writes down how the cluster is reached, waits for it, and brings back what an earlier one left."""
        cluster = platform.cluster
        assert cluster is not None
        if ACCESS not in cluster.made or not self._paths.kubeconfig.exists():
            printed = yield from run(shop.tool.kubeconfig(shop.binary, cluster), shop.tool, shop.log, shop.lock)
            kubeconfig.write_from(printed, self._paths, self._engine)
            platform = note(self._paths, platform, ACCESS)
        access = state.access(self._paths, platform)
        yield from kube_cluster.wait(access, nodes=1 + cluster.agents, since=since)
        if READY not in cluster.made:
            yield from kept.restore(shop.docker, shop.tool, cluster, access, self._paths)
            note(self._paths, platform, READY)
        return access
