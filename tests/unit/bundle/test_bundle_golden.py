"""What a lock says of each component is what is rendered, by however few runs of kustomize."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from minikf.bundle import shelf
from minikf.bundle.lock import locked
from minikf.bundle.lock.make import lockable
from minikf.bundle.model import Bundle
from minikf.bundle.render import kustomize
from minikf.bundle.rendered import Kustomize, cache, rendered
from minikf.bundle.selection import select
from minikf.bundle.sources import Folder
from minikf.bundle.store import Store
from tests.unit.bundle.conftest import kubectl, upstream
from tests.unit.bundle.locking import ran

MIRROR = upstream()
KUBECTL = kubectl()
VERSIONS = [f"{name}@{version}" for name, versions in shelf.names().items() for version in versions]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(MIRROR is None, reason="no mirror of Kubeflow's files; name it with MINIKF_UPSTREAM"),
    pytest.mark.skipif(KUBECTL is None, reason="no kubectl here, whose kustomize renders"),
]


@pytest.mark.parametrize("version", VERSIONS)
def test_each_component_is_rendered_to_what_was_locked(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once as a lock is made, which compares each object with what kustomize alone makes of it; once as an installation
    does it, in which no component is rendered twice."""
    assert MIRROR is not None and KUBECTL is not None
    bundle, store, tool = shelf.bundle(version), Store(tmp_path / "store"), KUBECTL
    lock, parts = locked(bundle), lockable(bundle)
    engine = Kustomize(bundle, store, tool)
    if engine.version != lock.renderer:
        pytest.skip(f"kubectl here has {engine.version}, the lock was made by {lock.renderer}")
    for profile in bundle.profiles:
        ran(store.ensure(lock, select(bundle, profile), Folder(MIRROR)))
    wanted = [part for part in parts if part[0].id in _ids(bundle, part[1])]
    found = ran(engine.facts(lock, wanted))
    assert found == {(one.id, variant): lock.variant(one, variant).facts for one, variant in wanted}
    shutil.rmtree(cache(store))

    runs: list[str] = []
    build = kustomize.build
    monkeypatch.setattr(kustomize, "build", lambda *words: runs.extend(words[2].split(", ")) or build(*words))
    for profile in bundle.profiles:
        chosen = select(bundle, profile)
        runs.clear()
        made = ran(rendered(bundle, lock, [(one, chosen.variant) for one in chosen.components], store, tool))
        assert all(one.sha256 == found[one.component.id, one.variant].sha256 for one in made)
        assert len(runs) == len(set(runs)), f"rendered twice: {sorted({one for one in runs if runs.count(one) > 1})}"
        shutil.rmtree(cache(store))


def _ids(bundle: Bundle, variant: str) -> set[str]:
    chosen = [select(bundle, profile) for profile in bundle.profiles]
    return {one.id for selection in chosen if selection.variant == variant for one in selection.components}
