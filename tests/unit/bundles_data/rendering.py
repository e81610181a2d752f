"""Renders components of the bundles in this checkout from a mirror of upstream, as the product does, each once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from minikf.bundle import catalog
from minikf.bundle.lock.make import make
from minikf.bundle.model import LITE, Bundle, Component
from minikf.bundle.rendered import rendered
from minikf.bundle.selection import ordered
from minikf.bundle.sources import Folder
from minikf.bundle.store import Store
from tests.unit.bundle.conftest import CHECKOUT
from tests.unit.bundle.locking import ran

Object = dict[str, Any]
Key = tuple[str, str, str]
"""Kind, namespace and name; the API group plays no part in the bundles."""

SHELF = CHECKOUT / "bundles" / "kubeflow"
VERSIONS = tuple(sorted(file.parent.name for file in SHELF.glob("*/bundle.yaml")))

CERTIFICATES = "cert-manager.io"
"""The group whose Certificates and Issuers the installer stands in for, in `lite`."""


class Rendering:
    """What the components of a version are made of, and become."""

    def __init__(self, version: str, mirror: Path, kubectl: Path, folder: Path) -> None:
        self.bundle = bundle(version)
        self._kubectl = kubectl
        self._store = Store(folder)
        self._lock = ran(make(self.bundle, Folder(mirror), self._store))
        self._known: dict[tuple[str, str], list[Object]] = {}

    def of(self, names: Iterable[str], variant: str) -> Mapping[str, list[Object]]:
        """The objects of components, by their ids."""
        wanted = [self.bundle.components[name] for name in names]
        parts = [(one, variant) for one in wanted if (one.id, variant) not in self._known]
        for made in ran(rendered(self.bundle, self._lock, parts, self._store, self._kubectl)) if parts else ():
            self._known[made.component.id, variant] = [one.parsed for one in made.documents]
        return {one.id: self._known[one.id, variant] for one in wanted}


@cache
def bundle(version: str) -> Bundle:
    return catalog.read(SHELF / version, SHELF)


def key(thing: Object) -> Key:
    meta = thing["metadata"]
    return thing["kind"], meta.get("namespace", ""), meta["name"]


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


def described(found: Bundle, variant: str) -> list[str]:
    """The components whose needs are said for a variant."""
    return without_mesh(found) if variant == LITE else [one.id for one in locked(found)]
