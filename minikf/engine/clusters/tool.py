"""What the two makers of clusters have in common: a configuration file in, commands and names out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from minikf.engine.record import Cluster

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Invocation:
    """A command of a tool and what it adds to the environment."""

    command: tuple[str, ...]
    environment: Mapping[str, str]


class Tool(Protocol):
    """One of the two binaries, spoken to through its own configuration file."""

    @property
    def name(self) -> str: ...

    def config(self, cluster: Cluster, api_port: int) -> dict[str, Any]:
        """The configuration file that makes the cluster."""
        ...

    def create(self, binary: str, cluster: Cluster, config: Path, kubeconfig: Path) -> Invocation: ...

    def delete(self, binary: str, cluster: Cluster, kubeconfig: Path) -> Invocation: ...

    def kubeconfig(self, binary: str, cluster: Cluster) -> Invocation:
        """Prints the kubeconfig of the cluster."""
        ...

    def labels(self, cluster_name: str) -> dict[str, str]:
        """The labels that the tool gives to every container of a cluster of that name."""
        ...

    def server(self, cluster: Cluster) -> str:
        """The container with the control plane."""
        ...

    def other_images(self) -> tuple[str, ...]:
        """Images beside the node's that the tool starts containers of."""
        ...

    def volumes_path(self) -> str:
        """Where the default storage class keeps its volumes inside a node."""
        ...
