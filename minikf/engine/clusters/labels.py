"""The marks on what MiniKF makes in Docker: what does not carry them is never touched."""

from __future__ import annotations

from minikf.engine.record import Cluster

PLATFORM = "minikf.dev/platform"
UID = "minikf.dev/uid"


def of(cluster: Cluster) -> dict[str, str]:
    """Labels for networks, containers and volumes of one cluster. The uid tells it from a namesake of another home."""
    return {PLATFORM: cluster.platform, UID: cluster.uid}
