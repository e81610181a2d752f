"""Learns on the user's machine what a lock does not know of images: what has to be pulled of them."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from minikf.bundle.lock.model import Lock, LockedImage
from minikf.bundle.lock.text import read, write
from minikf.bundle.pulling import pull_of
from minikf.errors import MinikfError
from minikf.files import make_folder
from minikf.paths import data_home
from minikf.spec import Event

T = TypeVar("T")


def learnt_file() -> Path:
    """What registries said to this user, as a lock that has only images."""
    return data_home() / "bundles" / "images.lock"


def learn(lock: Lock, images: Iterable[str], platform: str, seconds: float = 5.0) -> Lock:
    """The lock, with the sizes on `platform` of those images whose size there it does not know.

    From what registries said to this user before, else from the registries, in at most that many seconds; where they do
    not answer, nothing is learnt. Never raises. An image that the lock has by digest is asked for by that digest; of
    another one the digest is what its tag had when it was asked, so what comes of this is for counting and is never to
    be written as a bundle's lock.
    """
    unknown = pull_of(lock, images, platform).unknown
    if not unknown:
        return lock
    known = _kept()
    found = _fitting(lock, known, unknown, platform)
    if missing := [name for name in unknown if name not in found]:
        said = _said(lock, missing, platform, seconds)
        found |= _fitting(lock, said, missing, platform)
        _keep({**known, **{name: _joined(known.get(name, LockedImage()), one) for name, one in said.items()}})
    return replace(lock, images={**lock.images, **found})


def _fitting(
    lock: Lock, known: Mapping[str, LockedImage], names: Iterable[str], platform: str
) -> dict[str, LockedImage]:
    """Of what is known, what tells the size of these, or that they are not for the platform."""
    found = {}
    for name in names:
        one, locked = known.get(name), lock.images.get(name, LockedImage())
        if one is None or (not locked.tag_only and one.digest != locked.digest):
            continue
        if one.size_on(platform) or (one.sizes and platform not in one.sizes):
            found[name] = _joined(locked, one)
    return found


def _said(lock: Lock, names: Iterable[str], platform: str, seconds: float) -> dict[str, LockedImage]:
    # With requests they take 0.1 s, and most often there is nothing to ask.
    from minikf.bundle.registry.asking import ask
    from minikf.bundle.registry.look import look

    asked = {_exact(name, lock.images.get(name, LockedImage()).digest): name for name in names}
    answers = _ended(ask(asked, lambda registry, reference: look(registry, reference, (platform,)), seconds=seconds))
    return {asked[exact]: found for exact, found in answers.learnt.items()}


def _exact(name: str, digest: str) -> str:
    return f"{name}@{digest}" if digest and "@" not in name else name


def _ended(steps: Generator[Event, None, T]) -> T:
    """The end of long work whose events nobody hears."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


def _kept() -> Mapping[str, LockedImage]:
    """What registries said before; what cannot be read is learnt again."""
    with suppress(MinikfError):
        if learnt_file().is_file():
            return read(learnt_file()).images
    return {}


def _keep(images: Mapping[str, LockedImage]) -> None:
    """For the next time; where it cannot be written, the registries are asked again then."""
    with suppress(MinikfError):
        write(Lock("images", "learnt", images=images), make_folder(learnt_file().parent) / learnt_file().name)


def _joined(before: LockedImage, now: LockedImage) -> LockedImage:
    """With the sizes of both where they are of the same bytes."""
    if before.digest != now.digest:
        return now
    return LockedImage(now.digest, {name: size or before.size_on(name) for name, size in now.sizes.items()})
