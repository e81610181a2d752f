"""The locks that MiniKF comes with are those of its bundles: after a change, `minikf bundle lock` makes them anew."""

from __future__ import annotations

import pytest

from minikf.bundle import shelf
from minikf.bundle.lock import locked
from minikf.bundle.lock.make import lockable
from minikf.bundle.lock.model import inputs, patches
from minikf.bundle.lock.text import FILE, text
from minikf.bundle.lock.verify import verify
from minikf.bundle.sources import Folder
from tests.unit.bundle.conftest import upstream
from tests.unit.bundle.locking import ran

VERSIONS = [f"{name}@{version}" for name, versions in shelf.names().items() for version in versions]
MIRROR = upstream()


def test_there_are_two_versions_to_upgrade_between() -> None:
    assert {"kubeflow@26.03", "kubeflow@v1.11.0"} <= set(VERSIONS)
    assert (shelf.bundle().version, shelf.bundle().upgrades_from) == ("26.03", "v1.11.0")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_lock_is_of_its_bundle_as_it_is_now(version: str) -> None:
    bundle = shelf.bundle(version)
    lock, parts = locked(bundle), lockable(bundle)
    assert bundle.folder is not None and (bundle.folder / FILE).read_text() == text(lock)
    assert {(name, variant) for name, all_ in lock.components.items() for variant in all_} == {
        (component.id, variant) for component, variant in parts
    }
    for part in parts:
        found = lock.variant(*part)
        files = {name: lock.files[name] for name in found.files}
        assert found.patches == patches(bundle, part) and found.inputs == inputs(bundle, part, files), part[0].id
        assert found.facts is not None and found.facts.objects > 0
        assert all(image in lock.images for image in (*found.facts.images, *found.facts.more_images))


@pytest.mark.skipif(MIRROR is None, reason="no mirror of Kubeflow's files; name it with MINIKF_UPSTREAM")
@pytest.mark.parametrize("version", VERSIONS)
def test_every_byte_of_the_mirror_is_as_it_was_locked(version: str) -> None:
    assert MIRROR is not None
    bundle = shelf.bundle(version)
    assert ran(verify(bundle, locked(bundle), Folder(MIRROR))) == ()
