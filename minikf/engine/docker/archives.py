"""Folders out of a container and back into one, as tar archives; owners and modes stay as they are."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from minikf.engine.docker.client import Docker, answers
from minikf.files import readable_failures

_CHUNK = 2 * 1024 * 1024
_NAMES = ("path", "linkpath")


def fetch(docker: Docker, container_id: str, folder: str, target: Path) -> int:
    """Writes what is in `folder` of the container to the archive `target` and returns its bytes.

    The archive has its name only when it is whole. Raises Refused (no such folder, no space) and Unreachable.
    """
    part = target.with_name(target.name + ".part")
    size = 0
    with answers(docker.address):
        stream, _ = docker.client.api.get_archive(container_id, folder, chunk_size=_CHUNK)
        with readable_failures(part):
            try:
                with part.open("wb") as file:
                    part.chmod(0o600)
                    for chunk in stream:
                        size += file.write(chunk)
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)
    return size


def put(docker: Docker, container_id: str, archive: Path, folder: str) -> None:
    """Unpacks an archive of `fetch` so that what was in its folder is in `folder`, which is made.

    Raises Refused and Unreachable.
    """
    target = PurePosixPath(folder)
    with answers(docker.address), readable_failures(archive):
        docker.run(container_id, ["mkdir", "-p", str(target.parent)])
        docker.client.api.put_archive(container_id, str(target.parent), _renamed(archive, target.name))


def _renamed(archive: Path, name: str) -> Iterator[bytes]:
    """The archive's bytes with its first folder called `name`; a chunk of a file at a time."""
    with tarfile.open(archive, "r:") as source:
        for member in source:
            # Long names stand in these headers, too, and would win over the new ones.
            member.pax_headers = {key: text for key, text in member.pax_headers.items() if key not in _NAMES}
            member.name = _moved(member.name, name)
            if member.islnk():
                member.linkname = _moved(member.linkname, name)
            yield member.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
            content = source.extractfile(member) if member.isreg() else None
            while content is not None and (chunk := content.read(_CHUNK)):
                yield chunk
            if content is not None:
                yield b"\0" * (-member.size % tarfile.BLOCKSIZE)
    yield b"\0" * (2 * tarfile.BLOCKSIZE)


def _moved(path: str, name: str) -> str:
    """`path` with another first part."""
    _, slash, rest = path.partition("/")
    return name + slash + rest
