"""Where an image comes from: another registry, an archive, or the Docker engine; its manifests and blobs by digest."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from minikf.bundle.registry.client import Manifest, digest
from minikf.bundle.registry.credentials import credential
from minikf.bundle.registry.manifests import Index, platform_of, read
from minikf.bundle.registry.push import Writable
from minikf.bundle.registry.reference import parse
from minikf.engine.docker.images import ImageEngine
from minikf.engine.images.archive import Archive, Packed
from minikf.engine.images.oci import of_archive
from minikf.engine.images.sources import Source, resolve

SECONDS = 6 * 3600.0
"""For all of an image; each single answer has its own limit."""

OCI_INDEX = "application/vnd.oci.image.index.v1+json"


class Origin(Protocol):
    """An image. `name` is what it is called there; `home` is the registry and repository that have it, "" for none."""

    name: str
    home: tuple[str, str]

    def top(self) -> Manifest:
        """Its manifest, or the index of several."""

    def manifest(self, of: str) -> Manifest:
        """One that the index names."""

    def platform(self, config: str) -> str:
        """What a configuration says that the image is for."""

    def blob(self, of: str) -> Iterator[bytes]:
        """A configuration or a layer, in pieces; not checked here."""

    def close(self) -> None: ...


class RegistryOrigin:
    """An image of a registry, asked for as who the user is there."""

    def __init__(self, reference: str) -> None:
        """Raises NoReference, and as `Registry.open`."""
        self._reference = parse(reference)
        self.name = str(self._reference)
        self.home = (self._reference.registry, self._reference.repository)
        until = time.monotonic() + SECONDS
        self._registry = Writable(self._reference.registry, until, credential(self._reference.registry))
        self._registry.open()

    def top(self) -> Manifest:
        return self._registry.manifest(self._reference.repository, self._reference.name)

    def manifest(self, of: str) -> Manifest:
        return self._registry.manifest(self._reference.repository, of)

    def platform(self, config: str) -> str:
        return platform_of(self._registry.blob(self._reference.repository, config))

    def blob(self, of: str) -> Iterator[bytes]:
        with self._registry.large(self._reference.repository, of) as pieces:
            yield from pieces

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True)
class _Part:
    """An image in an archive, with the manifest that names its blobs."""

    archive: Archive
    packed: Packed
    body: bytes
    layers: Mapping[str, int]


class ArchiveOrigin:
    """Images of one name in an archive, or of the Docker engine, which writes one. For several platforms they get an
    index of their own; a single one has the manifest that it has there, or, from an engine that keeps none, one of its
    layers as they are."""

    def __init__(self, name: str, sources: Sequence[Source]) -> None:
        self.name = name
        self.home = ("", "")
        self._sources = sources
        self._parts: dict[str, _Part] = {}
        for source in sources:
            archive, packed = source.content()
            body, layers = of_archive(archive, packed)
            part = _Part(archive, packed, body, {layer.digest: at for at, layer in enumerate(layers)})
            self._parts[digest(body)] = part

    def top(self) -> Manifest:
        found = [self.manifest(of) for of in self._parts]
        if len(found) == 1:
            return found[0]
        entries = [
            {
                "mediaType": one.kind,
                "digest": one.digest,
                "size": len(one.body),
                "platform": _words(platform_of(self._parts[one.digest].packed.config)),
            }
            for one in found
        ]
        body = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).encode()
        return Manifest(body, OCI_INDEX, digest(body))

    def manifest(self, of: str) -> Manifest:
        body = self._parts[of].body
        return Manifest(body, json.loads(body)["mediaType"] if b"mediaType" in body else "", of)

    def platform(self, config: str) -> str:
        return platform_of(b"".join(self.blob(config)))

    def blob(self, of: str) -> Iterator[bytes]:
        for part in self._parts.values():
            if of in part.layers:
                return part.archive.raw(part.packed.blobs[part.layers[of]])
            if of == digest(part.packed.config):
                return iter([part.packed.config])
        raise KeyError(of)

    def close(self) -> None:
        for source in self._sources:
            source.close()


@contextlib.contextmanager
def origin(reference: str, engine: ImageEngine | None = None) -> Iterator[Origin]:
    """The image behind a reference: a file's, the Docker engine's where one is given and has it, else a registry's.

    An image that the engine has from a registry is taken from there by its digest: the engine may have thrown away how
    its layers were packed. Raises Refused for what is no image, and as `RegistryOrigin`.
    """
    told = engine.image(reference) if engine is not None and not Path(reference).is_file() else None
    digests = (told or {}).get("RepoDigests") or ()
    found: Origin
    if Path(reference).is_file() or (told is not None and not digests):
        assert engine is not None or Path(reference).is_file()
        found = ArchiveOrigin(reference, resolve(engine, [reference]) if engine is not None else _in(reference))
    else:
        found = RegistryOrigin(digests[0] if digests and "@" not in reference else reference)
    try:
        yield found
    finally:
        found.close()


def _in(path: str) -> list[Source]:
    archive = Archive.open(Path(path))
    return [Source(one.image, sum(b.size for b in one.blobs), None, (archive, one)) for one in archive.images]


def platforms(image: Origin, top: Manifest) -> dict[str, str]:
    """The platforms that an image is for, each with the digest of its manifest."""
    found = read(top.body, top.kind)
    if not isinstance(found, Index):
        return {image.platform(found.config): top.digest}
    told: dict[str, str] = {}
    for entry in found.entries:
        name = entry.platform
        if not name:
            one = read((part := image.manifest(entry.digest)).body, part.kind)
            if isinstance(one, Index):
                continue
            name = image.platform(one.config)
        told.setdefault(name, entry.digest)
    return told


def _words(platform: str) -> dict[str, str]:
    names = ("os", "architecture", "variant")
    return dict(zip(names, platform.split("/"), strict=False))
