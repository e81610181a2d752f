"""Files and folders stored once by the SHA-256 of their content.

    blobs/sha256/<first two>/<hash>         a file, read-only, under the hash that `sha256sum` prints
    blobs/trees/<first two>/<hash>/...      a folder; its files are hard links to the files above where links work
    blobs/incoming/                         what is being written; nothing in it was ever promised to anybody

Content is copied in, never linked from its source, so that a source that changes later does not change what is
stored. It becomes visible by one rename, after it was synced.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from minikf.embedded.disk import sync_file, sync_folder
from minikf.embedded.trees import Tree, manifest
from minikf.errors import MinikfError

FILE = "sha256"
TREE = "tree-sha256"
_CHUNK = 1 << 20
_READ_ONLY = 0o444
_CANNOT_LINK = (errno.EMLINK, errno.EPERM, errno.ENOTSUP, errno.EXDEV, errno.EOPNOTSUPP, errno.EACCES)


class NotStorable(MinikfError):
    """The source cannot be stored: it is missing, unreadable, special, or changed while it was read."""


class BlobMissing(MinikfError):
    """No content is stored under that digest."""


class BlobDamaged(MinikfError):
    """What is stored is no longer what its digest says."""


@dataclass(frozen=True)
class Blob:
    """Stored content. `digest` is `sha256:HEX` for a file, `tree-sha256:HEX` for a folder; `size` is in bytes."""

    digest: str
    size: int

    @property
    def hex(self) -> str:
        return self.digest.partition(":")[2]

    @property
    def is_folder(self) -> bool:
        return self.digest.startswith(TREE + ":")


class BlobStore:
    """The store under `root`. Any number of threads and processes may write to it at the same time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._incoming = root / "incoming"

    def put(self, source: Path) -> Blob:
        """Stores a file or a folder. Raises NotStorable, and OSError where the store itself cannot be written."""
        with _source_problems(source):
            return self.put_tree(source) if source.is_dir() else self.put_file(source)

    def put_file(self, source: Path) -> Blob:
        """Stores one file, once. Raises NotStorable, and OSError where the store itself cannot be written."""
        with _source_problems(source), _regular(source) as file:
            before = os.fstat(file.fileno())
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            target = self._file(digest)
            if not _has_size(target, before.st_size):
                file.seek(0)
                digest = self._write(file)
            if _moved_on(before, os.fstat(file.fileno())):
                raise NotStorable(
                    f"{source} changed while it was stored",
                    cause="something still writes to it",
                    advice="register the model again when the file is complete",
                )
        return Blob(f"{FILE}:{digest}", before.st_size)

    def put_tree(self, folder: Path) -> Blob:
        """Stores a folder with all it holds; links to files are followed, links to folders refused.

        Raises NotStorable, and OSError where the store itself cannot be written.
        """
        with _source_problems(folder):
            folders, sources = _walk(folder)
        files = {name: self.put_file(source) for name, source in sources.items()}
        tree = Tree(tuple(folders), tuple((name, blob.hex, blob.size) for name, blob in sorted(files.items())))
        digest = hashlib.sha256(manifest(tree)).hexdigest()
        if not self._tree(digest).is_dir():
            self._publish_tree(tree, digest)
        return Blob(f"{TREE}:{digest}", sum(blob.size for blob in files.values()))

    def path(self, digest: str) -> Path:
        """Where the content is: a read-only file or a folder of them. Raises BlobMissing."""
        path = self._place(digest)
        if not path.exists():
            raise _missing(digest)
        return path

    def open(self, digest: str) -> BinaryIO:
        """A stored file for reading. Raises BlobMissing, also for a folder's digest."""
        path = self.path(digest)
        if path.is_dir():
            raise _missing(digest)
        return path.open("rb")

    def verify(self, digest: str) -> Blob:
        """Reads all of it and compares. Raises BlobMissing or BlobDamaged."""
        path = self.path(digest)
        if path.is_dir():
            folders, sources = _walk(path)
            files = tuple((name, _hash(found), found.stat().st_size) for name, found in sorted(sources.items()))
            found, size = hashlib.sha256(manifest(Tree(tuple(folders), files))).hexdigest(), sum(f[2] for f in files)
        else:
            found, size = _hash(path), path.stat().st_size
        if found != digest.partition(":")[2]:
            raise BlobDamaged(
                f"the stored content {digest} is damaged",
                cause=f"{path} now has the hash {found}",
                advice="register the model again from its source",
            )
        return Blob(digest, size)

    def sweep(self) -> int:
        """Removes what a killed writer left behind; for the store's owner, before it writes. Gives the count."""
        leftovers = list(self._incoming.iterdir()) if self._incoming.is_dir() else []
        for leftover in leftovers:
            if leftover.is_dir():
                shutil.rmtree(leftover)
            else:
                leftover.unlink()
        return len(leftovers)

    def _write(self, file: BinaryIO) -> str:
        """Copies the open file in and gives the hash of what was really written."""
        with self._incoming_path() as incoming:
            hasher = hashlib.sha256()
            with incoming.open("xb") as out:
                while chunk := file.read(_CHUNK):
                    hasher.update(chunk)
                    out.write(chunk)
                out.flush()
                incoming.chmod(_READ_ONLY)
                sync_file(out.fileno())
            target = self._file(hasher.hexdigest())
            target.parent.mkdir(parents=True, exist_ok=True)
            incoming.replace(target)
            sync_folder(target.parent)
        return hasher.hexdigest()

    def _publish_tree(self, tree: Tree, digest: str) -> None:
        target = self._tree(digest)
        with self._incoming_path() as incoming:
            incoming.mkdir()
            for name in tree.folders:
                (incoming / name).mkdir(parents=True, exist_ok=True)
            for name, file_digest, _ in tree.files:
                (incoming / name).parent.mkdir(parents=True, exist_ok=True)
                _link_or_copy(self._file(file_digest), incoming / name)
            for folder in (incoming, *(path for path in incoming.rglob("*") if path.is_dir())):
                sync_folder(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                incoming.rename(target)
            except OSError as error:
                if not target.is_dir():  # else another writer was first, with the same content
                    raise error
            sync_folder(target.parent)

    @contextlib.contextmanager
    def _incoming_path(self) -> Iterator[Path]:
        """A new path to write at; what is still there afterwards is removed."""
        self._incoming.mkdir(parents=True, exist_ok=True)
        path = self._incoming / uuid.uuid4().hex
        try:
            yield path
        finally:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def _place(self, digest: str) -> Path:
        kind, _, text = digest.partition(":")
        if kind not in (FILE, TREE) or len(text) != 64 or set(text) - set("0123456789abcdef"):
            raise _missing(digest)
        return self._file(text) if kind == FILE else self._tree(text)

    def _file(self, text: str) -> Path:
        return self.root / "sha256" / text[:2] / text

    def _tree(self, text: str) -> Path:
        return self.root / "trees" / text[:2] / text
