"""Renders what is wanted: from the cache where it was rendered before, else several together and side by side."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikf.bundle.lock.model import charts_data
from minikf.bundle.model import Component
from minikf.bundle.render import charts, kept
from minikf.bundle.render.batches import batches
from minikf.bundle.render.documents import Document, split
from minikf.bundle.render.workshop import Wanted, Workshop, thinned
from minikf.errors import Refused
from minikf.spec import Event

FORMAT = "3"
"""Goes up when the same input is rendered to something else: what is in caches then counts for nothing."""


@dataclass(frozen=True)
class Rendered:
    """The objects of one component in the order in which its files name them, and the sha256 of their text.

    `helm` is the version of the helm that rendered its charts, "" where it has none.
    """

    component: Component
    variant: str
    documents: tuple[Document, ...]
    sha256: str
    helm: str = ""


def render(
    wanted: Sequence[Wanted],
    tree: Callable[[], Path],
    kubectl: Path,
    cache: Path,
    *,
    helm: Path | None = None,
    settle: bool = False,
) -> Generator[Event, None, tuple[Rendered, ...]]:
    """What each of `wanted` is rendered to, in their order.

    `tree` makes the folder of upstream's files when something has to be rendered, in the layout of a mirror and with
    every remote base inside; `cache` is the folder of what was rendered before. `settle` finds out what the hash of
    each is to be, for a lock; `helm` is needed where something has charts. Raises Refused where kustomize or helm
    refuses, or a `leave_out` names nothing, and NotLockable for an archive that is no chart.
    """
    engine = kept.version(kubectl, cache)
    inflator = charts.version(helm) if helm is not None else ""
    keys = [_key(one, engine, inflator, apart=settle or bool(one.sha256)) for one in wanted]
    found = {key: text for key in keys if (text := kept.read(cache, key)) is not None}
    missing = {key: one for key, one in zip(keys, wanted, strict=True) if key not in found}
    total, done = len(wanted), len(wanted) - len(missing)
    if missing:
        yield Event("render", "started", f"{len(missing)} components", objects_done=done, objects_total=total)
        processors = os.cpu_count() or 1
        with _shops(tree(), kubectl, helm, missing.values()) as shops, ThreadPoolExecutor(processors) as threads:
            how = _settled if settle else _checked
            jobs = {threads.submit(how, shops, batch): batch for batch in _batches(shops, missing, processors)}
            for job in _as_done(jobs):
                for (key, one), text in zip(jobs[job], job.result(), strict=True):
                    found[key] = text
                    kept.write(cache, key, text)
                    done += 1
                    yield Event("render", "progress", one.component.title, objects_done=done, objects_total=total)
    made = tuple(_rendered(one, found[key], inflator) for key, one in zip(keys, wanted, strict=True))
    count = sum(len(one.documents) for one in made)
    yield Event("render", "done", f"{count} objects", objects_done=total, objects_total=total)
    return made


_Pairs = list[tuple[str, Wanted]]


@dataclass(frozen=True)
class _Shops:
    """Two workshops: the one has the files as they are, the other has them without the schemas of custom resources."""

    full: Workshop
    thin: Workshop


@contextlib.contextmanager
def _shops(tree: Path, kubectl: Path, helm: Path | None, wanted: Iterable[Wanted]) -> Iterator[_Shops]:
    with tempfile.TemporaryDirectory(prefix=".minikf-thin-", dir=tree.parent) as folder:
        schemas = thinned(tree, Path(folder), wanted)
        with Workshop(tree, kubectl, None, helm) as full, Workshop(Path(folder), kubectl, schemas, helm) as thin:
            yield _Shops(full, thin)


def _batches(shops: _Shops, missing: dict[str, Wanted], processors: int) -> list[_Pairs]:
    """Only what can be checked is rendered with others: what kustomize makes of one may depend on what is beside it.

    What leaves something out does so because another has that: kustomize refuses two that have an object in common.
    """
    alone: list[tuple[int, tuple[str, Wanted]]] = []
    together: list[tuple[int, tuple[str, Wanted]]] = []
    for pair in missing.items():
        one = pair[1]
        by_itself = not one.sha256 or one.component.shape(one.variant).leave_out or shops.full.spreads(one)
        (alone if by_itself else together).append((shops.thin.size(one), pair))
    made = [[pair] for _, pair in sorted(alone, key=lambda sized: sized[0], reverse=True)]
    return [*made, *batches(together, processors)]


def _checked(shops: _Shops, batch: _Pairs) -> tuple[str, ...]:
    """Of a batch: the quick way, and each that has not the hash that was locked once more, alone and whole."""
    members = [one for _, one in batch]
    texts: tuple[str, ...] = ("",) * len(members)
    if any(one.sha256 for one in members):
        with contextlib.suppress(Refused):  # rendered alone, the one at fault says why
            texts = shops.thin.texts(members)
    return tuple(
        text if _hash(text) == one.sha256 else shops.full.texts([one])[0]
        for one, text in zip(members, texts, strict=True)
    )


def _settled(shops: _Shops, batch: _Pairs) -> tuple[str, ...]:
    """Of each, alone: without schemas in between, where that comes to the same objects; else as kustomize has it."""
    return tuple(_settled_alone(shops, one) for _, one in batch)


def _settled_alone(shops: _Shops, one: Wanted) -> str:
    full = shops.full.texts([one])[0]
    with contextlib.suppress(Refused):
        quick = shops.thin.texts([one])[0]
        if [each.parsed for each in split(quick, one.component.id)] == [
            each.parsed for each in split(full, one.component.id)
        ]:
            return quick
    return full


def _as_done(jobs: Iterable[Future[tuple[str, ...]]]) -> Iterable[Future[tuple[str, ...]]]:
    """As `as_completed`; where one fails, those that have not begun are given up."""
    for job in as_completed(list(jobs)):
        if job.exception() is not None:
            for other in jobs:
                other.cancel()
        yield job


def _rendered(one: Wanted, text: str, helm: str) -> Rendered:
    documents = split(text, one.component.id)
    return Rendered(one.component, one.variant, documents, _hash(text), helm if one.has_charts else "")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _key(one: Wanted, engine: str, helm: str, *, apart: bool) -> str:
    """All that decides what is rendered; `apart` is with the schemas of custom resources as they were written."""
    shape = one.component.shape(one.variant)
    parts: dict[str, Any] = {
        "format": FORMAT,
        "kustomize": engine,
        "schemas": "apart" if apart else "within",
        "variant": one.variant,
        "origins": [origin.address for origin in shape.origins],
        "files": dict(one.files),
        "patches": {name: one.patches[name].read_text() for name in shape.ours},
        "leave_out": list(shape.leave_out),
    }
    if one.has_charts:
        parts |= {"charts": charts_data(shape.charts), "kubernetes": one.kubernetes, "helm": helm}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
