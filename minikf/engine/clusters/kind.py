"""kind: configuration `kind.x-k8s.io/v1alpha4` in, a cluster of containers out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from minikf.engine.clusters import labels
from minikf.engine.clusters.tool import CONTROLLER_FLAGS, LOOPBACK, Invocation, plain
from minikf.engine.record import Cluster

NETWORK_VARIABLE = "KIND_EXPERIMENTAL_DOCKER_NETWORK"
"""Names the Docker network of the nodes (kind, pkg/cluster/internal/providers/docker/provider.go)."""


PATCHES = "kubeadm"
"""The folder of patches beside the configuration file."""

_MOUNTED = "/kind/minikf-patches"


class Kind:
    """Implements `minikf.engine.clusters.tool.Tool`."""

    name = "kind"

    def config(self, cluster: Cluster, api_port: int, folder: Path) -> dict[str, Any]:
        """Fields as in sigs.k8s.io/kind/pkg/apis/config/v1alpha4 `Cluster`.

        kubeadm finds its patches in a folder of the node, into which ours is mounted; a Docker engine on another
        machine mounts an empty one there, which kubeadm takes for no patches.
        """
        ports = [
            {"containerPort": inside, "hostPort": outside, "listenAddress": LOOPBACK}
            for inside, outside in ((80, cluster.http_port), (443, cluster.https_port))
        ]
        shared = {"image": cluster.node_image, "labels": {labels.PLATFORM: cluster.platform}}
        mount = {"hostPath": str(folder / PATCHES), "containerPath": _MOUNTED, "readOnly": True}
        nodes = [{"role": "control-plane", "extraPortMappings": ports, "extraMounts": [mount], **shared}]
        nodes += [{"role": "worker", **shared} for _ in range(cluster.agents)]
        return {
            "kind": "Cluster",
            "apiVersion": "kind.x-k8s.io/v1alpha4",
            "name": cluster.name,
            "networking": {"apiServerAddress": LOOPBACK, "apiServerPort": api_port},
            "nodes": nodes,
            "kubeadmConfigPatches": [json.dumps({"kind": "InitConfiguration", "patches": {"directory": _MOUNTED}})],
        }

    def files(self) -> dict[str, str]:
        """Patches by the names that kubeadm demands (its v1beta4 `Patches`). They save 8 s until DNS answers.

        The one control plane elects no leader: the first try comes before the roles are there, the next one up to
        4.4 s later. Its controllers ask for a token each when they start; for that see CONTROLLER_FLAGS. One CoreDNS is
        enough for one machine, as k3s has it, and is asked each second whether it is ready, by kubeadm each tenth.
        """
        container = {"name": "coredns", "readinessProbe": {"periodSeconds": 1}}
        dns = {"spec": {"replicas": 1, "template": {"spec": {"containers": [container]}}}}
        alone = "leader-elect=false"
        return {
            f"{PATCHES}/corednsdeployment0+strategic.json": json.dumps(dns) + "\n",
            f"{PATCHES}/kube-controller-manager0+json.json": _flags(alone, *CONTROLLER_FLAGS),
            f"{PATCHES}/kube-scheduler0+json.json": _flags(alone),
        }

    def create(self, binary: str, cluster: Cluster, config: Path, kubeconfig: Path) -> Invocation:
        # --retain: what a failed creation leaves is ours to look at and to remove. No --wait: we watch what kind polls.
        command = (binary, "create", "cluster", "--config", str(config), "--kubeconfig", str(kubeconfig), "--retain")
        return Invocation(command, {NETWORK_VARIABLE: cluster.network})

    def delete(self, binary: str, cluster: Cluster, kubeconfig: Path) -> Invocation:
        command = (binary, "delete", "cluster", "--name", cluster.name, "--kubeconfig", str(kubeconfig))
        return Invocation(command, {NETWORK_VARIABLE: cluster.network})

    def kubeconfig(self, binary: str, cluster: Cluster) -> Invocation:
        return Invocation((binary, "get", "kubeconfig", "--name", cluster.name), {}, secret=True)

    def told(self, line: str) -> str:
        """The first line of each of its steps, ` • Preparing nodes ...`; the second one only says that it is done."""
        return plain(line) if line.lstrip().startswith("\u2022") else ""

    def labels(self, cluster_name: str) -> dict[str, str]:
        return {"io.x-k8s.kind.cluster": cluster_name}

    def server(self, cluster: Cluster) -> str:
        return f"{cluster.name}-control-plane"

    def other_images(self) -> tuple[str, ...]:
        return ()

    def volumes(self, cluster: Cluster) -> tuple[str, ...]:
        return ()

    def volumes_path(self) -> str:
        return "/var/local-path-provisioner"


def _flags(*flags: str) -> str:
    """Appended to a static pod's command; the last of two same flags counts."""
    added = [{"op": "add", "path": "/spec/containers/0/command/-", "value": f"--{flag}"} for flag in flags]
    return json.dumps(added) + "\n"
