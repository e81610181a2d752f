"""Node images by Kubernetes version, from images.json; scripts/make_node_images.py makes it and names its sources."""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import Any

from minikf.errors import Refused


def kind_image(kubernetes: str = "") -> str:
    """kind's node image with its digest, of the newest patch of `kubernetes` (1.34, 1.34.11), by default the one that
    the pinned kind takes itself. Raises Refused where the pinned kind has none of that version."""
    return str(_tables()["kind"]["default"]) if not kubernetes else _image("kind", kubernetes)


def k3s_image(kubernetes: str = "1.34") -> str:
    """The k3s image for k3d with its digest. There is no default to follow: what k3d takes by itself depends on how its
    binary was built. Raises Refused where no digest of that version is known."""
    return _image("k3d", kubernetes)


def k3d_helpers() -> tuple[str, ...]:
    """The images beside k3s that the pinned k3d starts: its load balancer and its tools container. No digests known."""
    return tuple(_tables()["k3d"]["helpers"])


def _image(engine: str, kubernetes: str) -> str:
    images: dict[str, Any] = _tables()[engine]["images"]
    fitting = [version for version in images if f"{version}.".startswith(f"{kubernetes.removeprefix('v')}.")]
    if not fitting:
        raise Refused(
            f"no node image of Kubernetes {kubernetes} is known for {engine}",
            cause=f"known are {', '.join(sorted(images))}",
            advice="take one of those versions",
        )
    newest = max(fitting, key=lambda version: [int(part) for part in version.split(".")])
    return str(images[newest]["image"])


@functools.cache
def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = json.loads(resources.files("minikf.tools").joinpath("images.json").read_text())
    return tables
