"""Takes a tool out of the archive that it is released in."""

from __future__ import annotations

import os
import tarfile
from typing import IO

from minikf.errors import Refused
from minikf.files import readable_failures, sha256_of
from minikf.tools.table import Release

_CHUNK = 1 << 20


def unpack(wanted: Release, archive_sha256: str, most_bytes: int) -> None:
    """Puts the member of the verified archive at `wanted.path`, at once, and removes the archive. Another process may
    have done so meanwhile.

    Nothing else of the archive is written. Raises Refused where it has no such file, where that is longer than
    `most_bytes`, and where it cannot be written.
    """
    part = wanted.path.with_name(f".{wanted.name}.{os.getpid()}")
    with readable_failures(wanted.path.parent):
        try:
            with tarfile.open(wanted.download, "r:gz") as archive, part.open("wb") as out:
                _copy(_member(archive, wanted, most_bytes), out)
                os.fchmod(out.fileno(), 0o700)
                os.fsync(out.fileno())
            sha256 = sha256_of(part)
            part.replace(wanted.path)
        except FileNotFoundError:
            if not wanted.is_here():
                raise
            return
        except (tarfile.TarError, EOFError) as error:
            raise Refused(f"{wanted.url} is no archive that can be read", cause=str(error)) from error
        finally:
            part.unlink(missing_ok=True)
        wanted.note_unpacked(archive_sha256, sha256)
        wanted.download.unlink(missing_ok=True)


def _member(archive: tarfile.TarFile, wanted: Release, most_bytes: int) -> IO[bytes]:
    for one in archive:
        if one.name == wanted.member and one.isreg() and one.size <= most_bytes:
            found = archive.extractfile(one)
            assert found is not None, "a regular file has content"
            return found
    raise Refused(
        f"{wanted.url} does not have {wanted.member}",
        cause=f"no file of at most {most_bytes:,} bytes is called so in it",
    )


def _copy(source: IO[bytes], out: IO[bytes]) -> None:
    while chunk := source.read(_CHUNK):
        out.write(chunk)
