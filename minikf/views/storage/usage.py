"""How much is in volumes: counted in the folders that they are, or told by the kubelets."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from minikf.errors import MinikfError
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.kube.shapes import Object, mapping, mappings
from minikf.views.storage.claims import Used

# How long folders are counted together; what is not counted by then is told as `at least`.
COUNT_SECONDS = 2.0
_MOST_NODES = 50


def of_folders(folders: dict[str, Path], seconds: float = COUNT_SECONDS) -> dict[str, Used]:
    """Bytes on disk below each folder; one that is not there, or not ours to read, holds nothing that is known."""
    end = time.monotonic() + seconds
    found = {}
    for key, folder in folders.items():
        counted = of_folder(folder, end)
        if counted is not None:
            found[key] = counted
    return found


def of_folder(folder: Path, end: float) -> Used | None:
    """Blocks that its files take, a file with several names once, links not followed; None where it is not there.

    `end` is when counting stops, by the monotonic clock.
    """
    if not folder.is_dir():
        return None
    total, whole, waiting, seen = 0, True, [str(folder)], set()
    while waiting:
        if time.monotonic() > end:
            return Used(total, at_least=True)
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    about = entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif about.st_nlink == 1 or (about.st_dev, about.st_ino) not in seen:
                        seen.add((about.st_dev, about.st_ino))
                        total += about.st_blocks * 512  # POSIX st_blocks is in units of 512 bytes on Linux and macOS
        except OSError:  # gone meanwhile, or not ours to read: then it is not all
            whole = False
    return Used(total, at_least=not whole)


def of_kubelets(client: RestClient, nodes: Iterable[Object]) -> tuple[dict[str, Used], str]:
    """What the kubelets measure (their stats/summary, by the API's proxy of nodes), and why some say nothing.

    Only volumes that a pod has mounted are measured.
    """
    found: dict[str, Used] = {}
    causes: list[str] = []
    for node in list(nodes)[:_MOST_NODES]:
        name = str(mapping(node.get("metadata")).get("name"))
        try:
            summary = client.get(f"/api/v1/nodes/{quote(name, safe='')}/proxy/stats/summary")
        except ApiAnswer as answer:
            causes.append(f"node {name}: {answer.message}")
            continue
        except MinikfError as error:
            causes.append(f"node {name}: {error.cause or error.message}")
            continue
        found |= volumes_of(summary)
    return found, "; ".join(causes)


def volumes_of(summary: Object) -> dict[str, Used]:
    """The claims in a kubelet's summary (k8s.io/kubelet, pkg/apis/stats/v1alpha1, VolumeStats)."""
    found = {}
    for pod in mappings(summary.get("pods")):
        for volume in mappings(pod.get("volume")):
            claim = mapping(volume.get("pvcRef"))
            if claim and isinstance(volume.get("usedBytes"), int):
                of: Any = volume.get("capacityBytes")
                key = f"{claim.get('namespace')}/{claim.get('name')}"
                found[key] = Used(int(volume["usedBytes"]), of=of if isinstance(of, int) else 0)
    return found
