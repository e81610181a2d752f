"""Looks into a packaged chart before helm does: what `helm package` makes has none of what is refused here.

Nothing is unpacked to a disk, neither here nor by helm, which reads the archive itself. Charts within charts are
archives again, and all of them together have one measure.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib

from minikf.bundle.errors import NotLockable

MOST_BYTES = 100 << 20
"""The most that an archive may hold, with the archives within: as MaxDecompressedChartSize in helm 4.2.4
(pkg/chart/loader/archive/archive.go)."""
MOST_FILES = 10_000
DEEPEST = 8
"""How deep charts may lie within charts as archives."""


def look_into(data: bytes, where: str) -> None:
    """Raises NotLockable for what is no packaged chart, or holds what no chart needs; `where` is how it is called."""
    _Look(where).into(data, where, 1)


class _Look:
    def __init__(self, where: str) -> None:
        self._where = where
        self._bytes = 0
        self._files = 0

    def into(self, data: bytes, where: str, depth: int) -> None:
        if depth > DEEPEST:
            raise self._refused(f"{where} lies in more than {DEEPEST} archives within each other")
        folders: set[str] = set()
        charts: set[str] = set()
        try:
            # gzip by itself: tarfile's own one does not understand the header that helm writes (Python 3.11).
            unzipped = _Counted(gzip.GzipFile(fileobj=io.BytesIO(data)), self)
            with tarfile.open(fileobj=unzipped, mode="r|") as archive:  # type: ignore[call-overload]
                for one in archive:
                    folder, _, path = self._path(one).partition("/")
                    folders.add(folder)
                    if path == "Chart.yaml":
                        charts.add(folder)
                    if path.startswith("charts/") and path.endswith(".tgz") and path.count("/") == 1:
                        self.into(self._content(archive, one), f"{where}: {path}", depth + 1)
        except (tarfile.TarError, EOFError, OSError, ValueError, zlib.error) as error:
            raise self._refused(f"{where} is no gzipped tar: {error}") from error
        if len(folders) != 1 or charts != folders:
            raise self._refused(f"{where} is not one folder with a Chart.yaml")

    def count(self, size: int) -> None:
        """Raises where this is more than all of it may hold."""
        self._bytes += size
        if self._bytes > MOST_BYTES:
            raise self._refused(f"it holds more than {MOST_BYTES:,} bytes")

    def _path(self, one: tarfile.TarInfo) -> str:
        """The path of a member that may be there."""
        self._files += 1
        if self._files > MOST_FILES:
            raise self._refused(f"it has more than {MOST_FILES:,} files")
        if not one.isreg() and not one.isdir():
            raise self._refused(f"'{one.name}' is a link or a device")
        parts = one.name.split("/")
        if "\\" in one.name or any(part in ("", ".", "..") for part in parts):
            raise self._refused(f"'{one.name}' leads out of it")
        return one.name

    def _content(self, archive: tarfile.TarFile, one: tarfile.TarInfo) -> bytes:
        file = archive.extractfile(one)
        return file.read() if file is not None else b""

    def _refused(self, cause: str) -> NotLockable:
        return NotLockable(
            f"{self._where} is no packaged chart that can be used",
            cause=cause,
            advice="name an archive that `helm package` has made",
        )


class _Counted:
    """A stream whose bytes are counted as they come: what a header says of sizes is not believed."""

    def __init__(self, file: gzip.GzipFile, look: _Look) -> None:
        self._file = file
        self._look = look

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._look.count(len(data))
        return data
