"""k3d: configuration `k3d.io/v1alpha5` `Simple` in, a cluster of containers out."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from minikf.engine.clusters import labels
from minikf.engine.clusters.tool import CONTROLLER_FLAGS, LOOPBACK, Invocation, plain, without_colours
from minikf.engine.record import Cluster

_LOGGED = re.compile(r"(INFO|WARN|ERRO|FATA)\[\d+\]")

TOOLS_IMAGE = "ghcr.io/k3d-io/k3d-tools"


class K3d:
    """Implements `minikf.engine.clusters.tool.Tool`."""

    name = "k3d"

    def __init__(self, version: str) -> None:
        """`version` of the binary, as in 5.8.3: its helper image has the same."""
        self._version = version

    def config(self, cluster: Cluster, api_port: int, folder: Path) -> dict[str, Any]:
        """Fields as in k3d's pkg/config/v1alpha5 `SimpleConfig`.

        No load balancer: with one server it only stands before that server, and costs an image and a container; ports
        go to the server itself. The volume for images stays although nothing uses it: without it k3d 5.8 ends with
        "failed to ensure tools node" (its pkg/client/tools.go looks for that volume). Traefik is left out, since what
        comes to the cluster later brings the ingress that it wants.
        """
        server, everywhere = ["server:0:direct"], ["server:*", "agent:*"]
        return {
            "apiVersion": "k3d.io/v1alpha5",
            "kind": "Simple",
            "metadata": {"name": cluster.name},
            "servers": 1,
            "agents": cluster.agents,
            "image": cluster.node_image,
            "network": cluster.network,
            "kubeAPI": {"host": LOOPBACK, "hostIP": LOOPBACK, "hostPort": str(api_port)},
            "ports": [
                {"port": f"{LOOPBACK}:{cluster.http_port}:80", "nodeFilters": server},
                {"port": f"{LOOPBACK}:{cluster.https_port}:443", "nodeFilters": server},
            ],
            "options": {
                "k3d": {"wait": True, "disableLoadbalancer": True},
                "k3s": {
                    "extraArgs": [
                        {"arg": argument, "nodeFilters": ["server:*"]}
                        for argument in (
                            "--disable=traefik",
                            *(f"--kube-controller-manager-arg={flag}" for flag in CONTROLLER_FLAGS),
                        )
                    ],
                    "nodeLabels": [{"label": f"{labels.PLATFORM}={cluster.platform}", "nodeFilters": everywhere}],
                },
                "kubeconfig": {"updateDefaultKubeconfig": False, "switchCurrentContext": False},
                "runtime": {
                    "labels": [
                        {"label": f"{name}={value}", "nodeFilters": everywhere}
                        for name, value in labels.of(cluster).items()
                    ]
                },
            },
        }

    def files(self) -> dict[str, str]:
        return {}

    def create(self, binary: str, cluster: Cluster, config: Path, kubeconfig: Path) -> Invocation:
        return Invocation((binary, "cluster", "create", "--config", str(config)), {"KUBECONFIG": str(kubeconfig)})

    def delete(self, binary: str, cluster: Cluster, kubeconfig: Path) -> Invocation:
        return Invocation((binary, "cluster", "delete", cluster.name), {"KUBECONFIG": str(kubeconfig)})

    def kubeconfig(self, binary: str, cluster: Cluster) -> Invocation:
        return Invocation((binary, "kubeconfig", "get", cluster.name), {}, secret=True)

    def told(self, line: str) -> str:
        """All that its logger says at the level of information or above it: `INFO[0012] Creating node ...`."""
        return plain(line) if _LOGGED.match(without_colours(line)) else ""

    def labels(self, cluster_name: str) -> dict[str, str]:
        return {"app": "k3d", "k3d.cluster": cluster_name}

    def server(self, cluster: Cluster) -> str:
        return f"k3d-{cluster.name}-server-0"

    def other_images(self) -> tuple[str, ...]:
        """The one that runs beside k3d while it makes a cluster; the user's where k3d's own variables name another."""
        tag = os.environ.get("K3D_HELPER_IMAGE_TAG") or self._version
        return (os.environ.get("K3D_IMAGE_TOOLS") or f"{TOOLS_IMAGE}:{tag}",)

    def volumes(self, cluster: Cluster) -> tuple[str, ...]:
        return (f"k3d-{cluster.name}-images",)

    def volumes_path(self) -> str:
        return "/var/lib/rancher/k3s/storage"
