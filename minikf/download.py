"""Brings a file whose sha256 is known from a web server to a path, however often it is interrupted.

What has come so far lies beside the target as `.NAME.part`; a lock file `.NAME.lock` lets one at a time work on it.
The target gets its name only when all of it is there, on disk and of the right hash.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import time
from collections.abc import Generator, Iterator
from io import FileIO
from pathlib import Path

from minikf import fetch
from minikf.errors import MinikfError, NoProgress, Refused, Unreachable
from minikf.files import make_folder, readable_failures, sha256_of
from minikf.spec import Event

TRIES = 4  # in a row without progress
PAUSE_SECONDS = 0.5  # before the first retry; doubled with each
WAIT_SECONDS = 300.0  # for another process that downloads the same and gets nowhere
PROGRESS = 1 << 16  # bytes: an attempt that brings less brings nothing
TELL_SECONDS = 0.2


def download(
    url: str,
    target: Path,
    *,
    sha256: str,
    what: str,
    limit: int,
    mode: int = 0o600,
    patience: float = fetch.PATIENCE_SECONDS,
) -> Generator[Event, None, Path]:
    """Downloads `url` to `target` with the permissions `mode`; does nothing where the right file is there already.

    `limit` is the most bytes that the file can have. Raises, after a `failed` event: Unreachable (no network, no
    server), NoProgress (sends nothing any more) and Refused (no such file, not the right one, no space).
    """
    part = _Part(target)
    try:
        with _disk(target):
            make_folder(target.parent)
            with _held((yield from _lock(part, what))):
                if is_whole(target, sha256):
                    yield Event(what, "done", f"is at {target} already")
                    return target
                yield Event(what, "started", f"from {fetch.shown(url)}", bytes_done=part.size)
                yield from _whole(url, part, sha256, what, limit, patience)
                part.finish(mode)
        yield Event(what, "done", f"is at {target}")
        return target
    except MinikfError as error:
        yield Event(what, "failed", error.message, cause=error.cause)
        raise


def is_whole(file: Path, sha256: str) -> bool:
    """Whether `file` is there and has that hash."""
    try:
        return sha256_of(file) == sha256
    except FileNotFoundError:
        return False


def _whole(url: str, part: _Part, sha256: str, what: str, limit: int, patience: float) -> Generator[Event, None, None]:
    """Makes the part whole and right. What was continued may be of another file: then once more from the start."""
    continued = part.size > 0
    if continued and is_whole(part.path, sha256):  # killed between the last byte and the name
        return
    yield from _receive(url, part, what, limit, patience)
    found = sha256_of(part.path)
    if found != sha256 and continued:
        part.drop()
        yield Event(what, "progress", "what an earlier download left does not fit; once more from the start")
        yield from _receive(url, part, what, limit, patience)
        found = sha256_of(part.path)
    if found != sha256:
        page = _is_page(part.path)
        part.drop()
        raise Refused(
            f"{fetch.shown(url)} is not the file that was published, so it is not used",
            cause="it is a web page" if page else f"its sha256 is {found}, and {sha256} was expected",
            advice="try again; where it stays so, the server, the mirror or a proxy changes what it sends",
        )


def _receive(url: str, part: _Part, what: str, limit: int, patience: float) -> Generator[Event, None, None]:
    """Receives what is missing, asking again as long as that gets further."""
    best, failures, received = part.size, 0, False
    while True:
        try:
            yield from _once(url, part, what, limit, patience)
            return
        except fetch.BeyondEnd:
            part.drop()
            continue
        except (Unreachable, NoProgress) as error:
            received = received or part.size > 0
            failures = 0 if part.size >= best + PROGRESS else failures + 1
            best = max(best, part.size)
            if failures >= (TRIES if received or isinstance(error, fetch.Passing) else 1):
                raise
            yield Event(what, "progress", f"{error.message} ({error.cause}); trying again", bytes_done=part.size)
            time.sleep(PAUSE_SECONDS * 2**failures)


def _once(url: str, part: _Part, what: str, limit: int, patience: float) -> Generator[Event, None, None]:
    asked = fetch.opened(url, start=part.size, validator=part.validator(url), patience=patience)
    with asked as answer:
        _check_room(url, answer, part, limit)
        with part.writing(url, answer) as file:
            done, told = answer.start, 0.0
            for chunk in answer.chunks:
                _write(file, chunk)
                done += len(chunk)
                if done > limit:
                    part.drop()
                    raise _too_long(url, limit)
                if time.monotonic() - told >= TELL_SECONDS:
                    told = time.monotonic()
                    yield Event(what, "progress", "downloading", bytes_done=done, bytes_total=answer.total)


def _check_room(url: str, answer: fetch.Answer, part: _Part, limit: int) -> None:
    if answer.total > limit:
        raise _too_long(url, limit)
    missing, free = answer.total - answer.start, shutil.disk_usage(part.path.parent).free
    if missing > free:
        raise _no_space(part.path, f"{missing:,} bytes are needed and {free:,} are free")


def _write(file: FileIO, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[file.write(view) :]


class _Part:
    """What has come so far of `target`, with a note of where it came from."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f".{target.name}.part")
        self.lock = target.with_name(f".{target.name}.lock")
        self._note = target.with_name(f".{target.name}.part.json")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def validator(self, url: str) -> str:
        """What the server called this file when the part began; "" where it is another address or it said nothing."""
        try:
            note = json.loads(self._note.read_text())
            return str(note["validator"]) if note["url"] == fetch.shown(url) else ""
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return ""

    @contextlib.contextmanager
    def writing(self, url: str, answer: fetch.Answer) -> Iterator[FileIO]:
        """The part opened for what the answer brings; it begins anew where the answer does."""
        if answer.start == 0:
            self.drop()
            self._note.write_text(json.dumps({"url": fetch.shown(url), "validator": answer.validator}))
        with self.path.open("ab", buffering=0) as file:
            yield file

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def finish(self, mode: int) -> None:
        """Gives the whole part its name."""
        with self.path.open("rb") as file:
            os.fsync(file.fileno())
        self.path.chmod(mode)
        self.path.replace(self.target)
        self._note.unlink(missing_ok=True)


