"""What the two makers of clusters have in common: a configuration file in, commands and names out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from minikf.engine.record import Cluster

CONTROLLER_FLAGS = ("kube-api-qps=200", "kube-api-burst=400")
"""For the controller manager. Its default of 20 calls a second (its own reference) is for machines that many share: 40
controllers that ask for a token each take 5 s to start, and the pods of a bundle wait for their turn."""

LOOPBACK = "127.0.0.1"

# Colours; what k3d's logger puts before a message, as in `INFO[0012] `; kind's marks and pictures around one.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LEVEL = re.compile(r"^[A-Z]{4}\[\d+\]\s*")
_MARKS = re.compile(r"^[^\w(]+|[^\w.)'\"!]+$")


@dataclass(frozen=True)
class Invocation:
    """A command of a tool and what it adds to the environment. `secret`: what it prints is written down nowhere."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    secret: bool = False


class Tool(Protocol):
    """One of the two binaries, spoken to through its own configuration file."""

    @property
    def name(self) -> str: ...

    def config(self, cluster: Cluster, api_port: int, folder: Path) -> dict[str, Any]:
        """The configuration file that makes the cluster, for use beside `files` in `folder`."""
        ...

    def files(self) -> dict[str, str]:
        """Texts by the names, below the folder of the configuration, that it refers to."""
        ...

    def create(self, binary: str, cluster: Cluster, config: Path, kubeconfig: Path) -> Invocation: ...

    def delete(self, binary: str, cluster: Cluster, kubeconfig: Path) -> Invocation: ...

    def kubeconfig(self, binary: str, cluster: Cluster) -> Invocation:
        """Prints the kubeconfig of the cluster."""
        ...

    def told(self, line: str) -> str:
        """What a line of the tool's output tells a user who waits; "" for one that tells nothing."""
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

    def volumes(self, cluster: Cluster) -> tuple[str, ...]:
        """Docker volumes with a name that the tool makes for a cluster; anonymous ones go with their containers."""
        ...

    def volumes_path(self) -> str:
        """Where the default storage class keeps its volumes inside a node."""
        ...


def without_colours(line: str) -> str:
    return _COLOUR.sub("", line)


def plain(line: str) -> str:
    """A line of a tool's output as a person reads it: without colours, levels, marks and pictures."""
    text = _LEVEL.sub("", without_colours(line).strip()).removesuffix("...").rstrip()
    return _MARKS.sub("", text)
