"""How a cluster is, and how to reach it."""

from __future__ import annotations

from dataclasses import replace

from minikf.commands import command
from minikf.engine import record
from minikf.engine.clusters import making, owned
from minikf.engine.clusters.tool import LOOPBACK
from minikf.engine.clusters.tools import tool_of
from minikf.engine.docker.client import connect
from minikf.engine.record import Platform
from minikf.errors import MinikfError
from minikf.kube import cluster as kube_cluster
from minikf.kube import kubeconfig
from minikf.paths import PlatformPaths
from minikf.spec import Access, Status


def is_made(platform: Platform) -> bool:
    """Whether an `up` came to its end once."""
    return platform.cluster is not None and making.READY in platform.cluster.made


def access(paths: PlatformPaths, platform: Platform) -> Access:
    """How to reach the cluster, whether or not it runs now."""
    reached = kubeconfig.access_of(paths, platform.engine, f"https://{LOOPBACK}:{platform.port}")
    if platform.cluster is None:
        return reached
    ingress = {
        "ingress": f"http://{LOOPBACK}:{platform.cluster.http_port}",
        "ingress-tls": f"https://{LOOPBACK}:{platform.cluster.https_port}",
    }
    return replace(reached, endpoints=reached.endpoints | ingress)


def status(engine: str, paths: PlatformPaths) -> Status:
    """As `Engine.status`: never raises for a cluster that is absent, stopped or broken."""
    platform, name = Platform.read(paths), paths.name
    if platform is None or platform.cluster is None:
        return Status(name, engine, False, cause=f"there is no platform '{name}' yet", advice=command("up", name))
    if platform.wanted != record.RUNNING:
        return Status(name, engine, False, cause="it was stopped", advice=command("start", name))
    if not is_made(platform):
        done = ", ".join(platform.cluster.made) or "nothing"
        cause = f"its making was interrupted; done so far: {done}"
        return Status(name, engine, False, cause=cause, advice=f"{command('up', name)} goes on with it")
    reached = access(paths, platform)
    try:
        components = kube_cluster.report(reached)
    except MinikfError as error:
        return Status(name, engine, False, cause=_why(engine, platform, error), advice=command("up", name))
    return Status(name, engine, True, components, reached.endpoints)


def _why(engine: str, platform: Platform, error: MinikfError) -> str:
    """Why the API does not answer: Docker and the nodes' containers are asked."""
    assert platform.cluster is not None
    try:
        with connect() as docker:
            nodes = owned.containers(docker, tool_of(engine), platform.cluster)
    except MinikfError as failure:
        return f"{failure.message}: {failure.cause}"
    if not nodes:
        return f"the containers of cluster '{platform.cluster.name}' are gone: another program removed them"
    ill = [f"{node.name} is {node.state}" for node in nodes if not node.running]
    return f"{', '.join(ill)}" if ill else f"its nodes run, but {error.message}: {error.cause}"
