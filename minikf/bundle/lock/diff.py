"""What differs between two versions of a bundle: components, words, files, images and profiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from minikf.bundle.lock.model import Lock
from minikf.bundle.model import Bundle, Component, Profile
from minikf.bundle.origin import of_address

COMPONENT = "component"
WORDS = "words"
FILE = "file"
IMAGE = "image"
KIND = "kind"
PROFILE = "profile"

# What a lock says better: paths by the files that they lead to.
_NOT_WORDS = ("id", "shapes")


@dataclass(frozen=True, order=True)
class Change:
    """`sort` is one of the words above, `name` what changed; `old` is "" for what came, `new` for what went."""

    sort: str
    name: str
    old: str
    new: str

    @property
    def how(self) -> str:
        """added, removed or changed."""
        return "added" if not self.old else "removed" if not self.new else "changed"


def diff(old: Bundle, old_lock: Lock, new: Bundle, new_lock: Lock) -> tuple[Change, ...]:
    """All that changed, sorted. A file counts as the same where repository and path are, whatever their ref."""
    return tuple(
        sorted(
            {
                *_changes(COMPONENT, _titles(old), _titles(new)),
                *_changes(WORDS, dict(_words(old, new)), dict(_words(new, old))),
                *_changes(PROFILE, _profiles(old), _profiles(new)),
                *_changes(FILE, _files(old_lock), _files(new_lock)),
                *_changes(IMAGE, _images(old_lock), _images(new_lock)),
                *_digests(old_lock, new_lock),
                *_changes(KIND, _kinds(old_lock), _kinds(new_lock)),
            }
        )
    )


def _changes(sort: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for name in {*old, *new}:
        if old.get(name) != new.get(name):
            yield Change(sort, name, old.get(name, ""), new.get(name, ""))


def _titles(bundle: Bundle) -> dict[str, str]:
    return {one.id: one.id for one in bundle.components.values()}


def _words(bundle: Bundle, other: Bundle) -> Iterator[tuple[str, str]]:
    """What each component says that both have, by `ID: FIELD`."""
    for name in sorted(set(bundle.components) & set(other.components)):
        one = bundle.components[name]
        for field in fields(Component):
            if field.name not in _NOT_WORDS:
                yield f"{name}: {field.name}", _shown(getattr(one, field.name))


def _shown(value: Any) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    if hasattr(value, "__dataclass_fields__"):
        return ", ".join(f"{field.name} {_shown(getattr(value, field.name))}" for field in fields(value))
    return str(value) or "none"


def _profiles(bundle: Bundle) -> dict[str, str]:
    return {name: _profile(one) for name, one in bundle.profiles.items()}


def _profile(one: Profile) -> str:
    return f"{one.variant}: {', '.join(one.components)}"


def _files(lock: Lock) -> dict[str, str]:
    """sha256 by repository and path."""
    found = {}
    for name, file in lock.files.items():
        origin = of_address(name)
        found[f"{origin.repo}/{origin.path}"] = file.sha256
    return found


def _images(lock: Lock) -> dict[str, str]:
    """The tags, or digests, by an image's name; a bundle may have several of one."""
    found: dict[str, list[str]] = {}
    for image in sorted(lock.images):
        name, mark, rest = image.partition("@")
        if not mark:
            name, mark, rest = image.rpartition(":")
            if not mark or "/" in rest:  # a port, and no tag
                name, rest = image, "latest"
        found.setdefault(name, []).append(rest)
    return {name: ", ".join(tags) for name, tags in found.items()}


def _digests(old: Lock, new: Lock) -> Iterator[Change]:
    """Tags that have another digest; where one of the two locks has a tag only, nobody knows."""
    for image in set(old.images) & set(new.images):
        before, after = old.images[image].digest, new.images[image].digest
        if before and after and before != after:
            yield Change(IMAGE, image, before, after)


def _kinds(lock: Lock) -> dict[str, str]:
    """The components that serve each kind."""
    found: dict[str, set[str]] = {}
    for name, variants in lock.components.items():
        for one in variants.values():
            for kind in one.facts.kinds if one.facts is not None else ():
                found.setdefault(kind, set()).add(name)
    return {kind: ", ".join(sorted(names)) for kind, names in found.items()}
