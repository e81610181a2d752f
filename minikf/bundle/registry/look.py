"""What a registry has to say of one image."""

from __future__ import annotations

from collections.abc import Collection

from minikf.bundle.lock.model import LockedImage
from minikf.bundle.registry.client import Registry
from minikf.bundle.registry.errors import NotAnImage
from minikf.bundle.registry.manifests import Entry, Index, OneImage, platform_of, read
from minikf.bundle.registry.reference import Reference

MOST_UNSAID = 8
"""Entries of an index that name no platform: each costs two questions."""


def look(registry: Registry, reference: Reference, wanted: Collection[str]) -> LockedImage:
    """Its digest, its platforms, and the bytes of it on those that are wanted.

    An index costs a question for each wanted platform, since Docker Hub counts them; a single image one for its
    configuration. Raises NotAnImage, and as `Registry.manifest`.
    """
    top = registry.manifest(reference.repository, reference.name)
    found = read(top.body, top.kind)
    if isinstance(found, OneImage):
        return LockedImage(top.digest, {_platform(registry, reference, found): found.size})
    sizes: dict[str, int] = {}
    for entry in _said(registry, reference, found):
        # Windows has an entry for each of its releases: the first that fits is what is pulled.
        if entry.platform in sizes:
            continue
        sizes[entry.platform] = _single(registry, reference, entry).size if entry.platform in wanted else 0
    return LockedImage(top.digest, sizes)


def _said(registry: Registry, reference: Reference, index: Index) -> list[Entry]:
    """The entries with their platforms, from the configurations where the index does not name them."""
    if sum(not entry.platform for entry in index.entries) > MOST_UNSAID:
        raise NotAnImage("a registry sends no image", cause="what it sends is an index that names no platforms")
    return [
        entry
        if entry.platform
        else Entry(entry.digest, _platform(registry, reference, _single(registry, reference, entry)))
        for entry in index.entries
    ]


def _single(registry: Registry, reference: Reference, entry: Entry) -> OneImage:
    part = registry.manifest(reference.repository, entry.digest)
    found = read(part.body, part.kind)
    if isinstance(found, Index):
        raise NotAnImage("a registry sends no image", cause="what it sends is an index of indexes")
    return found


def _platform(registry: Registry, reference: Reference, image: OneImage) -> str:
    return platform_of(registry.blob(reference.repository, image.config))
