"""What a selection of components asks for, as its lock knows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from minikf.bundle.lock import Lock
from minikf.bundle.model import Selection
from minikf.bundle.store import Store
from minikf.bundle.totals import totals
from minikf.install.fit import Demand


@dataclass(frozen=True)
class Asked:
    """`objects` are those to apply, `files` bytes of manifests, `missing` those of them that are not in the store yet;
    `unknown` are components of which nobody knows what they ask for."""

    demand: Demand
    objects: int
    files: int
    missing: int
    unknown: tuple[str, ...] = ()


def asked(lock: Lock, selection: Selection, architecture: str = "") -> Asked:
    """On nodes of that architecture (`amd64`); "" where they are of several, or it is not known. Raises Refused where
    a component is not in the lock, though it should be."""
    parts = [(one, selection.variant) for one in selection.components]
    found = totals(lock, parts)
    demand = Demand(
        found.requests.cpu_milli,
        found.requests.memory_bytes,
        found.requests.storage_bytes,
        image_sizes(lock, found.images, architecture),
        {name: lock.images[name].platforms for name in found.images},
    )
    files = lock.files_of(part for part in parts if part[0].locked)
    here = Store()
    missing = sum(one.size for one in files.values() if not here.has(one))
    return Asked(demand, found.objects, found.bytes, missing, found.unknown)


def image_sizes(lock: Lock, images: Iterable[str], architecture: str) -> Mapping[str, int]:
    """The bytes that are pulled of each image, 0 where nobody knows; of the largest where the architecture is not
    known. The one place where they come from."""
    platform = platform_of(architecture)
    found = {name: lock.images[name] for name in images}
    return {name: one.size_on(platform) if platform else one.size for name, one in found.items()}


def platform_of(architecture: str) -> str:
    """As images name it: nodes run Linux, whatever runs them."""
    return f"linux/{architecture}" if architecture else ""
