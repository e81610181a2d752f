"""The store of a platform's data sets.

    content/sha256/<first two>/<hash>   files and manifests, read-only, each content once (minikf.blobs)
    sets/NAME.json                      the record of a data set; a version exists from the moment it stands here
    content.lock, records.lock          who works here

A version is added content first, manifest next, record last, each synced before the next, so that a kill or power
cut leaves either the version or content that nobody names; `collect` removes the latter.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from minikf.blobs import BlobStore
from minikf.blobs.disk import sync_folder
from minikf.datasets import diff as differences
from minikf.datasets import locks, manifest, version
from minikf.datasets.diff import Difference
from minikf.datasets.errors import DatasetDamaged, DatasetMissing, DatasetRefused, failed, reading, storing
from minikf.datasets.manifest import Manifest, StoredFile
from minikf.datasets.placing import place
from minikf.datasets.reference import check_name, parse_reference
from minikf.datasets.sources import gather
from minikf.datasets.version import Dataset, Version
from minikf.files import write_private


@dataclass(frozen=True)
class Added:
    """The version that holds what was added. `new` is false where the newest version was the same already."""

    version: Version
    new: bool


@dataclass(frozen=True)
class Freed:
    """What a clean-up removed; size in bytes."""

    files: int
    size: int


class DatasetStore:
    """The data sets under `root`. References are read by `parse_reference`; methods raise its DatasetRefused, too."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._blobs = BlobStore(root / "content")
        self._sets = root / "sets"

    def add(self, name: str, paths: Sequence[Path], message: str = "") -> Added:
        """Stores the paths' content as the newest version, durably. Raises DatasetRefused or DatasetStorageFailed."""
        check_name(name)
        with storing(f"nothing was added to data set '{name}'"), locks.using(self.root):
            sources = gather(paths)
            blobs = self._blobs.put_files(list(sources.files.values()))
            files = {
                inner: StoredFile(blob.sha256, blob.size) for inner, blob in zip(sources.files, blobs, strict=True)
            }
            made = Manifest(files, tuple(sources.empty_folders))
            digest = self._blobs.put_bytes(made.encode()).digest
            with locks.recording(self.root):
                dataset = self._read(name) or Dataset(name)
                if dataset.versions and dataset.versions[-1].digest == digest:
                    return Added(dataset.versions[-1], new=False)
                added = Version(
                    name,
                    dataset.next_number,
                    digest,
                    datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                    len(files),
                    made.size,
                    message,
                    tuple(str(path.absolute()) for path in paths),
                )
                self._write(dataset.with_version(added))
        return Added(added, new=True)

    def datasets(self) -> tuple[Dataset, ...]:
        """All of them by name. Raises DatasetDamaged."""
        names = sorted(file.stem for file in self._sets.glob("[!.]*.json")) if self._sets.is_dir() else []
        return tuple(dataset for name in names if (dataset := self._read(name)) is not None)

    def dataset(self, name: str) -> Dataset:
        """Raises DatasetMissing or DatasetDamaged."""
        found = self._read(check_name(name))
        if found is None:
            raise DatasetMissing(f"there is no data set '{name}'", advice="minikf data list")
        return found

    def resolve(self, reference: str) -> Version:
        """The version that a reference means now. Raises DatasetMissing or DatasetDamaged."""
        wanted = parse_reference(reference)
        return self.dataset(wanted.name).find(wanted)

    def manifest(self, wanted: Version) -> Manifest:
        """The files of a version. Raises DatasetDamaged."""
        with reading(f"{wanted.name}@{wanted.label}"):
            self._blobs.verify(wanted.digest)
            return manifest.decode(self._blobs.path(wanted.digest).read_bytes())

    def diff(self, old: Version, new: Version) -> Difference:
        """What came, went, changed and moved from `old` to `new`. Raises DatasetDamaged."""
        return differences.compare(self.manifest(old), self.manifest(new))

    def checkout(self, reference: str, target: Path, *, writable: bool = False) -> Version:
        """Makes the folder `target` with the version's files, all of them or none, each compared with its hash.

        Read-only files may be the store's own, linked. Raises DatasetMissing, DatasetDamaged, DatasetRefused where
        `target` holds something, DatasetStorageFailed.
        """
        wanted = self.resolve(reference)
        target = target.absolute()
        if target.is_symlink() or (target.exists() and not (target.is_dir() and not any(target.iterdir()))):
            raise DatasetRefused(
                f"{wanted.name}@{wanted.label} was not checked out: {target} is there already",
                cause="a checkout makes its folder, or fills an empty one, and writes over nothing",
                advice=f"minikf data checkout {wanted.name}@{wanted.label} {target}-{wanted.label}",
            )
        files = self.manifest(wanted)
        try:
            with locks.using(self.root), _beside(target) as staging:
                self._fill(staging, files, wanted, writable)
                staging.replace(target)
        except OSError as error:
            raise failed(f"{wanted.name}@{wanted.label} was not checked out", error) from error
        return wanted

    def remove(self, reference: str) -> tuple[Version, ...]:
        """Forgets a version, or without one the whole data set; `collect` frees the space. Raises DatasetMissing."""
        wanted = parse_reference(reference)
        with storing(f"{reference} was not removed"), locks.recording(self.root):
            dataset = self.dataset(wanted.name)
            if "@" in reference:
                one = dataset.find(wanted)
                self._write(dataset.without(one.number))
                return (one,)
            self._file(wanted.name).unlink()
            sync_folder(self._sets)
        return dataset.versions

    def collect(self) -> Freed:
        """Removes content that no version names. Raises DatasetDamaged where a version cannot say what it names."""
        files = size = 0
        with storing("not all that is unused was removed"), locks.cleaning(self.root), locks.recording(self.root):
            kept: set[str] = set()
            for one in (one for dataset in self.datasets() for one in dataset.versions):
                kept |= {one.digest, *(f"sha256:{file.sha256}" for file in self.manifest(one).files.values())}
            for blob in self._blobs.files():
                if blob.digest not in kept:
                    self._blobs.discard(blob.digest)
                    files, size = files + 1, size + blob.size
            self._blobs.sweep(older_than=-1)  # whoever left it there is dead: living writers hold the lock
        return Freed(files, size)

    def _fill(self, folder: Path, files: Manifest, wanted: Version, writable: bool) -> None:
        made = {folder}
        whole: set[str] = set()
        for name, file in files.files.items():
            target = folder / name
            if target.parent not in made:
                target.parent.mkdir(parents=True, exist_ok=True)
                made.add(target.parent)
            with reading(f"{wanted.name}@{wanted.label}"):
                if file.sha256 not in whole:
                    self._blobs.verify(f"sha256:{file.sha256}")
                    whole.add(file.sha256)
                place(self._blobs.path(f"sha256:{file.sha256}"), target, writable=writable)
        for name in files.empty_folders:
            (folder / name).mkdir(parents=True, exist_ok=True)

    def _file(self, name: str) -> Path:
        return self._sets / f"{name}.json"

    def _read(self, name: str) -> Dataset | None:
        file = self._file(name)
        try:
            return version.decode(file.read_text())
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise DatasetDamaged(
                f"the record of data set '{name}' cannot be read",
                cause=f"{file}: {error}",
                advice=f"bring {file} back from a copy, or remove the file: its content can be added again",
            ) from error

    def _write(self, dataset: Dataset) -> None:
        new = not self._sets.is_dir()
        write_private(self._file(dataset.name), dataset.encode())
        sync_folder(self._sets)
        if new:
            sync_folder(self.root)


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A new folder on the target's file system, gone in the end unless it was moved."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = target.parent / f".{target.name}.{uuid.uuid4().hex[:12]}.partial"
    folder.mkdir()
    try:
        yield folder
    finally:
        if folder.exists():
            shutil.rmtree(folder)
