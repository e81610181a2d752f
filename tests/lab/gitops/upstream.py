"""Argo CD's and Flux's definitions, out of the archives of their Go modules: pinned by checksum, never copied."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from keep import Unavailable


@dataclass(frozen=True)
class Published:
    """A file of a module. `sum` is what `go mod download -json` says of the whole module."""

    module: str
    version: str
    sum: str
    path: str


CRDS = (
    Published(
        "github.com/argoproj/argo-cd/v3",
        "v3.6.1",
        "h1:OmhqeKiR3C//awbFrhQqFdtRI+Qiv17j8vqm3UkMj/g=",
        "manifests/crds/application-crd.yaml",
    ),
    Published(
        "github.com/fluxcd/kustomize-controller",
        "v1.10.1",
        "h1:IjTnrkIy0ULJoTNC2ZKuMb32vkqj7dJ6zt6UqbTFxKA=",
        "config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml",
    ),
    Published(
        "github.com/fluxcd/source-controller",
        "v1.10.1",
        "h1:vkYpgpLZu20LQ2UN4lPBdWH7sqTNdQ8FjcZD/HogN2E=",
        "config/crd/bases/source.toolkit.fluxcd.io_gitrepositories.yaml",
    ),
)


def definitions(folder: Path) -> list[dict[str, Any]]:
    """The CustomResourceDefinitions; Go keeps the archives. `folder` is outside any module. Raises Unavailable."""
    return [yaml.load(_read(one, folder), Loader=yaml.CSafeLoader) for one in CRDS]


def _read(wanted: Published, folder: Path) -> bytes:
    name = f"{wanted.module}@{wanted.version}"
    go = shutil.which("go")
    if go is None:
        raise Unavailable(f"Go is not installed here, and {name} comes from its module proxy; install Go 1.26")
    told = subprocess.run(
        [go, "mod", "download", "-json", name], cwd=folder, capture_output=True, text=True, check=False
    )
    found = json.loads(told.stdout or "{}")
    if "Zip" not in found:  # Go also fails where the module asks for a newer Go, which is nothing to a YAML file in it
        raise Unavailable(f"{name} cannot be had: {found.get('Error') or told.stderr.strip()}")
    if found["Sum"] != wanted.sum:
        raise Unavailable(f"{name} is not what it was: {found['Sum']}, not {wanted.sum}")
    with zipfile.ZipFile(found["Zip"]) as archive:
        return archive.read(f"{name}/{wanted.path}")
