"""Where images come from: the local Docker engine, or archives in files."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from minikf.engine.docker.images import ImageEngine
from minikf.engine.images.archive import Archive, Packed, spooled
from minikf.engine.images.errors import NotThisWay
from minikf.engine.images.model import Image, Platform
from minikf.engine.images.names import is_id, whole
from minikf.errors import Refused


class Source:
    """An image, its size in bytes as Docker or the archive tells it, and a way to its content.

    Nodes that are served at the same time share it.
    """

    def __init__(
        self, image: Image, size: int, engine: ImageEngine | None, content: tuple[Archive, Packed] | None = None
    ) -> None:
        self.image = image
        self.size = size
        self._engine = engine
        self._content = content
        self._one_at_a_time = threading.Lock()

    @property
    def local(self) -> bool:
        """Whether it is an image of the Docker engine."""
        return self._engine is not None

    def content(self) -> tuple[Archive, Packed]:
        """The image in an archive; one of the Docker engine is written out when this is first asked.

        Raises Refused where there is no room for that.
        """
        with self._one_at_a_time:
            if self._content is None:
                assert self._engine is not None
                archive = spooled(self._engine.save(self.image.id), self.image.reference)
                packed = next((one for one in archive.images if one.image.diff_ids == self.image.diff_ids), None)
                if packed is None:
                    archive.close()
                    raise NotThisWay("the Docker engine wrote another image than it told of")
                self._content = archive, packed
            return self._content

    def close(self) -> None:
        """Gives the archive's file back."""
        if self._content is not None:
            self._content[0].close()


def resolve(engine: ImageEngine, references: Sequence[str]) -> list[Source]:
    """The images behind references, each once; an archive may hold one for each of several platforms.

    Raises Refused for what is neither an image of the Docker engine nor an archive, or has no name.
    """
    found: list[Source] = []
    try:
        for reference in dict.fromkeys(references):
            path = Path(reference)
            found += _in_file(path) if path.is_file() else [_in_docker(engine, reference)]
        for source in found:
            _demand_name(source)
    except BaseException:
        for source in found:
            source.close()
        raise
    return found


def fitting(sources: Sequence[Source], platforms: Sequence[Platform]) -> list[Source]:
    """The images that the nodes' `platforms` run. Raises Refused where a name has none."""
    chosen: dict[tuple[str, ...], Source] = {}
    for source in sources:
        names = source.image.names
        if names not in chosen or all(node.runs(source.image.platform) for node in platforms):
            chosen[names] = source
    for source in chosen.values():
        _demand_platform(source.image, platforms)
    return list(chosen.values())


def _in_docker(engine: ImageEngine, reference: str) -> Source:
    told = engine.image(reference)
    if told is None:
        raise Refused(
            f"the Docker engine has no image {reference}",
            cause="it was not pulled or built here, and there is no file of that name",
            advice=f"docker pull {reference}, or docker build -t {reference} .",
        )
    names = told.get("RepoTags") or () if is_id(reference, told["Id"]) else (reference,)
    platform = Platform(told["Os"], told["Architecture"], told.get("Variant", ""))
    layers = tuple(told["RootFS"].get("Layers") or ())
    return Source(Image(reference, tuple(map(whole, names)), told["Id"], platform, layers), told["Size"], engine)


def _in_file(path: Path) -> list[Source]:
    archive = Archive.open(path)
    return [
        Source(packed.image, sum(blob.size for blob in packed.blobs), None, (archive, packed))
        for packed in archive.images
    ]


def _demand_name(source: Source) -> None:
    image = source.image
    if not image.names:
        raise Refused(
            f"the image in {image.reference} has no name" if not source.local else f"{image.reference} has no name",
            cause="pods ask for images by name",
            advice=f"docker tag {image.id[7:19]} NAME:TAG, then load NAME:TAG"
            if source.local
            else f"docker load -i {image.reference}; docker tag {image.id[7:19]} NAME:TAG, then load NAME:TAG",
        )


def _demand_platform(image: Image, platforms: Sequence[Platform]) -> None:
    name = image.names[0]
    for node in platforms:
        if not node.runs(image.platform):
            raise Refused(
                f"{name} is made for {image.platform}, and the cluster's nodes are {node}",
                cause="a container of it could not be started there; nothing was sent",
                advice=f"docker pull --platform {node} {name}, or docker build --platform {node} -t {name} .",
            )
