"""A home whose platforms may have components: their manifests come from a mirror."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from controllers import upstream
from keep import Unavailable
from lab import Lab

from .minikf import Home

NOT_DEFAULT = '{"metadata":{"annotations":{"storageclass.kubernetes.io/is-default-class":"false"}}}'
"""What makes a StorageClass one that nobody gets without asking for it."""


@contextmanager
def mirrored_home(lab: Lab, folder: Path, no_lab: Any, platform: str) -> Iterator[Home]:
    """Its one platform goes at the end, and has to go well; where there is no mirror the test is skipped or fails."""
    try:
        mirror = upstream.mirror()
    except Unavailable as why:
        no_lab(f"no manifests here: {why}")
        raise  # not reached
    made = Home(folder, lab.bin, {"kind": lab.node_image}, {"MINIKF_MIRROR": str(mirror)})
    try:
        yield made
    finally:
        down = made.minikf("down", "--yes", "--platform", platform)
    assert down.code == 0, down.err