def _lock(part: _Part, what: str) -> Generator[Event, None, int]:
    """Waits until nobody else works on the part. Raises NoProgress where another does so without getting further."""
    handle = os.open(part.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        size, deadline, told = -1, 0.0, False
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return handle
            if not told:
                told = True
                yield Event(what, "progress", "another minikf downloads it; waiting for that")
            if part.size != size:
                size, deadline = part.size, time.monotonic() + WAIT_SECONDS
            elif time.monotonic() >= deadline:
                raise NoProgress(
                    f"another minikf has downloaded {part.target.name} for {WAIT_SECONDS:.0f} seconds to no end",
                    cause=f"it holds {part.lock}",
                    advice=f"end that command, or see what holds the file: fuser '{part.lock}'",
                )
            time.sleep(0.05)
    except BaseException:
        os.close(handle)
        raise


@contextlib.contextmanager
def _held(handle: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def _disk(target: Path) -> Iterator[None]:
    """Says what to do where the file system refuses; a full one gets back what the part took."""
    try:
        with readable_failures(target):
            yield
    except Refused as error:
        reason = error.__cause__
        if isinstance(reason, OSError) and reason.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            _Part(target).drop()
            raise _no_space(target, reason.strerror or str(reason)) from reason
        raise


def _no_space(path: Path, cause: str) -> Refused:
    return Refused(
        f"no space for {path}",
        cause=cause,
        advice="free some disk space, or set XDG_CACHE_HOME to a folder on another disk",
    )


def _too_long(url: str, limit: int) -> Refused:
    return Refused(
        f"{fetch.shown(url)} is longer than {limit:,} bytes, so it is not the file that was published",
        cause="no release of it is that long",
        advice="look at that address in a browser",
    )


def _is_page(file: Path) -> bool:
    with file.open("rb") as opened:
        start = opened.read(512).lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html"))
