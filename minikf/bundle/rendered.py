"""From a lock and the store to objects: the files laid out, kustomize run over them, and what can be read from it."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

from minikf import tools
from minikf.bundle.lock.model import Facts, Lock, Part
from minikf.bundle.model import Bundle
from minikf.bundle.render import Rendered, Wanted, render
from minikf.bundle.render.facts import facts
from minikf.bundle.render.kept import version
from minikf.bundle.render.rendering import FORMAT
from minikf.bundle.store import Store
from minikf.files import make_folder
from minikf.spec import Event


def rendered(
    bundle: Bundle, lock: Lock, parts: Sequence[Part], store: Store, kubectl: Path, *, settle: bool = False
) -> Generator[Event, None, tuple[Rendered, ...]]:
    """What each of the parts is rendered to, in their order. Their files are in the store by now; `settle` is
    for a lock.

    Raises Refused where something is not locked or not here, as `render`, and where there are charts as `tools.ensure`.
    """
    known = lock.renderer == renderer(kubectl, store)
    wanted = [_wanted(bundle, lock, part, known=known) for part in parts]
    helm = (yield from tools.ensure("helm")) if any(one.has_charts for one in wanted) else None
    # What a killed process leaves there is swept with all else that never became whole.
    with tempfile.TemporaryDirectory(prefix="tree-", dir=make_folder(store.incoming)) as folder:
        tree = Path(folder) / "tree"
        planted = functools.partial(store.tree, lock, parts, tree)
        return (yield from render(wanted, planted, kubectl, cache(store), helm=helm, settle=settle))


def _wanted(bundle: Bundle, lock: Lock, part: Part, *, known: bool) -> Wanted:
    component, variant = part
    locked = lock.variant(component, variant)
    files = {name: lock.files[name].sha256 for name in locked.files}
    sha256 = locked.facts.sha256 if known and locked.facts is not None else ""
    return Wanted(component, variant, files, bundle.patches, sha256, bundle.kubernetes)


def cache(store: Store) -> Path:
    """Where what was rendered is kept."""
    return store.root / "rendered"


def renderer(kubectl: Path, store: Store) -> str:
    """What a lock says of who rendered it. Raises Refused where kubectl does not tell."""
    return f"kustomize {version(kubectl, cache(store))}, format {FORMAT}"


class Kustomize:
    """The renderer of `lock.make`, by kubectl's own kustomize."""

    def __init__(self, bundle: Bundle, store: Store, kubectl: Path) -> None:
        self._bundle = bundle
        self._store = store
        self._kubectl = kubectl
        self.version = renderer(kubectl, store)

    def facts(self, lock: Lock, parts: Sequence[Part]) -> Generator[Event, None, Mapping[tuple[str, str], Facts]]:
        """Raises as `rendered`, and Refused for a quantity that is none."""
        made = yield from rendered(self._bundle, lock, parts, self._store, self._kubectl, settle=True)
        return {(one.component.id, one.variant): _facts(one) for one in made}


def _facts(one: Rendered) -> Facts:
    found = facts(one.documents)
    return Facts(one.sha256, found.objects, found.kinds, found.images, found.more_images, found.requests, one.helm)
