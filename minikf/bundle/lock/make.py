"""Makes a lock: reads every file that a bundle's components are made of."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence

from minikf.bundle.closure import Closure
from minikf.bundle.errors import FileChanged
from minikf.bundle.lock.model import Lock, LockedFile, LockedVariant, Part, Renderer, inputs, patches
from minikf.bundle.model import VARIANTS, Bundle
from minikf.bundle.origin import Origin
from minikf.bundle.sources import Source
from minikf.bundle.store import Store
from minikf.errors import MinikfError
from minikf.spec import Event

WHAT = "lock"


def make(
    bundle: Bundle,
    source: Source,
    store: Store,
    *,
    previous: Lock | None = None,
    renderer: Renderer | None = None,
    parts: Sequence[Part] = (),
) -> Generator[Event, None, Lock]:
    """The lock of a bundle as the source has its files, which are in the store then.

    What `previous` knows of parts whose files and patches are the same, rendered by the same engine, is kept; the
    `renderer` says it of all others, and without one nobody does. `parts` are what to lock, by default all that the
    bundle does not except. Raises, after a `failed` event: FileMissing and NotLockable with the kustomization's name
    and line, and what the source, the store and the renderer raise.
    """
    chosen = list(parts) or lockable(bundle)
    try:
        yield Event(WHAT, "started", f"{bundle.name} {bundle.version} from {source.name}")
        files, closure = yield from _read(chosen, source, store)
        lock = Lock(
            bundle.name,
            bundle.version,
            files=files,
            components=_components(bundle, chosen, closure, files),
            images=previous.images if previous is not None else {},
        )
        lock = yield from _with_facts(lock, chosen, previous, renderer)
    except MinikfError as error:
        yield Event(WHAT, "failed", error.message, cause=error.cause)
        raise
    size = sum(file.size for file in files.values())
    message = f"{len(lock.components)} components of {len(files)} files"
    yield Event(WHAT, "done", message, bytes_done=size, bytes_total=size)
    return lock


def lockable(bundle: Bundle) -> list[Part]:
    """Every component in every variant, but for those whose bytes nobody here could read."""
    return [
        (one, variant) for one in bundle.components.values() if one.locked for variant in VARIANTS if one.has(variant)
    ]


def _read(
    parts: Sequence[Part], source: Source, store: Store
) -> Generator[Event, None, tuple[dict[str, LockedFile], Closure]]:
    held: dict[str, LockedFile] = {}
    charts = [chart for component, variant in parts for chart in component.shape(variant).charts]
    said = {chart.archive: chart.sha256 for chart in charts if chart.sha256}

    def read(origin: Origin) -> bytes:
        data = source.read(origin)
        if origin in said and (found := hashlib.sha256(data).hexdigest()) != said[origin]:
            raise FileChanged(
                f"{origin.address} is not the chart that the bundle names, so it is not used",
                cause=f"from {source.name} come {len(data):,} bytes with the sha256 {found}, and not {said[origin]}",
                advice="name a mirror that has it: --mirror; or correct the chart's `sha256` in the bundle",
            )
        held[origin.address] = store.put(data)
        return data

    closure = Closure(read, source.threads)
    for count in closure.follow(origin for one, variant in parts for origin in one.roots(variant)):
        if count % 100 == 0:
            size = sum(file.size for file in list(held.values()))
            yield Event(WHAT, "progress", f"{count} files", bytes_done=size)
    closure.check()
    return {name: held[name] for name in sorted(held)}, closure


def _components(
    bundle: Bundle, parts: Sequence[Part], closure: Closure, files: dict[str, LockedFile]
) -> dict[str, dict[str, LockedVariant]]:
    found: dict[str, dict[str, LockedVariant]] = {}
    for part in parts:
        component, variant = part
        own = sorted(file.address for file in closure.files(component.roots(variant)))
        made_of = inputs(bundle, part, {name: files[name] for name in own})
        locked = LockedVariant(tuple(own), patches(bundle, part), made_of)
        found.setdefault(component.id, {})[variant] = locked
    return found


def _with_facts(
    lock: Lock, parts: Sequence[Part], previous: Lock | None, renderer: Renderer | None
) -> Generator[Event, None, Lock]:
    before = previous if previous is not None else Lock(lock.bundle, lock.version)
    engine = renderer.version if renderer is not None else before.renderer
    kept = {}
    for component, variant in parts:
        known = before.components.get(component.id, {}).get(variant)
        same = known is not None and known.inputs == lock.variant(component, variant).inputs
        if known is not None and known.facts is not None and same and before.renderer == engine:
            kept[component.id, variant] = known.facts
    missing = [(component, variant) for component, variant in parts if (component.id, variant) not in kept]
    if renderer is not None and missing:
        made = yield from renderer.facts(lock, missing)
        kept.update(made)
    return lock.with_facts(engine, kept)
