"""Finds bundles: those that come with MiniKF, and any folder that a user names."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from minikf.bundle import catalog
from minikf.bundle.marked import near
from minikf.bundle.model import Bundle
from minikf.errors import UsageError

DEFAULT = "kubeflow"


def bundle(words: str = "", shelf: Traversable | None = None) -> Bundle:
    """The bundle that `FOLDER`, `NAME@VERSION` or `NAME` (its newest version) names; "" is Kubeflow's newest.

    `shelf` is the folder of `NAME/VERSION/bundle.yaml`, MiniKF's own one where it is None. Raises UsageError for what
    is not there, and as `catalog.read`.
    """
    if "/" in words or words in (".", ".."):
        return catalog.read(Path(words))
    name, _, version = (words or DEFAULT).partition("@")
    known = names(shelf)
    if name not in known:
        raise UsageError(
            f"there is no bundle '{name}'",
            cause="what has no slash is the name of a bundle of MiniKF",
            advice=f"{near(name, known)} A folder of your own is named with a slash: ./{name}",
        )
    if not version:
        return newest(name, shelf)
    if version not in known[name]:
        raise UsageError(f"there is no version '{version}' of the bundle {name}", advice=near(version, known[name]))
    return _read(name, version, shelf)


def names(shelf: Traversable | None = None) -> dict[str, tuple[str, ...]]:
    """The versions of each bundle, by its name."""
    found = {}
    for folder in _folders(shelf if shelf is not None else files("minikf.bundles")):
        versions = tuple(one.name for one in _folders(folder) if (one / catalog.FILE).is_file())
        if versions:
            found[folder.name] = versions
    return found


def newest(name: str, shelf: Traversable | None = None) -> Bundle:
    """The version from which no other one upgrades. Raises as `catalog.read`."""
    found = [_read(name, version, shelf) for version in names(shelf)[name]]
    left = {one.upgrades_from for one in found}
    # Versions are names, not numbers: 26.03 came after v1.11.0. Where a chain has several ends, the last by name.
    return next((one for one in reversed(found) if one.version not in left), found[-1])


def _read(name: str, version: str, shelf: Traversable | None) -> Bundle:
    shared = (shelf if shelf is not None else files("minikf.bundles")) / name
    return catalog.read(shared / version, shared)


def _folders(folder: Traversable) -> list[Traversable]:
    return sorted((one for one in folder.iterdir() if one.is_dir()), key=lambda one: one.name)
