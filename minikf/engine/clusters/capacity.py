"""What the machine of the Docker engine has for pods, before there is a cluster."""

from __future__ import annotations

import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from minikf.engine.clusters import space
from minikf.engine.docker.client import Docker
from minikf.engine.docker.facts import Machine
from minikf.errors import Refused
from minikf.install.fit import MIB, Room

# What a fresh cluster of Kubernetes 1.34 takes itself. kubeadm's pods and one CoreDNS request 750m (`kubectl describe
# node` in the lab), kind's network 100m and 50Mi beside them (kind, pkg/build/nodeimage/const_cni.go). Memory is what
# the node holds 20 s after `up`, since most of these pods request none: 419 MiB in the lab (`docker stats`).
# The lab has no real k3s: the same is taken for it, whose control plane is one process that requests nothing.
CONTROL_PLANE_MILLI = 850
CONTROL_PLANE_BYTES = 470 * MIB


@dataclass(frozen=True)
class Capacity:
    """`room` is what is left for pods; `used_bytes` of memory other containers hold. `is_here` tells whether the
    engine runs on this machine's own kernel, and not in a virtual machine or elsewhere, `nodes_bytes` what the nodes
    take of its disk."""

    room: Room
    machine: Machine
    used_bytes: int
    is_here: bool
    nodes_bytes: int


def capacity(docker: Docker, node_image: str, nodes: int = 1) -> Capacity:
    """As the engine tells it. Raises Unreachable where it does not answer any more."""
    machine = docker.machine()
    try:
        used = docker.memory_in_use()
    except Refused:  # an engine that only resembles Docker need not count; what others hold is then not known
        used = 0
    here = is_here(machine)
    free = shutil.disk_usage(machine.root).free if here and Path(machine.root).exists() else 0
    nodes_bytes = space.needed(nodes, image_is_here=docker.image(node_image) is not None)
    return Capacity(room(machine, used, free, nodes_bytes), machine, used, here, nodes_bytes)


def room(machine: Machine, used_bytes: int, free_bytes: int, nodes_bytes: int) -> Room:
    """What pods get: all of the machine less the control plane, what other containers hold, and the nodes' disk.

    `free_bytes` is 0 where nobody can look at the engine's disk. Processors are shared: what others do with them now
    says nothing about what they leave. More nodes on one machine have no more room than one.
    """
    whole = Room(
        machine.processors * 1000,
        machine.memory_bytes,
        max(1, free_bytes - nodes_bytes) if free_bytes else 0,
        machine.architecture,
    )
    return whole.less(CONTROL_PLANE_MILLI, CONTROL_PLANE_BYTES + used_bytes)


def is_here(machine: Machine) -> bool:
    """Docker Desktop's virtual machine, a remote engine, and the engine of whoever runs us in a container have other
    names than this machine."""
    return bool(machine.name) and machine.name == socket.gethostname()
