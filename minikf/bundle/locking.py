"""Locks a bundle where it lies: reads all of its files, renders what changed, and writes `bundle.lock`."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from minikf import tools
from minikf.bundle.catalog import shown
from minikf.bundle.errors import BundleInvalid
from minikf.bundle.lock import FILE, Lock, read, write
from minikf.bundle.lock.make import make
from minikf.bundle.lock.text import text
from minikf.bundle.model import Bundle
from minikf.bundle.pulling import NODES
from minikf.bundle.rendered import Kustomize
from minikf.bundle.sources import Source
from minikf.bundle.store import Store
from minikf.errors import Refused
from minikf.spec import Event

if TYPE_CHECKING:
    from minikf.bundle.registry.asking import Silence


@dataclass(frozen=True)
class Locked:
    """The file, what is in it, and whether that is another than before.

    `silent` is why registries that were asked said nothing of some images.
    """

    file: Path
    lock: Lock
    changed: bool
    silent: tuple[Silence, ...] = ()


def lock(
    bundle: Bundle, source: Source, store: Store | None = None, *, images: bool = False
) -> Generator[Event, None, Locked]:
    """Writes the lock of a bundle, where it is another than the one that is there.

    The registries are asked for `images`; of those that no registry says anything of, and where none is asked, what was
    known stays. Raises Refused where the bundle is in no folder that can be written to, and as `make`, `tools.ensure`
    and the rendering do.
    """
    if not isinstance(bundle.folder, Path):
        raise Refused(
            f"{bundle.name} {bundle.version} is in no folder on this machine",
            cause=f"it is at {bundle.folder}",
            advice="copy the bundle into a folder, and name that: minikf bundle lock --bundle ./FOLDER",
        )
    file = bundle.folder / FILE
    place = store or Store()
    previous = _previous(file)
    kubectl = yield from tools.ensure("kubectl")
    renderer = Kustomize(bundle, place, kubectl)
    made = yield from make(bundle, source, place, previous=previous, renderer=renderer)
    silent: tuple[Silence, ...] = ()
    if images:
        made, silent = yield from _asked(made)
    changed = previous is None or text(made) != file.read_text(encoding="utf-8")
    if changed:
        write(made, file)
    yield Event("lock", "done", f"{shown(file)} {'is written' if changed else 'is what it was'}")
    return Locked(file, made, changed, silent)


def _asked(lock: Lock) -> Generator[Event, None, tuple[Lock, tuple[Silence, ...]]]:
    """With what the registries say of its images."""
    from minikf.bundle.registry.asking import ask  # with requests they take 0.1 s
    from minikf.bundle.registry.look import look

    answers = yield from ask(lock.images, lambda registry, reference: look(registry, reference, NODES))
    return replace(lock, images={**lock.images, **answers.learnt}), answers.silent


def _previous(file: Path) -> Lock | None:
    """None where there is no lock yet, or one that says nothing any more: it is made anew."""
    try:
        return read(file) if file.is_file() else None
    except BundleInvalid:
        return None
