"""From a storageUri to content in the store, with checksum."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import threading
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from shutil import rmtree
from typing import Protocol
from urllib.parse import unquote, urlsplit

from minikf.blobs import Blob, BlobMissing, BlobStore, NotStorable
from minikf.embedded.storage.archive import is_archive, unpack
from minikf.embedded.storage.errors import FetchFailed
from minikf.embedded.storage.http import Download, NotModified, Progress, Seen, shown
from minikf.embedded.storage.local import file_source, volume_source
from minikf.embedded.storage.uri import FILE, HTTP, PVC, REGISTRY, ModelUri
from minikf.errors import MinikfError
from minikf.paths import PlatformPaths

# Larger models are not downloaded or unpacked on a laptop by accident.
MAX_BYTES = 32 * 1024**3


class Registered(Protocol):
    """What the model registry says about a version: stored files, or the address of files elsewhere."""

    @property
    def uri(self) -> str: ...
    @property
    def path(self) -> Path | None: ...
    @property
    def digest(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def filename(self) -> str: ...


# Finds what a model-registry:// address means; raises MinikfError.
Resolve = Callable[[str], Awaitable[Registered]]


@dataclass(frozen=True)
class Fetched:
    """A model in the content store. `filename` is the name of a single file; `notices` is what a user should know."""

    digest: str
    size: int
    filename: str
    notices: tuple[str, ...] = ()


class Fetcher:
    """Fetches models for a platform. Any number of fetches may run at a time."""

    def __init__(self, paths: PlatformPaths, resolve: Resolve | None = None, max_bytes: int = MAX_BYTES) -> None:
        self._volumes = paths.volumes
        self._downloads = paths.cache / "downloads"
        self._resolve = resolve
        self._max_bytes = max_bytes
        self.blobs = BlobStore(paths.blobs)

    async def fetch(self, uri: ModelUri, namespace: str, progress: Progress = lambda done, total: None) -> Fetched:
        """Brings the model here; `progress` gets bytes done and bytes in all (0: not known) from another thread.

        A cancelled fetch stops soon. Raises FetchFailed.
        """
        if uri.scheme == REGISTRY:
            return await self._registered(uri, namespace, progress)
        stop = threading.Event()
        try:
            return await asyncio.to_thread(self._fetch, uri, namespace, progress, stop)
        finally:
            stop.set()

    def checkout(self, fetched: Fetched, folder: Path) -> Path:
        """The folder with the model's files, read-only; `folder` is made when a single file needs one."""
        stored = self.blobs.path(fetched.digest)
        if stored.is_dir():
            return stored
        target = folder / (fetched.filename or "model")
        if not target.exists():
            folder.mkdir(parents=True, exist_ok=True)
            self.blobs.checkout(fetched.digest, target)
        return folder

    async def _registered(self, uri: ModelUri, namespace: str, progress: Progress) -> Fetched:
        if self._resolve is None:
            raise FetchFailed(f"{uri.path} cannot be fetched", cause="this platform has no model registry")
        try:
            found = await self._resolve(uri.path)
        except MinikfError as error:
            raise FetchFailed(f"{uri.path} cannot be fetched", cause=error.message, advice=error.advice) from error
        if found.path is None:
            from minikf.embedded.storage.uri import parse_uri

            elsewhere = parse_uri(found.uri, uri.sha256)
            if elsewhere.scheme == REGISTRY:
                raise FetchFailed(f"{uri.path} cannot be fetched", cause=f"it leads to {found.uri}, another entry")
            return await self.fetch(elsewhere, namespace, progress)
        _check(uri.sha256, found.digest, uri.path)
        blob = Blob(found.digest, found.size)
        if is_archive(found.filename) and not blob.is_folder:
            return await asyncio.to_thread(self._unpacked, blob, found.filename)
        return Fetched(found.digest, found.size, found.filename)

    def _fetch(self, uri: ModelUri, namespace: str, progress: Progress, stop: threading.Event) -> Fetched:
        if uri.scheme == HTTP:
            return self._downloaded(uri, progress, stop)
        assert uri.scheme in (FILE, PVC)
        source = file_source(uri) if uri.scheme == FILE else volume_source(uri, self._volumes, namespace)
        with _storing(str(source)):
            blob = self.blobs.put(source)
        _check(uri.sha256, blob.digest, str(source))
        if is_archive(source.name) and not blob.is_folder:
            return self._unpacked(blob, source.name)
        return Fetched(blob.digest, blob.size, source.name)

    def _downloaded(self, uri: ModelUri, progress: Progress, stop: threading.Event) -> Fetched:
        filename = unquote(PurePosixPath(urlsplit(uri.path).path).name) or "model"
        filename = filename.replace("/", "_").replace("\0", "_")
        blob, notices = self._from_web(uri, progress, stop)
        _check(uri.sha256, blob.digest, shown(uri.path))
        if is_archive(filename):
            unpacked = self._unpacked(blob, filename)
            return Fetched(unpacked.digest, unpacked.size, "", notices)
        return Fetched(blob.digest, blob.size, filename, notices)

    def _from_web(self, uri: ModelUri, progress: Progress, stop: threading.Event) -> tuple[Blob, tuple[str, ...]]:
        if uri.sha256:
            # With a checksum nobody has to be asked for what is here already.
            held = self._held(f"sha256:{uri.sha256}")
            if held is not None:
                return held, ()
        self._downloads.mkdir(parents=True, exist_ok=True)
        base = self._downloads / hashlib.sha256(uri.path.encode()).hexdigest()
        with _locked(base.with_suffix(".lock")):
            known = Seen.read(base.with_suffix(".json"))
            held = self._held(known.digest)
            part = base.with_suffix(".part")
            try:
                seen = Download(uri.path, part, self._max_bytes, progress, stop).run(known if held else Seen())
            except NotModified:
                assert held is not None
                return held, ()
            except FetchFailed as error:
                if held is None or not error.passing or stop.is_set():
                    raise
                return held, (
                    f"{shown(uri.path)} cannot be asked for news ({error.cause}); what was there last is used",
                )
            with _storing(shown(uri.path)):
                blob = self.blobs.put_file(part)
            Seen(seen.etag, seen.modified, blob.digest).write(base.with_suffix(".json"))
            part.unlink()
            part.with_name(f"{part.name}.json").unlink(missing_ok=True)
        return blob, ()

    def _held(self, digest: str) -> Blob | None:
        try:
            return Blob(digest, self.blobs.path(digest).stat().st_size)
        except BlobMissing:
            return None

    def _unpacked(self, archive: Blob, name: str) -> Fetched:
        self._downloads.mkdir(parents=True, exist_ok=True)
        folder = self._downloads / f"unpacked-{uuid.uuid4().hex}"
        try:
            unpack(self.blobs.path(archive.digest), name, folder, self._max_bytes)
            with _storing(name):
                blob = self.blobs.put_tree(folder)
        finally:
            rmtree(folder, ignore_errors=True)
        return Fetched(blob.digest, blob.size, "")


def _check(wanted: str, digest: str, what: str) -> None:
    if not wanted:
        return
    kind, _, found = digest.partition(":")
    if kind != "sha256":
        raise FetchFailed(
            f"the checksum of {what} cannot be compared",
            cause="it is a folder, and a SHA-256 checksum is one file's",
            advice="leave the checksum out, or serve a single file or archive",
        )
    if found != wanted:
        raise FetchFailed(
            f"{what} is not the model that was asked for",
            cause=f"its SHA-256 is {found}, demanded is {wanted}",
            advice="correct the checksum, or bring back the right file",
        )


@contextmanager
def _storing(what: str) -> Iterator[None]:
    try:
        yield
    except NotStorable as error:
        cause = f"{error.message}: {error.cause}" if error.cause else error.message
        raise FetchFailed(f"{what} cannot be stored", cause=cause, advice=error.advice) from error
    except OSError as error:
        raise FetchFailed(f"{what} cannot be stored", cause=error.strerror or str(error)) from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One download of an address at a time, whichever thread, platform or daemon asks."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
