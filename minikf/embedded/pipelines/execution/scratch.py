"""Temporary files of a step: a folder for each pod that goes with it, as a container's /tmp does on a cluster.

The SDK's own wrapper calls `mktemp -d` and removes nothing. The folder's path is short: sockets are made in it, too.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from minikf.embedded.status import Object

VARIABLE = "TMPDIR"


def scratch_folder(sockets: Path, pod: str) -> Path:
    """Below the platform's short folder `sockets`, by the end of the pod's name, which no other pod has."""
    return sockets / "tmp" / pod.rpartition("-")[2]


def give_scratch(pod: Object, folder: Path) -> None:
    """Makes the folder and has the pod's first container use it, unless that says TMPDIR itself."""
    env = pod["spec"]["containers"][0]["env"]
    if all(one["name"] != VARIABLE for one in env):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        env.append({"name": VARIABLE, "value": str(folder)})


def remove_scratch(folder: Path) -> None:
    """What cannot be removed stays: it is no reason for a step to fail."""
    shutil.rmtree(folder, ignore_errors=True)
