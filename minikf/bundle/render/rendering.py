"""Renders what is wanted: from the cache where it was rendered before, else several together and side by side."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from minikf.bundle.model import Component
from minikf.bundle.render import kept
from minikf.bundle.render.batches import batches
from minikf.bundle.render.documents import Document, split
from minikf.bundle.render.workshop import Wanted, Workshop
from minikf.errors import Refused
from minikf.spec import Event

FORMAT = "2"
"""Goes up when the same input is rendered to something else: what is in caches then counts for nothing."""


@dataclass(frozen=True)
class Rendered:
    """The objects of one component in the order in which its files name them, and the sha256 of their text."""

    component: Component
    variant: str
    documents: tuple[Document, ...]
    sha256: str


def render(
    wanted: Sequence[Wanted], tree: Callable[[], Path], kubectl: Path, cache: Path
) -> Generator[Event, None, tuple[Rendered, ...]]:
    """What each of `wanted` is rendered to, in their order.

    `tree` makes the folder of upstream's files when something has to be rendered, in the layout of a mirror and with
    every remote base inside; `cache` is the folder of what was rendered before. Raises Refused where kustomize refuses,
    or a `leave_out` names nothing.
    """
    engine = kept.version(kubectl, cache)
    keys = [_key(one, engine) for one in wanted]
    found = {key: text for key in keys if (text := kept.read(cache, key)) is not None}
    missing = {key: one for key, one in zip(keys, wanted, strict=True) if key not in found}
    total, done = len(wanted), len(wanted) - len(missing)
    if missing:
        yield Event("render", "started", f"{len(missing)} components", objects_done=done, objects_total=total)
        processors = os.cpu_count() or 1
        with Workshop(tree(), kubectl) as shop, ThreadPoolExecutor(processors) as threads:
            jobs = {threads.submit(_texts, shop, batch): batch for batch in _batches(shop, missing, processors)}
            for job in _as_done(jobs):
                for (key, one), text in zip(jobs[job], job.result(), strict=True):
                    found[key] = text
                    kept.write(cache, key, text)
                    done += 1
                    yield Event("render", "progress", one.component.title, objects_done=done, objects_total=total)
    made = tuple(_rendered(one, found[key]) for key, one in zip(keys, wanted, strict=True))
    count = sum(len(one.documents) for one in made)
    yield Event("render", "done", f"{count} objects", objects_done=total, objects_total=total)
    return made


_Pairs = list[tuple[str, Wanted]]


def _batches(shop: Workshop, missing: dict[str, Wanted], processors: int) -> list[_Pairs]:
    """Only what can be checked is rendered with others: what kustomize makes of one may depend on what is beside it.

    What leaves something out does so because another has that: kustomize refuses two that have an object in common.
    """
    sized = [(shop.size(one), (key, one)) for key, one in missing.items()]
    alone = [pair for pair in sized if not _can_be_checked(pair[1][1])]
    together = [pair for pair in sized if _can_be_checked(pair[1][1])]
    made = [[pair] for _, pair in sorted(alone, key=lambda pair: pair[0], reverse=True)]
    return [*made, *batches(together, processors)]


def _can_be_checked(one: Wanted) -> bool:
    return bool(one.sha256) and not one.component.shape(one.variant).leave_out


def _texts(shop: Workshop, batch: _Pairs) -> tuple[str, ...]:
    """Of a batch; each that is not what it is by itself is rendered once more, alone."""
    members = [one for _, one in batch]
    if len(members) == 1:
        return shop.texts(members)
    texts: tuple[str, ...] = ("",) * len(members)
    with contextlib.suppress(Refused):  # rendered alone, the one at fault says why
        texts = shop.texts(members)
    return tuple(
        text if _hash(text) == one.sha256 else shop.texts([one])[0] for one, text in zip(members, texts, strict=True)
    )


def _as_done(jobs: Iterable[Future[tuple[str, ...]]]) -> Iterable[Future[tuple[str, ...]]]:
    """As `as_completed`; where one fails, those that have not begun are given up."""
    for job in as_completed(list(jobs)):
        if job.exception() is not None:
            for other in jobs:
                other.cancel()
        yield job


def _rendered(one: Wanted, text: str) -> Rendered:
    return Rendered(one.component, one.variant, split(text, one.component.id), _hash(text))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _key(one: Wanted, engine: str) -> str:
    """All that decides what is rendered."""
    shape = one.component.shape(one.variant)
    parts = {
        "format": FORMAT,
        "kustomize": engine,
        "variant": one.variant,
        "origins": [origin.address for origin in shape.origins],
        "files": dict(one.files),
        "patches": {name: one.patches[name].read_text() for name in shape.patches},
        "leave_out": list(shape.leave_out),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
