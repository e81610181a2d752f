"""What `minikf bundle` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from minikf.bundle.errors import BundleInvalid
from minikf.bundle.lock import Facts, Lock, locked
from minikf.bundle.lock.diff import FILE
from minikf.bundle.model import LITE, STANDARD, Bundle, Component, Requests
from minikf.bundle.selection import select
from minikf.bundle.totals import Totals, totals
from minikf.cli import render
from minikf.errors import Refused

if TYPE_CHECKING:
    from minikf.bundle.lock.diff import Change


def overview(bundle: Bundle) -> dict[str, Any]:
    """`bundle list --json`."""
    return {
        "bundle": bundle.name,
        "version": bundle.version,
        "upgradesFrom": bundle.upgrades_from,
        "profiles": {
            one.name: {"does": one.does, "variant": one.variant, "components": _ids(bundle, one.name)}
            for one in bundle.profiles.values()
        },
        "components": [
            {
                "id": one.id,
                "title": one.title,
                "group": one.group,
                "does": one.does,
                "profiles": _profiles(bundle, one),
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
    rows = [(name, str(len(_ids(bundle, name))), one.does) for name, one in bundle.profiles.items()]
    render.table(("PROFILE", "COMPONENTS", "WHAT IT IS FOR"), rows)
    render.text()
    render.table(
        ("COMPONENT", "GROUP", "PROFILES", "WHAT IT DOES"),
        [
            (one.id, one.group, ", ".join(_profiles(bundle, one)) or "add-on", one.does + _marks(one))
            for one in bundle.components.values()
        ],
    )


def show_profile(bundle: Bundle, name: str, *, as_json: bool) -> None:
    profile = bundle.profiles[name]
    chosen = select(bundle, name)
    lock = _locked(bundle)
    found = totals(lock, [(one, chosen.variant) for one in chosen.components]) if lock is not None else None
    if as_json:
        data = {"profile": name, "does": profile.does, "variant": profile.variant, "components": _ids(bundle, name)}
        render.data(data | {"totals": found.as_dict() if found is not None else None})
        return
    render.text(f"{name}: {profile.does}")
    render.text()
    rows = [(one.id, *_figures(lock, one, chosen.variant)) for one in chosen.components]
    render.table(("COMPONENT", "OBJECTS", "IMAGES", "CPU", "MEMORY", "STORAGE"), rows)
    if found is not None:
        render.text()
        _print_totals(found)


def show_component(bundle: Bundle, one: Component, *, as_json: bool) -> None:
    lock = _locked(bundle)
    if as_json:
        render.data(_component(bundle, one, lock))
        return
    render.text(f"{one.title} ({one.id}): {one.does}")
    lines = [
        ("group", one.group),
        ("profiles", ", ".join(_profiles(bundle, one)) or "none; it is an add-on"),
        ("licence", f"{one.licence.spdx}, read from {one.licence.source}"),
        ("needs", ", ".join(one.needs) or "nothing"),
        ("needs, lite", "" if one.needs_lite is None else ", ".join(one.needs_lite) or "nothing"),
        ("page", "" if one.ui is None else f"{one.ui.service}.{one.ui.namespace}:{one.ui.port}{one.ui.path}"),
        ("waits for", ", ".join(one.ready)),
        ("test", one.test),
        ("not locked", one.why_not),
    ]
    for variant in one.shapes:
        shape = one.shape(variant)
        lines += [(f"paths, {variant}", origin.address) for origin in shape.origins]
        lines += [(f"patch, {variant}", name) for name in shape.patches]
    for variant in (STANDARD, LITE):
        if (facts := _facts(lock, one, variant)) is not None:
            lines.append((f"objects, {variant}", f"{facts.objects}; {requests(facts.requests)}"))
            lines += [(f"image, {variant}", image) for image in facts.images]
    if (facts := _facts(lock, one, STANDARD) or _facts(lock, one, LITE)) is not None:
        lines.append(("serves", ", ".join(facts.kinds)))
    for label, text in lines:
        if text:
            render.text(f"  {(label + ':').ljust(19)} {text}")


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
        "tagOnly": sum(image.tag_only for image in lock.images.values()),
    }


def counted(lock: Lock) -> str:
    """The counts in words; that a tag alone says what an image is, is said out loud."""
    found = counts(lock)
    words = f"{found['components']} components, {found['files']} files, {found['bytes']:,} bytes, "
    return words + f"{found['images']} images" + (f", {found['tagOnly']} by their tag only" if found["tagOnly"] else "")


def requests(asked: Requests) -> str:
    return f"cpu {asked.cpu_milli}m, memory {_size(asked.memory_bytes)}, storage {_size(asked.storage_bytes)}"


def _print_totals(found: Totals) -> None:
    if not found.objects:
        render.text(f"{found.files} files of {found.bytes:,} bytes")
        render.note("what they ask for is not known, since nobody rendered them yet: minikf bundle lock")
        return
    render.text(f"requests: {requests(found.requests)}")
    pulled = f", {render.megabytes(found.image_bytes)}" if found.image_bytes else ""
    by_tag = f"; {len(found.tag_only)} by their tag only, of unknown size" if found.tag_only else ""
    render.text(
        f"images:   {len(found.images)} that run{pulled}{by_tag}; {len(found.more_images)} more for what you start"
    )
    render.text(f"objects:  {found.objects}, from {found.files} files of {found.bytes:,} bytes")
    if found.unknown:
        render.note(f"not counted, since nobody rendered them yet: {', '.join(found.unknown)}; minikf bundle lock")


def _component(bundle: Bundle, one: Component, lock: Lock | None) -> dict[str, Any]:
    variants = {}
    for variant in (STANDARD, LITE):
        if not one.has(variant):
            continue
        shape, facts = one.shape(variant), _facts(lock, one, variant)
        variants[variant] = {
            "paths": [origin.address for origin in shape.origins],
            "patches": list(shape.patches),
            "leaveOut": list(shape.leave_out),
            "needs": list(one.needs_of(variant)),
            "rendered": None
            if facts is None
            else {
                "sha256": facts.sha256,
                "objects": facts.objects,
                "kinds": list(facts.kinds),
                "images": list(facts.images),
                "moreImages": list(facts.more_images),
                "requests": vars(facts.requests),
            },
        }
    return {
        "id": one.id,
        "title": one.title,
        "does": one.does,
        "group": one.group,
        "licence": vars(one.licence),
        "profiles": _profiles(bundle, one),
        "ready": list(one.ready),
        "test": one.test,
        "ui": None if one.ui is None else vars(one.ui),
        "locked": one.locked,
        "whyNot": one.why_not,
        "variants": variants,
    }


def _locked(bundle: Bundle) -> Lock | None:
    """None where nobody has locked the bundle yet; that is said."""
    try:
        return locked(bundle)
    except BundleInvalid:
        raise
    except Refused as error:
        render.note(f"{error.message}, so objects, images and requests are not known: {error.advice}")
        return None


def _facts(lock: Lock | None, one: Component, variant: str) -> Facts | None:
    found = lock.components.get(one.id, {}).get(variant) if lock is not None else None
    return found.facts if found is not None else None


def _figures(lock: Lock | None, one: Component, variant: str) -> tuple[str, ...]:
    facts = _facts(lock, one, variant)
    if facts is None:
        return ("?",) * 5
    asked = facts.requests
    sizes = (_size(asked.memory_bytes), _size(asked.storage_bytes))
    return (str(facts.objects), str(len(facts.images)), f"{asked.cpu_milli}m", *sizes)


def _ids(bundle: Bundle, profile: str) -> list[str]:
    return [one.id for one in select(bundle, profile).components]


def _profiles(bundle: Bundle, one: Component) -> list[str]:
    return [name for name in bundle.profiles if one.id in _ids(bundle, name)]


def _marks(one: Component) -> str:
    marks = ([] if one.locked else ["not locked"]) + ([] if one.licence.free else [one.licence.spdx])
    return f" ({', '.join(marks)})" if marks else ""


def _size(count: int) -> str:
    return render.megabytes(count) or "-"
