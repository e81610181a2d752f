"""Renders what is wanted: from the cache where it was rendered before, else side by side."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from minikf.bundle.model import LITE, Component
from minikf.bundle.render import kept, kustomize
from minikf.bundle.render.documents import Document, joined, split
from minikf.bundle.render.tailor import tailored
from minikf.errors import Refused
from minikf.files import make_folder
from minikf.spec import Event

FORMAT = "1"
"""Goes up when the same input is rendered to something else: what is in caches then counts for nothing."""


@dataclass(frozen=True)
class Wanted:
    """A component in a variant. `files` are all files that it is made of, address to sha256; `patches` our own ones."""

    component: Component
    variant: str
    files: Mapping[str, str]
    patches: Mapping[str, Traversable]


@dataclass(frozen=True)
class Rendered:
    """The objects of one component in the order in which kustomize writes them, and the sha256 of their text."""

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
    missing = [(key, one) for key, one in zip(keys, wanted, strict=True) if key not in found]
    total, done = len(wanted), len(wanted) - len(missing)
    if missing:
        yield Event("render", "started", f"{len(missing)} components", objects_done=done, objects_total=total)
        with _Workshop(tree(), kubectl) as shop, ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            # The largest first: one of them lasts as long as a third of all others together.
            largest = sorted(missing, key=lambda pair: shop.size(pair[1]), reverse=True)
            jobs = {threads.submit(shop.text, one): (key, one) for key, one in largest}
            for job in _as_done(jobs):
                key, one = jobs[job]
                found[key] = job.result()
                kept.write(cache, key, found[key])
                done += 1
                yield Event("render", "progress", one.component.title, objects_done=done, objects_total=total)
    made = tuple(_rendered(one, found[key]) for key, one in zip(keys, wanted, strict=True))
    count = sum(len(one.documents) for one in made)
    yield Event("render", "done", f"{count} objects", objects_done=total, objects_total=total)
    return made


def _as_done(jobs: Iterable[Future[str]]) -> Iterable[Future[str]]:
    """As `as_completed`; where one fails, those that have not begun are given up."""
    for job in as_completed(list(jobs)):
        if job.exception() is not None:
            for other in jobs:
                other.cancel()
        yield job


def _rendered(one: Wanted, text: str) -> Rendered:
    documents = split(text, one.component.id)
    return Rendered(one.component, one.variant, documents, hashlib.sha256(text.encode()).hexdigest())


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


class _Workshop:
    """The folder of upstream's files, and beside it one of our own per component that has patches."""

    def __init__(self, tree: Path, kubectl: Path) -> None:
        self._tree = tree
        self._kubectl = kubectl

    def __enter__(self) -> _Workshop:
        self._ours = Path(tempfile.mkdtemp(prefix=".minikf-", dir=self._tree))
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._ours, ignore_errors=True)

    def size(self, one: Wanted) -> int:
        """The bytes of its files that are there."""
        files = (self._tree / address for address in one.files)
        return sum(file.stat().st_size for file in files if file.exists())

    def text(self, one: Wanted) -> str:
        shape = one.component.shape(one.variant)
        folders = [self._patched(one)] if shape.patches else [self._tree / origin.address for origin in shape.origins]
        documents: list[Document] = []
        for folder in folders:
            documents += split(kustomize.build(self._kubectl, folder), one.component.id)
        left = _without(documents, shape.leave_out, one.component.id)
        return joined(tailored(left) if one.variant == LITE else left)

    def _patched(self, one: Wanted) -> Path:
        """A kustomization of ours over upstream's, with our patches below it: kustomize reads no file outside."""
        shape = one.component.shape(one.variant)
        folder = make_folder(self._ours / f"{one.component.id}-{one.variant}")
        content: dict[str, Any] = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [os.path.relpath(self._tree / origin.address, folder) for origin in shape.origins],
            "components": [],
            "patches": [],
        }
        for name in shape.patches:
            _add(one.patches[name].read_text(), name, folder, content)
        (folder / "kustomization.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
        return folder


def _add(text: str, name: str, folder: Path, content: dict[str, Any]) -> None:
    """Puts one of our patches where kustomize takes it: a list is `patches`, a Component one of `components`, and all
    else are objects of our own, which upstream's path lacks."""
    found = [one for one in yaml.safe_load_all(text) if one]
    if len(found) == 1 and isinstance(found[0], list):
        content["patches"] += found[0]
    elif not found or not all(isinstance(one, dict) for one in found):
        raise Refused(
            f"the patch {name} is neither a list of patches, a Component nor an object", advice="minikf bundle verify"
        )
    elif found[0].get("kind") == "Component":
        inner = make_folder(folder / name)
        (inner / "kustomization.yaml").write_text(text)
        content["components"].append(name)
    else:
        (folder / f"own-{name}").write_text(text)
        content["resources"].append(f"own-{name}")


def _without(documents: Sequence[Document], keys: Sequence[str], where: str) -> tuple[Document, ...]:
    """Raises Refused where a key names nothing: it would be an oversight that nobody sees."""
    there = {document.key for document in documents}
    if unknown := [key for key in keys if key not in there]:
        raise Refused(
            f"the component {where} leaves out what it does not have: {', '.join(unknown)}",
            cause="leave_out names objects as Kind/namespace/name, or Kind/name",
            advice="minikf bundle show " + where,
        )
    return tuple(document for document in documents if document.key not in keys)
