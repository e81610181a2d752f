"""What the tests of rendering share: a kubectl, a folder in the shape of a mirror, and components of their own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from minikf.bundle.model import STANDARD, Component, Licence, Shape
from minikf.bundle.origin import Origin
from minikf.bundle.render import Rendered, Wanted, render
from minikf.files import sha256_of
from minikf.spec import Event
from minikf.tools import look

WEB = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1
        resources: {requests: {cpu: 500m, memory: 1Gi}, limits: {memory: 2Gi}}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
"""


@pytest.fixture(scope="session")
def kubectl() -> Path:
    found = shutil.which("kubectl") or look("kubectl").path
    if not found:
        pytest.skip("no kubectl here, whose kustomize renders")
    return Path(found)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A mirror with one repository, in which `web` is a kustomization."""
    put(tmp_path / "mirror", "web", {"web.yaml": WEB})
    return tmp_path / "mirror"


def put(tree: Path, name: str, files: dict[str, str]) -> None:
    folder = tree / "acme/shop/v1" / name
    folder.mkdir(parents=True)
    for file, text in files.items():
        (folder / file).write_text(text)
    if "kustomization.yaml" not in files:
        (folder / "kustomization.yaml").write_text(f"resources: [{', '.join(files)}]\n")


def wanted(tree: Path, *names: str, variant: str = STANDARD, patches: dict[str, Path] | None = None,
           leave_out: tuple[str, ...] = ()) -> Wanted:  # fmt: skip
    """A component that is made of the folders `names` of the repository."""
    origins = tuple(Origin("acme/shop", "v1", name) for name in names)
    files = {
        str(file.relative_to(tree)): sha256_of(file)
        for origin in origins
        for file in sorted((tree / origin.address).rglob("*"))
        if file.is_file()
    }
    shape = Shape(origins, tuple(patches or ()), leave_out)
    component = Component("-".join(names), "Shop", "sells", "Shops", Licence("Apache-2.0", "here"), {STANDARD: shape})
    return Wanted(component, variant, files, patches or {})


Rendering = Callable[..., tuple[Rendered, ...]]


@pytest.fixture
def rendering(tree: Path, kubectl: Path, tmp_path: Path) -> Rendering:
    """Renders components to their end; the tree is asked for only where something has to be rendered."""

    def make(*components: Wanted, tree_of: Callable[[], Path] = lambda: tree) -> tuple[Rendered, ...]:
        return ended(render(components, tree_of, kubectl, tmp_path / "cache"))

    return make


def ended(steps: Generator[Event, None, tuple[Rendered, ...]]) -> tuple[Rendered, ...]:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return tuple(stop.value)


def upstream() -> Path | None:
    mirror = Path(os.environ.get("MINIKF_UPSTREAM") or Path(__file__).parents[4] / "shared" / "upstream")
    return mirror if (mirror / "kubeflow/manifests/26.03").is_dir() else None
