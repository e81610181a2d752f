"""All that is decided before anything of a cluster is made: its names, addresses, ports and node image."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace

from minikf.engine import ports
from minikf.engine.clusters import node_image, owned, space, subnet
from minikf.engine.clusters.tool import Tool
from minikf.engine.docker.client import Docker
from minikf.engine.protocol import Steps
from minikf.engine.record import Cluster
from minikf.paths import PlatformPaths
from minikf.spec import Event, Plan

# k3d refuses longer names (its pkg/types/defaults.go, DefaultClusterNameMaxLength).
_LONGEST_NAME = 32


@dataclass(frozen=True)
class Decision:
    """A cluster that can be made, and the port of its API."""

    cluster: Cluster
    api_port: int


def decide(docker: Docker, tool: Tool, paths: PlatformPaths, plan: Plan) -> Steps[Decision]:
    """Raises Refused where there is no room, no image for this machine, or no free range of addresses."""
    image = node_image.choose(tool.name, plan.node_image)
    room = space.require(docker.root(), space.needed(1 + plan.agents, image_is_here=docker.image(image) is not None))
    if room:
        yield Event("disk", "done", room)
    uid = secrets.token_hex(8)
    networks = [range_ for network in docker.networks() for range_ in network.subnets]
    free = subnet.choose([*subnet.parse(networks), *subnet.routes()])
    api, http, https = ports.for_cluster(paths)
    cluster = Cluster(
        platform=paths.name,
        name=_name(paths.name),
        uid=uid,
        node_image=image,
        network=f"minikf-{paths.name}-{uid[:6]}",
        subnet=str(free),
        http_port=http,
        https_port=https,
        agents=plan.agents,
        profile=plan.profile,
    )
    if owned.strangers(docker, tool, cluster):
        other = replace(cluster, name=_name(paths.name, uid))
        yield Event("name", "done", f"a {tool.name} cluster '{cluster.name}' exists that is not ours; "
                    f"this one is called {other.name}")  # fmt: skip
        cluster = other
    return Decision(cluster, api)


def _name(platform: str, uid: str = "") -> str:
    """What the tool calls the cluster: minikf-PLATFORM, cut and told apart by a hash where that is too long."""
    name = f"minikf-{platform}" + (f"-{uid[:4]}" if uid else "")
    if len(name) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{name[: _LONGEST_NAME - 7].rstrip('-')}-{digest}"
