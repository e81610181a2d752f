"""kwok plays nodes, and the pods on them: everything says that it runs, and nothing does."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import binaries.build
from binaries.recipe import HERE as MODULES
from children import run
from keep import Say

from minikf.smoke.nodes import KWOK

# How a node and its pods go on at once, as kwok's module has it; a node that says nothing for 50 s is taken for lost.
_STAGES = ("node/fast", "node/heartbeat", "pod/fast")


def node(name: str) -> dict[str, Any]:
    """A node for kwok to play."""
    capacity = {"cpu": "32", "memory": "256Gi", "pods": "110"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "annotations": {KWOK: "fake"}, "labels": {"type": "kwok"}},
        "status": {"allocatable": capacity, "capacity": capacity},
    }


@contextlib.contextmanager
def playing(kubeconfig: Path, folder: Path, say: Say) -> Iterator[Path]:
    """kwok against a cluster; gives its log. It ends with the block. Raises Unavailable."""
    command = binaries.build.ensure(say, ("kwok",)) / "kwok"
    words = [f"--config={file}" for file in _stages()]
    words += ["--manage-all-nodes=false", f"--manage-nodes-with-annotation-selector={KWOK}=fake"]
    log = folder / "kwok.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(command), "--kubeconfig", str(kubeconfig), *words], stdout=out, stderr=out, env={"HOME": str(folder)}
        )
    try:
        yield log
    finally:
        process.terminate()
        process.wait(20)


def _stages() -> list[Path]:
    """kwok's stages in Go's module cache, fetched if they are not there, their hash checked against go.sum."""
    env = os.environ | {"GOWORK": "off", "GOFLAGS": ""}
    told = json.loads(run("go", "mod", "download", "-json", "sigs.k8s.io/kwok", cwd=MODULES / "kwok", env=env))
    folder = Path(told["Dir"]) / "kustomize" / "stage"
    return [
        file
        for stage in _STAGES
        for file in sorted((folder / stage).glob("*.yaml"))
        if file.name != "kustomization.yaml"
    ]
