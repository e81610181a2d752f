"""Makes a cluster step by step; each step is written down when it is done, and looks first at what is there."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from minikf.engine import ports
from minikf.engine.clusters import labels, owned
from minikf.engine.clusters.run import ToolFailed, run
from minikf.engine.clusters.tool import Tool
from minikf.engine.docker.client import Docker
from minikf.engine.docker.pulling import pull
from minikf.engine.protocol import Steps
from minikf.engine.record import Cluster, Platform
from minikf.errors import MinikfError, NoProgress, Refused
from minikf.files import write_private
from minikf.paths import PlatformPaths
from minikf.spec import Event

NETWORK = "network"
IMAGES = "images"
BEGUN = "begun"
CLUSTER = "cluster"
ACCESS = "access"
READY = "ready"

# What Docker answers where another program listens on a port already (libnetwork's port mapper, Linux and macOS).
_PORT_TAKEN = ("port is already allocated", "address already in use", "ports are not available")


@dataclass(frozen=True)
class Workshop:
    """What the making of one cluster needs. `lock` is the open file of the platform's lock."""

    docker: Docker
    tool: Tool
    binary: str
    paths: PlatformPaths
    lock: int

    @property
    def config(self) -> Path:
        return self.paths.state / f"{self.tool.name}.yaml"

    @property
    def log(self) -> Path:
        return self.paths.state / f"{self.tool.name}.log"

    @property
    def scratch_kubeconfig(self) -> Path:
        """Where the binary may write a kubeconfig: it must never touch the user's."""
        return self.paths.state / f"{self.tool.name}.kubeconfig"


def note(paths: PlatformPaths, platform: Platform, step: str) -> Platform:
    """Writes down that `step` is done."""
    assert platform.cluster is not None
    made = replace(platform.cluster, made=tuple(dict.fromkeys((*platform.cluster.made, step))))
    return replace(platform, cluster=made).write(paths)


def make(shop: Workshop, platform: Platform) -> Steps[Platform]:
    """From what was decided to containers that run; goes on after the last step that was written down.

    Raises ToolFailed with the binary's own words, Refused (image, ports), NoProgress and Unreachable.
    """
    cluster = platform.cluster
    assert cluster is not None
    if NETWORK not in cluster.made:
        yield from _network(shop, cluster)
        platform = note(shop.paths, platform, NETWORK)
    if IMAGES not in cluster.made:
        yield from _images(shop, cluster)
        platform = note(shop.paths, platform, IMAGES)
    if CLUSTER not in cluster.made:
        platform = yield from _cluster(shop, platform)
        platform = note(shop.paths, platform, CLUSTER)
    return platform


def _network(shop: Workshop, cluster: Cluster) -> Steps[None]:
    if owned.network(shop.docker, cluster) is None:
        shop.docker.create_network(cluster.network, cluster.subnet, labels.of(cluster))
    yield Event(NETWORK, "done", f"{cluster.network} with {cluster.subnet}")


def _images(shop: Workshop, cluster: Cluster) -> Steps[None]:
    """The node image and what else the tool starts containers of: here, or pulled; for this machine's processor."""
    here = shop.docker.architecture()
    for reference in (cluster.node_image, *shop.tool.other_images()):
        found = shop.docker.image(reference)
        if found is None:
            yield Event("image", "started", f"pulling {reference}")
            yield from pull(shop.docker, reference)
            found = shop.docker.image(reference)
        if found is not None and found.architecture != here:
            raise Refused(
                f"the image {reference} is for {found.architecture}, and Docker's machine is {here}",
                cause="a node of another processor would run emulated, if at all",
                advice=f"docker pull --platform linux/{here} {reference}",
            )


def _cluster(shop: Workshop, platform: Platform) -> Steps[Platform]:
    """Runs the binary. What an interrupted or failed creation left is removed first."""
    cluster = platform.cluster
    assert cluster is not None
    if BEGUN in cluster.made:
        yield Event(CLUSTER, "progress", "removing what an interrupted creation left, if anything")
        owned.remove_containers(shop.docker, shop.tool, cluster, unsettled=True)
    else:
        platform = note(shop.paths, platform, BEGUN)
    yield Event(CLUSTER, "started", f"{shop.tool.name} makes {cluster.name} of {cluster.node_image}")
    try:
        yield from _create(shop, platform)
    except ToolFailed as failure:
        if not any(words in failure.output for words in _PORT_TAKEN):
            raise
        platform = _other_ports(shop, platform)
        yield Event("port", "done", f"one was taken meanwhile; the API is at port {platform.port} from now on")
        yield from _create(shop, platform)
    nodes = owned.containers(shop.docker, shop.tool, cluster)
    for node in nodes:
        shop.docker.keep_running(node.id)
    if not nodes:
        raise NoProgress(
            f"{shop.tool.name} made no container of cluster '{cluster.name}' and said nothing of it",
            cause=f"none carries {shop.tool.labels(cluster.name)}",
            advice=f"less '{shop.log}'",
        )
    yield Event(CLUSTER, "done", f"{', '.join(node.name for node in nodes)}", objects_done=len(nodes))
    return platform


def _create(shop: Workshop, platform: Platform) -> Steps[None]:
    cluster = platform.cluster
    assert cluster is not None
    for name, text in shop.tool.files().items():
        write_private(shop.paths.state / name, text)
    config = shop.tool.config(cluster, platform.port, shop.paths.state)
    write_private(shop.config, json.dumps(config, indent=2) + "\n")  # JSON is YAML
    invocation = shop.tool.create(shop.binary, cluster, shop.config, shop.scratch_kubeconfig)
    try:
        yield from run(invocation, shop.tool, shop.log, shop.lock)
    except MinikfError:
        owned.remove_containers(shop.docker, shop.tool, cluster, unsettled=False)
        raise
    finally:
        shop.scratch_kubeconfig.unlink(missing_ok=True)


def _other_ports(shop: Workshop, platform: Platform) -> Platform:
    cluster = platform.cluster
    assert cluster is not None
    mine = (platform.port, cluster.http_port, cluster.https_port)
    api, http, https = ports.for_cluster(shop.paths, exclude=mine)
    chosen = replace(cluster, http_port=http, https_port=https)
    return replace(platform, port=api, cluster=chosen).write(shop.paths)
