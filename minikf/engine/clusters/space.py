"""Is there room for a cluster? Asked before anything of it is made."""

from __future__ import annotations

import shutil
from pathlib import Path

from minikf.errors import Refused

MIB = 1024 * 1024
GIB = 1024 * MIB

# A node image of Kubernetes 1.34 takes 1.0 GiB unpacked and its compressed layers some 0.4 GiB while they are pulled
# (docker images; kind's release notes). A fresh cluster's volumes take 0.5 GiB, and what users put in needs room too.
NODE_BYTES = 1 * GIB
IMAGE_BYTES = 1536 * MIB
SPARE_BYTES = 1 * GIB


def needed(nodes: int, *, image_is_here: bool) -> int:
    """Bytes that Docker's disk must have free for a cluster of so many nodes."""
    return SPARE_BYTES + nodes * NODE_BYTES + (0 if image_is_here else IMAGE_BYTES)


def require(root: str, bytes_needed: int) -> str:
    """What is free, in words. Raises Refused with the figures where it is too little.

    `root` is the folder of Docker's data. Where that is on another machine (Docker Desktop, a remote engine), it
    cannot be looked at, and "" is returned.
    """
    if not root or not Path(root).exists():
        return ""
    free = shutil.disk_usage(root).free
    if free < bytes_needed:
        raise Refused(
            f"too little disk space for a cluster: {free / GIB:.1f} GiB free, {bytes_needed / GIB:.1f} GiB needed",
            cause=f"Docker keeps its images and volumes in {root}; nothing was made",
            advice="docker system df shows what takes the space; docker image prune frees unused images",
        )
    return f"{free / GIB:.1f} GiB free in {root}, {bytes_needed / GIB:.1f} GiB needed"
