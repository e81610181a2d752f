"""Argo CD and Flux as judges: their own code, built by the lab, asked about objects."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikf.promote.gitops.argo import settings
from minikf.promote.gitops.flux import kustomization
from minikf.promote.gitops.place import Delivery

Object = dict[str, Any]
_DELIVERY = Delivery("cloud", "team")
_KEY = "resource.customizations.health."


@dataclass(frozen=True)
class Judged:
    status: str
    message: str
    error: str


def by_argo(binaries: Path, objects: list[Object]) -> list[Judged]:
    """With the rules as they stand in the file for argocd-cm, keyed as Argo CD keys them inside."""
    data = settings(_DELIVERY)["data"]
    rules = {key.removeprefix(_KEY).replace("_", "/"): text for key, text in data.items()}
    return _ask(binaries / "argo-health", {"rules": rules, "objects": objects})


def by_flux(binaries: Path, objects: list[Object]) -> list[Judged]:
    """With the expressions as they stand in the Kustomization for these objects."""
    checks = kustomization(_DELIVERY, tuple(objects))["spec"].get("healthCheckExprs", [])
    return _ask(binaries / "flux-health", {"checks": checks, "objects": objects})


def _ask(command: Path, question: Object) -> list[Judged]:
    text = json.dumps(question)
    told = subprocess.run([command], input=text, capture_output=True, text=True, timeout=120, check=False)
    assert told.returncode == 0, told.stderr
    return [Judged(**one) for one in json.loads(told.stdout)]
