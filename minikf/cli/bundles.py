"""What `minikf bundle` prints of all of a bundle: the list, the counts, the changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from minikf.bundle.lock import Lock
from minikf.bundle.lock.diff import FILE
from minikf.bundle.model import Bundle, Component
from minikf.bundle.selection import select
from minikf.cli import render

if TYPE_CHECKING:
    from minikf.bundle.lock.diff import Change


def overview(bundle: Bundle) -> dict[str, Any]:
    """`bundle list --json`."""
    return {
        "bundle": bundle.name,
        "version": bundle.version,
        "upgradesFrom": bundle.upgrades_from,
        "profiles": {
            one.name: {"does": one.does, "variant": one.variant, "components": ids(bundle, one.name)}
            for one in bundle.profiles.values()
        },
        "components": [
            {
                "id": one.id,
                "title": one.title,
                "group": one.group,
                "does": one.does,
                "profiles": profiles_of(bundle, one),
                "licence": one.licence.spdx,
                "free": one.licence.free,
                "locked": one.locked,
            }
            for one in bundle.components.values()
        ],
    }


def print_list(bundle: Bundle) -> None:
    render.text(f"{bundle.name} {bundle.version}")
    render.text()
    rows = [(name, str(len(ids(bundle, name))), one.does) for name, one in bundle.profiles.items()]
    render.table(("PROFILE", "COMPONENTS", "WHAT IT IS FOR"), rows)
    render.text()
    render.table(
        ("COMPONENT", "GROUP", "PROFILES", "WHAT IT DOES"),
        [
            (one.id, one.group, ", ".join(profiles_of(bundle, one)) or "add-on", one.does + _marks(one))
            for one in bundle.components.values()
        ],
    )


def print_changes(old: Bundle, new: Bundle, changes: Sequence[Change], *, files: bool) -> None:
    render.text(f"{old.name} {old.version} -> {new.name} {new.version}")
    for one in changes:
        if one.sort == FILE and not files:
            continue
        render.text(f"{one.how.ljust(8)} {one.sort} {one.name}")
        if one.how == "changed" and one.sort != FILE:
            render.text(f"         - {one.old}")
            render.text(f"         + {one.new}")
    counts = {
        how: sum(one.sort == FILE and one.how == how for one in changes) for how in ("added", "removed", "changed")
    }
    told = ", ".join(f"{count} {how}" for how, count in counts.items() if count)
    render.text(f"files: {told or 'none changed'}" + ("; --files names them" if told and not files else ""))


def counts(lock: Lock) -> dict[str, int]:
    return {
        "components": len(lock.components),
        "files": len(lock.files),
        "bytes": sum(file.size for file in lock.files.values()),
        "images": len(lock.images),
        "digests": sum(not image.tag_only for image in lock.images.values()),
        "tagOnly": sum(image.tag_only for image in lock.images.values()),
    }


def counted(lock: Lock) -> str:
    """The counts in words; that a tag alone says what an image is, is said out loud."""
    found = counts(lock)
    words = f"{found['components']} components, {found['files']} files, {found['bytes']:,} bytes, "
    words += f"{found['images']} images, {found['digests']} with a digest"
    return words + (f", {found['tagOnly']} by their tag only" if found["tagOnly"] else "")


def ids(bundle: Bundle, profile: str) -> list[str]:
    """The components that a profile comes to, those that are needed with it."""
    return [one.id for one in select(bundle, profile).components]


def profiles_of(bundle: Bundle, one: Component) -> list[str]:
    """The profiles that a component is in."""
    return [name for name in bundle.profiles if one.id in ids(bundle, name)]


def _marks(one: Component) -> str:
    marks = ([] if one.locked else ["not locked"]) + ([] if one.licence.free else [one.licence.spdx])
    return f" ({', '.join(marks)})" if marks else ""
