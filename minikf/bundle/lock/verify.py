"""Compares a lock with a bundle and with what a source has: names every changed, missing and extra file."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from minikf.bundle.closure import Closure
from minikf.bundle.errors import FileChanged, FileMissing
from minikf.bundle.lock.make import lockable
from minikf.bundle.lock.model import Lock, LockedFile, Part, inputs, patches
from minikf.bundle.model import Bundle
from minikf.bundle.origin import Origin, of_address
from minikf.bundle.sources import Source, each
from minikf.spec import Event

WHAT = "verify"
TELL_SECONDS = 0.2
CHANGED = "changed"
MISSING = "missing"
EXTRA = "extra"


@dataclass(frozen=True, order=True)
class Finding:
    """`kind` is changed, missing or extra; `name` a file's address, a patch, or a component with its variant."""

    kind: str
    name: str
    cause: str


def verify(bundle: Bundle, lock: Lock, source: Source) -> Generator[Event, None, tuple[Finding, ...]]:
    """All that differs, by name; nothing where every byte is as it was locked.

    Raises what the source raises, except for files that are not there or too long: those are findings.
    """
    total = sum(file.size for file in lock.files.values())
    yield Event(WHAT, "started", f"{len(lock.files)} files from {source.name}", bytes_total=total)
    reader = _Reader(source)
    done, told = 0, time.monotonic()
    with closing(each(reader.look, [of_address(name) for name in lock.files], source.threads)) as looked:
        for origin, job in looked:
            job.result()
            done += lock.files[origin.address].size
            if time.monotonic() - told >= TELL_SECONDS:
                told = time.monotonic()
                yield Event(WHAT, "progress", f"{len(reader.files)} files", bytes_done=done, bytes_total=total)
    parts = lockable(bundle)
    closure = Closure(reader.read, source.threads)
    for _ in closure.follow(origin for one, variant in parts for origin in one.roots(variant)):
        pass
    found = {
        *_files(lock, reader),
        *_problems(lock, closure),
        *_names(lock, closure, parts),
        *_parts(bundle, lock, closure, parts),
    }
    message = f"{len(found)} differences" if found else "every byte is as it was locked"
    yield Event(WHAT, "failed" if found else "done", message, bytes_done=total, bytes_total=total)
    return tuple(sorted(found))


class _Reader:
    """Reads each file once, and remembers what it is and why it could not be read."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._data: dict[Origin, bytes] = {}
        self.failed: dict[str, FileMissing | FileChanged] = {}
        self.files: dict[str, LockedFile] = {}

    def look(self, origin: Origin) -> None:
        """Reads a file; that it cannot be had is remembered."""
        try:
            data = self._data[origin] = self._source.read(origin)
            self.files[origin.address] = LockedFile(hashlib.sha256(data).hexdigest(), len(data))
        except (FileMissing, FileChanged) as error:
            self.failed[origin.address] = error

    def read(self, origin: Origin) -> bytes:
        if origin not in self._data and origin.address not in self.failed:
            self.look(origin)
        if (error := self.failed.get(origin.address)) is not None:
            raise FileMissing(error.message, cause=error.cause, advice=error.advice)
        return self._data[origin]


def _files(lock: Lock, reader: _Reader) -> Iterator[Finding]:
    for name, file in lock.files.items():
        if (error := reader.failed.get(name)) is not None:
            yield Finding(MISSING if isinstance(error, FileMissing) else CHANGED, name, error.message)
        elif (now := reader.files[name]) != file:
            cause = f"{now.size:,} bytes with the sha256 {now.sha256}; {file.size:,} with {file.sha256} were locked"
            yield Finding(CHANGED, name, cause)


def _problems(lock: Lock, closure: Closure) -> Iterator[Finding]:
    """What could not be followed, but for locked files, which were named already."""
    for (origin, _), error in closure.problems.items():
        if origin.address not in lock.files:
            yield Finding(MISSING, origin.address, error.message)


def _names(lock: Lock, closure: Closure, parts: Sequence[Part]) -> Iterator[Finding]:
    read = {file.address for file in closure.files(origin for one, variant in parts for origin in one.roots(variant))}
    for name in read - set(lock.files):
        yield Finding(EXTRA, name, "a kustomization reads it, and it is not locked")
    if closure.problems:  # what is below a folder that could not be read may be read all the same
        return
    for name in set(lock.files) - read:
        yield Finding(EXTRA, name, "it is locked, and no kustomization reads it")


def _parts(bundle: Bundle, lock: Lock, closure: Closure, parts: Sequence[Part]) -> Iterator[Finding]:
    wanted = {(one.id, variant) for one, variant in parts}
    for name, variants in lock.components.items():
        for variant in variants:
            if (name, variant) not in wanted:
                yield Finding(EXTRA, f"{name} ({variant})", "it is in the lock, and not in the bundle")
    for part in parts:
        component, variant = part
        name = f"{component.id} ({variant})"
        locked = lock.components.get(component.id, {}).get(variant)
        if locked is None:
            yield Finding(MISSING, name, "it is in the bundle, and not in the lock")
            continue
        now = patches(bundle, part)
        for patch in sorted(set(now) | set(locked.patches)):
            if now.get(patch) != locked.patches.get(patch):
                yield Finding(CHANGED, f"{name}: {patch}", "the patch is not the one that was locked")
        if now != locked.patches:
            continue
        if locked.inputs != inputs(bundle, part, {file: lock.files[file] for file in sorted(locked.files)}):
            yield Finding(CHANGED, name, "its paths, or what it leaves out, are not what was locked")
            continue
        read = {file.address for file in closure.files(component.roots(variant))}
        if read != set(locked.files) and not closure.problems:
            yield Finding(CHANGED, name, "it reads other files than those that were locked")
