"""The two binaries by their names."""

from __future__ import annotations

from minikf.engine.clusters.k3d import K3d
from minikf.engine.clusters.kind import Kind
from minikf.engine.clusters.tool import Tool


def tool_of(engine: str, version: str = "") -> Tool:
    """How the engine's binary of that version is spoken to; the version only matters where a cluster is made."""
    return K3d(version) if engine == K3d.name else Kind()
