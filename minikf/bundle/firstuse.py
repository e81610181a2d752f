"""Locks on the user's machine what the bundle's own lock does not hold: nobody could read it when that was made."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from pathlib import Path

from minikf.bundle.errors import NotAgreed
from minikf.bundle.lock import Lock, Part, read, write
from minikf.bundle.lock.make import make
from minikf.bundle.model import Bundle, Selection
from minikf.bundle.rendered import Kustomize
from minikf.bundle.sources import Source
from minikf.bundle.store import Store
from minikf.files import make_folder
from minikf.paths import data_home
from minikf.spec import Event


def own_lock(bundle: Bundle) -> Path:
    """The file of what was locked here; later uses are held to it."""
    return data_home() / "bundles" / f"{bundle.name}-{bundle.version}.lock"


def completed(
    bundle: Bundle, lock: Lock, selection: Selection, source: Source, store: Store, kubectl: Path, *, agree: bool
) -> Generator[Event, None, Lock]:
    """The lock with all of the selection in it.

    Raises NotAgreed, with the hash of what the source has now, for what was never locked here where the user has not
    agreed, and as `make`.
    """
    wanted = [(one, selection.variant) for one in selection.components if not one.locked]
    if not wanted:
        return lock
    file = own_lock(bundle)
    known = read(file) if file.is_file() else Lock(bundle.name, bundle.version)
    whole = lock.joined(known)
    left = [part for part in wanted if selection.variant not in whole.components.get(part[0].id, {})]
    if not left:
        return whole
    made = yield from make(bundle, source, store, renderer=Kustomize(bundle, store, kubectl), parts=left)
    if not agree:
        raise _question(made, left, source)
    make_folder(file.parent)
    write(made.joined(known), file)
    return whole.joined(made)


def _question(made: Lock, parts: Sequence[Part], source: Source) -> NotAgreed:
    names = " and ".join(f"'{component.id}'" for component, _ in parts)
    inputs = "".join(made.variant(component, variant).inputs for component, variant in parts)
    size = sum(file.size for file in made.files.values())
    return NotAgreed(
        f"{names} is not locked by the bundle: what {source.name} has now is {len(made.files)} files of {size:,} bytes",
        cause=f"{parts[0][0].why_not}; all of it has the sha256 {hashlib.sha256(inputs.encode()).hexdigest()}",
        advice="compare that hash with somebody who has it, and agree with --yes: it is locked here from then on",
    )
