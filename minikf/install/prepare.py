"""All of an installation that needs no cluster: files fetched, objects rendered."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from minikf import tools
from minikf.bundle.firstuse import completed
from minikf.bundle.lock import Lock, locked
from minikf.bundle.model import Bundle, Selection
from minikf.bundle.render import Rendered
from minikf.bundle.rendered import Kustomize, rendered
from minikf.bundle.sources import is_near, source
from minikf.bundle.store import Store
from minikf.errors import Refused
from minikf.install import measured
from minikf.install.choice import Choice, selected
from minikf.install.demand import asked
from minikf.spec import Event


@dataclass(frozen=True)
class Fetched:
    """Every byte that is to be installed is in the store, and is what was locked. `kubectl` renders it."""

    lock: Lock
    selection: Selection
    store: Store
    kubectl: Path

    @property
    def bundle(self) -> Bundle:
        return self.selection.bundle


@dataclass(frozen=True)
class Prepared:
    """What is to be installed, before it is known on which cluster."""

    bundle: Bundle
    lock: Lock
    selection: Selection
    rendered: tuple[Rendered, ...]


def prepare(choice: Choice, *, mirror: str = "", agree: bool = False) -> Generator[Event, None, Prepared]:
    """Raises as `fetch` and `render`."""
    return (yield from render((yield from fetch(choice, mirror=mirror, agree=agree))))


def fetch(choice: Choice, *, mirror: str = "", agree: bool = False) -> Generator[Event, None, Fetched]:
    """Brings all files into the store, and notes how quick a source on the network was.

    Raises UsageError for what the bundle does not have, as `minikf.tools.ensure` (kubectl, and helm where there are
    charts), NotAgreed for what no lock holds unless the user does `agree`, and as `Store.ensure`.
    """
    selection = selected(choice)
    store, place = Store(), source(mirror)
    kubectl = yield from tools.ensure("kubectl")
    if any(one.shape(selection.variant).charts for one in selection.components):
        yield from tools.ensure("helm")
    lock = yield from completed(
        selection.bundle, locked(selection.bundle), selection, place, store, kubectl, agree=agree
    )
    missing, began = asked(lock, selection).missing, time.monotonic()
    yield from store.ensure(lock, selection, place)
    if not is_near(place):
        measured.note_fetch(missing, time.monotonic() - began)
    return Fetched(lock, selection, store, kubectl)


def render(fetched: Fetched) -> Generator[Event, None, Prepared]:
    """Raises as `rendered`, and Refused where other objects come out than those that were locked."""
    bundle, lock, selection = fetched.bundle, fetched.lock, fetched.selection
    wanted = [(one, selection.variant) for one in selection.components]
    made = yield from rendered(bundle, lock, wanted, fetched.store, fetched.kubectl)
    yield from _check_hashes(lock, made, Kustomize(bundle, fetched.store, fetched.kubectl).version)
    return Prepared(bundle, lock, selection, made)


def _check_hashes(lock: Lock, made: tuple[Rendered, ...], renderer: str) -> Generator[Event, None, None]:
    """What the same kustomize renders must be what it was when the bundle was locked; of another one it is said."""
    for one in made:
        facts = lock.variant(one.component, one.variant).facts
        if facts is None or facts.sha256 == one.sha256:
            continue
        if renderer == lock.renderer and one.helm == facts.helm:
            raise Refused(
                f"component '{one.component.id}' is rendered to other objects than when it was locked",
                cause=f"their sha256 is {one.sha256}, and {facts.sha256} was expected",
                advice="minikf bundle verify",
            )
        ours = " and helm ".join(filter(None, (renderer, one.helm)))
        theirs = " and helm ".join(filter(None, (lock.renderer, facts.helm)))
        told = f"rendered by {ours}, locked by {theirs}: its objects differ"
        yield Event(one.component.id, "progress", told)
