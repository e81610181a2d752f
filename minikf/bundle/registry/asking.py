"""Asks the registries of many images at once, and keeps why those that said nothing said nothing."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from minikf.bundle.registry.desk import Desk, Named, Work
from minikf.bundle.registry.errors import NoReference
from minikf.bundle.registry.reference import parse
from minikf.errors import MinikfError, NoProgress, Unreachable
from minikf.spec import Event

T = TypeVar("T")

WHAT = "images"
THREADS = 8
SECONDS = 180.0
"""For all of them; why the others are not known is said then."""

TELL_SECONDS = 0.5


@dataclass(frozen=True)
class Silence:
    """Why these images are not known. `registry` is "" for what is no reference; `answers` whether it said that."""

    registry: str
    cause: str
    images: tuple[str, ...]
    answers: bool

    def __str__(self) -> str:
        count = f"{len(self.images)} image{'s' * (len(self.images) > 1)}"
        if not self.registry:
            return f"{count} without a registry: {self.cause}"
        return f"{self.registry} {'does not say' if self.answers else 'did not answer for'} {count}: {self.cause}"


@dataclass(frozen=True)
class Answers(Generic[T]):
    """What was learnt, by image, and for all others why not; each image stands in one of the two."""

    learnt: Mapping[str, T]
    silent: tuple[Silence, ...]


def ask(images: Iterable[str], work: Work[T], *, seconds: float = SECONDS) -> Generator[Event, None, Answers[T]]:
    """Does the work for each image, several at once, and comes to an end after that many seconds whatever happens."""
    wanted = sorted(set(images))
    failed: dict[str, MinikfError] = {}
    todo: dict[str, list[Named]] = {}
    for image in wanted:
        try:
            reference = parse(image)
            todo.setdefault(reference.registry, []).append((image, reference))
        except NoReference as error:
            failed[image] = error
    homes = {image: registry for registry, named in todo.items() for image, _ in named}
    yield Event(WHAT, "started", f"{len(wanted)} of {', '.join(todo) or 'no registry'}")
    learnt = yield from _each(todo, work, time.monotonic() + seconds, failed)
    late = NoProgress(f"no answer within {seconds:.0f} seconds")
    failed.update({image: late for image in wanted if image not in learnt and image not in failed})
    yield Event(WHAT, "done", f"answers for {len(learnt)} of {len(wanted)}")
    return Answers(learnt, _grouped(homes, failed))


def _each(
    todo: Mapping[str, list[Named]], work: Work[T], until: float, failed: dict[str, MinikfError]
) -> Generator[Event, None, dict[str, T]]:
    learnt: dict[str, T] = {}
    left = sum(map(len, todo.values()))
    desk: Desk[T] = Desk(work, until)
    for registry, named in todo.items():
        desk.take(registry, named)
    desk.start(max(THREADS, min(len(todo), 2 * THREADS)))  # a registry that says nothing for long holds one up
    told = time.monotonic()
    try:
        while left and (found := desk.next()) is not None:
            image, result = found
            left -= 1
            if isinstance(result, MinikfError):
                failed[image] = result
            else:
                learnt[image] = result
            if time.monotonic() - told >= TELL_SECONDS:
                told = time.monotonic()
                yield Event(WHAT, "progress", f"answers for {len(learnt)}, {left} are left")
    finally:
        desk.close()
    return learnt


def _grouped(homes: Mapping[str, str], failed: Mapping[str, MinikfError]) -> tuple[Silence, ...]:
    groups: dict[tuple[str, str, bool], list[str]] = {}
    for image in sorted(failed):
        error = failed[image]
        mute = isinstance(error, (Unreachable, NoProgress))
        words = [error.message, error.cause] if mute else [error.cause or error.message]
        groups.setdefault((homes.get(image, ""), ": ".join(filter(None, words)), not mute), []).append(image)
    return tuple(
        Silence(registry, cause, tuple(names), answers) for (registry, cause, answers), names in sorted(groups.items())
    )
