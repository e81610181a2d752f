"""Upstream's files in the cache, by sha256: nothing comes in that does not fit the lock."""

from __future__ import annotations

import errno
import hashlib
import shutil
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from minikf.blobs import BlobMissing, BlobStore
from minikf.bundle.errors import FileChanged
from minikf.bundle.lock.model import Lock, LockedFile, Part
from minikf.bundle.model import Selection
from minikf.bundle.origin import Origin, of_address
from minikf.bundle.sources import Source, each
from minikf.errors import MinikfError, Refused
from minikf.files import make_folder, readable_failures
from minikf.paths import cache_home
from minikf.spec import Event

WHAT = "files of the bundle"
TELL_SECONDS = 0.2

# A file that became longer is read a little further, so that its hash can be told.
_MORE_BYTES = 1 << 20


class Store:
    """The store below `root`, by default `bundles` in the cache. Any number of processes may use it at once."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or cache_home() / "bundles"
        self.incoming = self.root / "incoming"
        self._blobs = BlobStore(self.root)

    def ensure(self, lock: Lock, selection: Selection, source: Source) -> Generator[Event, None, None]:
        """Makes all files of a selection be here; reads from the source only what is not.

        What has come stays when this is interrupted. Raises, after a `failed` event: FileChanged, FileMissing,
        Unreachable, NoProgress, and Refused where something is not locked or there is no space.
        """
        yield from self.fetch(lock.files_of((one, selection.variant) for one in selection.components), source)

    def fetch(self, files: dict[str, LockedFile], source: Source) -> Generator[Event, None, None]:
        """As `ensure`, of files by address."""
        with self._disk(self.root):
            missing = {of_address(name): file for name, file in files.items() if self.read(file) is None}
        total = sum(file.size for file in files.values())
        done = total - sum(file.size for file in missing.values())
        try:
            if missing:
                yield Event(WHAT, "started", f"{len(missing)} from {source.name}", bytes_done=done, bytes_total=total)
                with self._disk(self.root):
                    self._check_room(sum(file.size for file in missing.values()))
                    self._blobs.sweep()
                    yield from self._fetch(missing, source, done, total)
        except MinikfError as error:
            yield Event(WHAT, "failed", error.message, cause=error.cause)
            raise
        yield Event(WHAT, "done", f"{len(files)} files are here", bytes_done=total, bytes_total=total)

    def put(self, data: bytes) -> LockedFile:
        """Takes in bytes that no lock has yet. Raises Refused where there is no space."""
        with self._disk(self.root):
            return LockedFile(self._blobs.put_bytes(data).sha256, len(data))

    def has(self, file: LockedFile) -> bool:
        """Whether something is in the file's place; nobody has looked what it is."""
        try:
            return self._blobs.path(f"sha256:{file.sha256}").exists()
        except BlobMissing:
            return False

    def read(self, file: LockedFile) -> bytes | None:
        """The bytes of a locked file; None where they are not here, or are not what they were."""
        try:
            with self._blobs.open(f"sha256:{file.sha256}") as opened:
                data = opened.read()
        except (BlobMissing, FileNotFoundError):
            return None
        return data if hashlib.sha256(data).hexdigest() == file.sha256 else None

    def tree(self, lock: Lock, parts: Iterable[Part], folder: Path) -> Path:
        """Puts all that these parts are made of into `folder`, in the layout of a mirror, and returns it.

        Remote entries of kustomizations lead to the locked copies, so that nothing has to be fetched, and each path of
        a part is a folder with a kustomization. Raises Refused where a file is not here, or something remote is not
        locked, and where `folder` cannot be written.
        """
        from minikf.bundle.tree import plant  # YAML is read for this alone

        chosen = list(parts)
        files = lock.files_of(chosen)
        contents = ((name, self._held(name, file)) for name, file in files.items())
        roots = {origin.address for component, variant in chosen for origin in component.origins(variant)}
        with self._disk(folder):
            plant(contents, files, roots, folder)
        return folder

    def _held(self, name: str, file: LockedFile) -> bytes:
        data = self.read(file)
        if data is None:
            raise Refused(
                f"{name} is not in {self.root}",
                cause=f"no file there has the sha256 {file.sha256}; it was removed, or changed",
                advice="repeat the command: it is fetched again",
            )
        return data

    def _fetch(
        self, missing: dict[Origin, LockedFile], source: Source, done: int, total: int
    ) -> Generator[Event, None, None]:
        def bring(origin: Origin) -> None:
            file = missing[origin]
            data = source.read(origin, file.size + _MORE_BYTES)
            check(origin, file, data, source)
            self._blobs.put_bytes(data)

        count, told = 0, time.monotonic()
        with closing(each(bring, missing, source.threads)) as brought:
            for origin, job in brought:
                job.result()
                count, done = count + 1, done + missing[origin].size
                if time.monotonic() - told >= TELL_SECONDS:
                    told = time.monotonic()
                    message = f"{count} of {len(missing)} files"
                    yield Event(WHAT, "progress", message, bytes_done=done, bytes_total=total)

    def _check_room(self, needed: int) -> None:
        free = shutil.disk_usage(make_folder(self.root)).free
        if needed > free:
            raise _no_space(self.root, f"{needed:,} bytes are needed and {free:,} are free")

    @contextmanager
    def _disk(self, folder: Path) -> Iterator[None]:
        """Says what to do where the file system refuses to have something in `folder`."""
        try:
            with readable_failures(folder):
                yield
        except Refused as error:
            reason = error.__cause__
            if isinstance(reason, OSError) and reason.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise _no_space(folder, reason.strerror or str(reason)) from reason
            raise


def check(origin: Origin, file: LockedFile, data: bytes, source: Source) -> None:
    """Raises FileChanged where the bytes are not those that were locked."""
    found = hashlib.sha256(data).hexdigest()
    if found == file.sha256:
        return
    raise FileChanged(
        f"{origin.address} is not what was locked, so it is not used",
        cause=f"from {source.name} come {len(data):,} bytes with the sha256 {found}, and {file.size:,} bytes with "
        f"{file.sha256} were locked",
        advice="see all that differs: minikf bundle verify; or name a mirror that has the file as it was: --mirror",
    )


def _no_space(folder: Path, cause: str) -> Refused:
    return Refused(
        f"no space for the files of the bundle in {folder}",
        cause=cause,
        advice="free some disk space, or set XDG_CACHE_HOME to a folder on another disk",
    )
