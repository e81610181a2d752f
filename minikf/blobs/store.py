"""The store itself.

    sha256/<first two>/<hash>      a file, read-only, under the hash that `sha256sum` prints
    trees/<first two>/<hash>/...   a folder; its files are hard links to the files above where links work
    incoming/                      what is being written; nothing in it was ever promised to anybody

Content is copied in, never linked from its source, so that a source that changes later does not change what is
stored. It becomes visible by one rename, after it was synced.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import math
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from minikf.blobs.batch import Batch
from minikf.blobs.disk import sync_file, sync_folder
from minikf.blobs.errors import BlobDamaged, BlobMissing, NotStorable, damaged, missing
from minikf.blobs.source import listing, readable, regular
from minikf.blobs.tree import Tree, TreeFile

FILE = "sha256"
TREE = "tree-sha256"
_CHUNK = 1 << 20
_READ_ONLY = 0o444
_ABANDONED_SECONDS = 24 * 3600
_HEX = frozenset("0123456789abcdef")
_NO_LINKS = frozenset({errno.EMLINK, errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EXDEV, errno.ENOSYS})


@dataclass(frozen=True)
class Blob:
    """Stored content. `digest` is `sha256:HEX` for a file and `tree-sha256:HEX` for a folder; `size` is in bytes."""

    digest: str
    size: int

    @property
    def sha256(self) -> str:
        return self.digest.partition(":")[2]

    @property
    def is_folder(self) -> bool:
        return self.digest.startswith(f"{TREE}:")


class _Condition(Enum):
    WHOLE = 1
    DAMAGED = 2
    MISSING = 3


class BlobStore:
    """The store under `root`. Any number of threads and processes may write to it at the same time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._incoming = root / "incoming"

    def put(self, source: Path) -> Blob:
        """Stores a file or a folder. Raises NotStorable, and OSError where the store cannot be written."""
        with readable(source):
            is_folder = source.is_dir()
        return self.put_tree(source) if is_folder else self.put_file(source)

    def put_file(self, source: Path) -> Blob:
        """Stores one file, once. Raises NotStorable, and OSError where the store cannot be written."""
        with regular(source) as file:
            digest = _hash(file)
            if self._condition(f"{FILE}:{digest}") is not _Condition.WHOLE:
                file.seek(0)
                digest = self._copy_in(file)
            size = os.fstat(file.fileno()).st_size
        return Blob(f"{FILE}:{digest}", size)

    def put_files(self, sources: Sequence[Path]) -> list[Blob]:
        """Stores many files, each once, and syncs them together: much quicker than one after the other.

        Raises NotStorable, and OSError where the store cannot be written; what is stored by then is whole, and named by
        nobody.
        """
        batch = Batch()
        try:
            blobs = [self._put_into(batch, source) for source in sources]
            batch.close()
        finally:
            batch.abandon()
        return blobs

    def put_bytes(self, data: bytes) -> Blob:
        """Stores bytes as a file, once. Raises OSError where the store cannot be written."""
        digest = f"{FILE}:{hashlib.sha256(data).hexdigest()}"
        if self._condition(digest) is not _Condition.WHOLE:
            self._copy_in(io.BytesIO(data))
        return Blob(digest, len(data))

    def put_tree(self, folder: Path) -> Blob:
        """Stores a folder with all that it holds. Raises NotStorable, and OSError where the store cannot be written."""
        found = listing(folder)
        if not found.files:
            raise NotStorable(f"{folder} holds no file", cause="there is nothing to store")
        blobs = dict(zip(found.files, self.put_files(list(found.files.values())), strict=True))
        tree = Tree(found.folders, tuple(TreeFile(name, blob.sha256, blob.size) for name, blob in blobs.items()))
        digest = f"{TREE}:{tree.sha256}"
        condition = self._condition(digest)
        if condition is not _Condition.WHOLE:
            self._publish(tree, self._place(digest), replace=condition is _Condition.DAMAGED)
        return Blob(digest, tree.size)

    def path(self, digest: str) -> Path:
        """Where the content is: a read-only file, or a folder of them. Raises BlobMissing."""
        path = self._place(digest)
        if not path.exists():
            raise missing(digest)
        return path

    def open(self, digest: str) -> BinaryIO:
        """A stored file, open for reading. Raises BlobMissing, also where the digest is a folder's."""
        path = self.path(digest)
        if path.is_dir():
            raise missing(digest)
        return path.open("rb")

    def verify(self, digest: str) -> Blob:
        """Reads all of it and compares. Raises BlobMissing or BlobDamaged."""
        path = self.path(digest)
        try:
            sha256, size = _measure(path)
        except NotStorable as error:
            raise damaged(digest, f"{error.message}: {error.cause}") from error
        if sha256 != digest.partition(":")[2]:
            raise damaged(digest, f"{path} has the hash {sha256} now")
        return Blob(digest, size)

    def checkout(self, digest: str, target: Path) -> None:
        """Puts the content at `target`, which must not exist yet: linked where possible, else copied.

        The files stay read-only, since they may be the store's own. Raises BlobMissing.
        """
        path = self.path(digest)
        if path.is_dir():
            shutil.copytree(path, target, copy_function=_link_or_copy)
        else:
            _link_or_copy(path, target)

    def files(self) -> Iterator[Blob]:
        """All stored files, trees left out."""
        folder = self.root / "sha256"
        for path in folder.glob("??/*") if folder.is_dir() else ():
            yield Blob(f"{FILE}:{path.name}", path.stat().st_size)

    def discard(self, digest: str) -> None:
        """Removes a stored file that nobody needs; trees keep their links to it. Raises BlobMissing."""
        self.path(digest).unlink()

    def sweep(self, older_than: float = _ABANDONED_SECONDS) -> int:
        """Removes what killed writers left behind and nobody touched for `older_than` seconds, and counts it.

        What is younger may be a writer's at work: programs of pods store content, too, and outlive the daemon.
        """
        before = time.time() - older_than
        leftovers = list(self._incoming.iterdir()) if self._incoming.is_dir() else []
        old = [leftover for leftover in leftovers if _touched(leftover) <= before]
        for leftover in old:
            _remove(leftover)
        return len(old)

    def _copy_in(self, file: BinaryIO) -> str:
        """Stores what the open file still has, and gives the hash of what was really written."""
        with self._new() as incoming:
            with incoming.open("xb") as out:
                digest = _copy(file, out)
                out.flush()
                incoming.chmod(_READ_ONLY)
                sync_file(out.fileno())
            self._reveal(incoming, self._place(f"{FILE}:{digest}"))
        return digest

    def _put_into(self, batch: Batch, source: Path) -> Blob:
        with regular(source) as file:
            digest = _hash(file)
            place = self._place(f"{FILE}:{digest}")
            if place not in batch:
                if self._condition(f"{FILE}:{digest}") is _Condition.WHOLE:
                    batch.relies_on(place)
                else:
                    file.seek(0)
                    digest = self._copy_later(file, batch)
            return Blob(f"{FILE}:{digest}", os.fstat(file.fileno()).st_size)

    def _copy_later(self, file: BinaryIO, batch: Batch) -> str:
        """As `_copy_in`; the batch syncs and reveals the copy."""
        incoming = self._incoming / uuid.uuid4().hex
        self._incoming.mkdir(parents=True, exist_ok=True)
        try:
            with incoming.open("xb") as out:
                digest = _copy(file, out)
                size = out.tell()
                incoming.chmod(_READ_ONLY)
        except BaseException:
            _remove(incoming)
            raise
        batch.add(incoming, self._place(f"{FILE}:{digest}"), size)
        return digest

    def _publish(self, tree: Tree, target: Path, *, replace: bool) -> None:
        """Builds the folder from stored files and reveals it."""
        with self._new() as incoming, self._new() as trash:
            incoming.mkdir()
            folders = [incoming, *(incoming / name for name in tree.folders)]
            for folder in folders[1:]:  # sorted by name, so an outer folder comes before its inner ones
                folder.mkdir()
            for file in tree.files:
                _link_or_copy(self._place(f"{FILE}:{file.sha256}"), incoming / file.name)
            for folder in reversed(folders):
                sync_folder(folder)
            if replace:
                with contextlib.suppress(FileNotFoundError):  # another writer repairs it too
                    target.rename(trash)
            self._reveal(incoming, target)

    def _reveal(self, incoming: Path, target: Path) -> None:
        if not target.parent.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
            sync_folder(target.parent.parent)
        try:
            incoming.replace(target)
        except OSError:
            if not target.is_dir():  # else another writer was first with the same folder
                raise
        sync_folder(target.parent)

    @contextlib.contextmanager
    def _new(self) -> Iterator[Path]:
        """A new path to write at; what is still there in the end is removed."""
        self._incoming.mkdir(parents=True, exist_ok=True)
        path = self._incoming / uuid.uuid4().hex
        try:
            yield path
        finally:
            _remove(path)

    def _condition(self, digest: str) -> _Condition:
        try:
            self.verify(digest)
        except BlobMissing:
            return _Condition.MISSING
        except BlobDamaged:
            return _Condition.DAMAGED
        return _Condition.WHOLE

    def _place(self, digest: str) -> Path:
        kind, _, sha256 = digest.partition(":")
        if kind not in (FILE, TREE) or len(sha256) != 64 or not _HEX.issuperset(sha256):
            raise missing(digest)
        return self.root / ("sha256" if kind == FILE else "trees") / sha256[:2] / sha256


def _hash(file: BinaryIO) -> str:
    hasher = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        hasher.update(chunk)
    return hasher.hexdigest()


def _copy(file: BinaryIO, out: BinaryIO) -> str:
    """Copies what the file still has, and gives the hash of what was really written."""
    hasher = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        hasher.update(chunk)
        out.write(chunk)
    return hasher.hexdigest()


def _measure(path: Path) -> tuple[str, int]:
    """Hash and size of a file or folder as they are now."""
    if not path.is_dir():
        with regular(path) as file:
            return _hash(file), os.fstat(file.fileno()).st_size
    found = listing(path)
    files = tuple(TreeFile(name, *_measure(file)) for name, file in found.files.items())
    tree = Tree(found.folders, files)
    return tree.sha256, tree.size


def _link_or_copy(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        shutil.copyfile(source, target)
        with Path(target).open("rb") as copied:
            sync_file(copied.fileno())
        Path(target).chmod(_READ_ONLY)


def _touched(path: Path) -> float:
    """When the file or folder was last written to; never, if its writer has just finished with it."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return math.inf


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
