"""Layers out of an archive, unpacked by the Docker engine itself into a node.

The engine unpacks a tar stream in any container's folder (`docker cp` does it so). That takes a third of the time of
`ctr images import`, which sends the content in small messages to containerd, writes it, and unpacks it afterwards, and
it needs no program in the node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from minikf.engine.docker.images import ImageEngine
from minikf.engine.images.archive import Archive, Packed
from minikf.engine.images.errors import NotThisWay
from minikf.engine.images.oci import files
from minikf.engine.images.stage import Stage
from minikf.engine.images.tarstream import Broken, Directory, Source, directories, overlaid
from minikf.errors import Refused

_PIECE = 1 << 20


def send(
    engine: ImageEngine,
    stage: Stage,
    archive: Archive,
    packed: Packed,
    numbers: Sequence[int],
    tell: Callable[[int], None],
) -> None:
    """Puts the layers with these numbers into the stage and calls `tell` with every piece's size, as in the archive.

    Raises ContainerFailed, NotThisWay for a packing that Python does not read, and Refused where a layer is not what
    the image's configuration says.
    """
    if any(packed.blobs[number].packed == "zstd" for number in numbers):
        raise NotThisWay("a layer is packed with zstd")
    engine.put(stage.node.container, stage.path, [files({f"{number}/": b"" for number in numbers}), bytes(1024)])
    below = _Below(archive, packed)
    for number in numbers:
        blob = packed.blobs[number]
        source = Source(archive.tar(blob, tell))
        below.number = number
        try:
            engine.put(stage.node.container, stage.layer(number), _joined(overlaid(source, below)))
        except (Broken, ValueError) as error:
            raise _damaged(archive, number, str(error)) from error
        if source.digest != packed.image.diff_ids[number]:
            raise _damaged(archive, number, f"its digest is {source.digest}, and not {packed.image.diff_ids[number]}")


class _Below:
    """Finds directories in the layers below one; reads those only when it is asked."""

    def __init__(self, archive: Archive, packed: Packed) -> None:
        self._archive = archive
        self._packed = packed
        self._known: dict[int, dict[str, Directory]] = {}
        self.number = 0

    def __call__(self, path: str) -> Directory | None:
        for number in range(self.number - 1, -1, -1):
            if number not in self._known:
                self._known[number] = directories(Source(self._archive.tar(self._packed.blobs[number])))
            if path in self._known[number]:
                return self._known[number][path]
        return None


def _joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces of a size that is worth a write; headers come in pieces of 512 bytes."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _PIECE:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held) + bytes(1024)


def _damaged(archive: Archive, number: int, cause: str) -> Refused:
    return Refused(
        f"layer {number + 1} in {archive.name} is damaged",
        cause=cause,
        advice="write the archive again: docker save -o FILE IMAGE",
    )
