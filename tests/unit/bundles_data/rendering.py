"""Renders components of the bundles in this checkout from a mirror of upstream, each once."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from minikf.bundle import catalog
from minikf.bundle.closure import Closure, Read
from minikf.bundle.lock.model import LockedFile
from minikf.bundle.model import LITE, Bundle, Component
from minikf.bundle.origin import Origin
from minikf.bundle.selection import ordered
from minikf.bundle.sources import Folder
from minikf.bundle.tree import plant
from tests.unit.bundle.conftest import CHECKOUT

Object = dict[str, Any]
Key = tuple[str, str, str]
"""Kind, namespace and name; the API group plays no part in the bundles."""

SHELF = CHECKOUT / "bundles" / "kubeflow"
VERSIONS = tuple(sorted(file.parent.name for file in SHELF.glob("*/bundle.yaml")))
SECONDS = 120.0
CERTIFICATES = "cert-manager.io"
"""The group whose Certificates and Issuers the installer stands in for, in `lite`."""

_COMPONENT = "kind: Component"


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Takes `=` for text, as YAML 1.2 does; CRDs of monitoring list it among operators."""


Loader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: node.value)


@cache
def bundle(version: str) -> Bundle:
    return catalog.read(SHELF / version, SHELF)


def key(thing: Object) -> Key:
    meta = thing["metadata"]
    return thing["kind"], meta.get("namespace", ""), meta["name"]


def objects(text: str) -> list[Object]:
    return [one for one in yaml.load_all(text, Loader) if one]


def kustomize(kubectl: Path, folder: Path) -> str:
    """What a folder renders, without the garbage collector, which would take more than half of the time."""
    env = {**os.environ, "GOGC": "off", "GOMEMLIMIT": "1GiB"}
    words = [kubectl, "kustomize", "--load-restrictor=LoadRestrictionsNone", folder]
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Rendering:
    """What the components of a version are made of, and become."""

    def __init__(self, version: str, mirror: Path, kubectl: Path, folder: Path) -> None:
        self.bundle = bundle(version)
        self._kubectl = kubectl
        self._folder = folder
        self._tree = folder / "tree"
        self._known: dict[tuple[str, str], list[Object]] = {}
        shapes = [shape for one in locked(self.bundle) for shape in one.shapes.values()]
        roots = sorted({origin for shape in shapes for origin in shape.origins})
        plant_all(roots, Folder(mirror).read, self._tree)

    def of(self, name: str, variant: str) -> list[Object]:
        """The objects of a component, without those that it leaves out."""
        component = self.bundle.components[name]
        shape = component.shape(variant)
        return [one for one in self.all_of(name, variant) if not named(one, shape.leave_out)]

    def all_of(self, name: str, variant: str) -> list[Object]:
        """With those that it leaves out."""
        component = self.bundle.components[name]
        variant = variant if variant in component.shapes else next(iter(component.shapes))
        if (name, variant) not in self._known:
            self._known[name, variant] = objects(self._render(component, variant))
        return self._known[name, variant]

    def _render(self, component: Component, variant: str) -> str:
        folder = self._folder / f"{component.id}.{variant}"
        folder.mkdir()
        shape = component.shapes[variant]
        kustomization: dict[str, list[str]] = {"resources": [], "components": []}
        for origin in shape.origins:
            kustomization["resources"].append(os.path.relpath(self._tree / origin.address, folder))
        for name in shape.patches:
            text = self.bundle.patches[name].read_text()
            if _COMPONENT in text:
                (folder / name).mkdir()
                (folder / name / "kustomization.yaml").write_text(text)
                kustomization["components"].append(name)
            else:
                (folder / name).write_text(text)
                kustomization["resources"].append(name)
        (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        return kustomize(self._kubectl, folder)


def plant_all(roots: Sequence[Origin], read: Read, tree: Path) -> None:
    """Lays out all files that these kustomizations are made of, so that nothing is fetched while they are rendered."""
    closure = Closure(read)
    for _ in closure.follow(roots):
        pass
    closure.check()
    contents = {origin.address: read(origin) for origin in closure.files(roots)}
    files = {name: LockedFile(hashlib.sha256(data).hexdigest(), len(data)) for name, data in contents.items()}
    plant(contents.items(), files, [root.address for root in roots], tree)


def locked(found: Bundle) -> list[Component]:
    return [one for one in found.components.values() if one.locked]


def named(thing: Object, names: tuple[str, ...]) -> bool:
    """Whether one of `names` (Kind/name, Kind/namespace/name) is that object."""
    kind, namespace, name = key(thing)
    return f"{kind}/{name}" in names or f"{kind}/{namespace}/{name}" in names


def without_mesh(found: Bundle) -> list[str]:
    """The components that can be had in `lite` without Istio and cert-manager."""
    heavy = {"istio-crds", "istio", "cert-manager"}
    return [one.id for one in locked(found) if not heavy & {needed.id for needed in ordered(found, [one.id], LITE)}]
