"""What `minikf bundle show` prints of a component or a profile."""

from __future__ import annotations

from typing import Any

from minikf.bundle.errors import BundleInvalid
from minikf.bundle.lock import Facts, Lock, locked
from minikf.bundle.lock.model import charts_data
from minikf.bundle.model import LITE, STANDARD, Bundle, Component, Requests
from minikf.bundle.pulling import here
from minikf.bundle.selection import select
from minikf.bundle.totals import Totals, totals
from minikf.cli import render
from minikf.cli.bundleimages import described
from minikf.cli.bundles import ids, profiles_of
from minikf.errors import Refused


def profile(bundle: Bundle, name: str, *, as_json: bool) -> None:
    """Its components with their figures, and what they come to."""
    does, chosen = bundle.profiles[name].does, select(bundle, name)
    lock = _locked(bundle)
    found = totals(lock, [(one, chosen.variant) for one in chosen.components]) if lock is not None else None
    if as_json:
        data = {"profile": name, "does": does, "variant": chosen.variant, "components": ids(bundle, name)}
        render.data(data | {"totals": found.as_dict() if found is not None else None})
        return
    render.text(f"{name}: {does}")
    render.text()
    rows = [(one.id, *_figures(lock, one, chosen.variant)) for one in chosen.components]
    render.table(("COMPONENT", "OBJECTS", "IMAGES", "CPU", "MEMORY", "STORAGE"), rows)
    if found is not None:
        render.text()
        _print_totals(found)


def component(bundle: Bundle, one: Component, *, as_json: bool) -> None:
    """All that is known of it."""
    lock = _locked(bundle)
    if as_json:
        render.data(_component(bundle, one, lock))
        return
    render.text(f"{one.title} ({one.id}): {one.does}")
    lines = [
        ("group", one.group),
        ("profiles", ", ".join(profiles_of(bundle, one)) or "none; it is an add-on"),
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
        for chart in shape.charts:
            lines.append((f"chart, {variant}", f"{chart.archive.address} as {chart.release} in {chart.namespace}"))
            lines += [(f"values, {variant}", chart.values)] if chart.values else []
        lines += [(f"patch, {variant}", name) for name in shape.patches]
    for variant in (STANDARD, LITE):
        if (facts := _facts(lock, one, variant)) is not None:
            lines.append((f"objects, {variant}", f"{facts.objects}; {_requests(facts.requests)}"))
            lines += [(f"image, {variant}", f"{image} ({_image(lock, image)})") for image in facts.images]
    if (facts := _facts(lock, one, STANDARD) or _facts(lock, one, LITE)) is not None:
        lines.append(("serves", ", ".join(facts.kinds)))
    for label, text in lines:
        if text:
            render.text(f"  {(label + ':').ljust(19)} {text}")


def _image(lock: Lock | None, name: str) -> str:
    return described(lock.images[name], here()) if lock is not None else ""


def _requests(asked: Requests) -> str:
    return f"cpu {asked.cpu_milli}m, memory {_size(asked.memory_bytes)}, storage {_size(asked.storage_bytes)}"


def _print_totals(found: Totals) -> None:
    if not found.objects:
        render.text(f"{found.files} files of {found.bytes:,} bytes")
        render.note("what they ask for is not known, since nobody rendered them yet: minikf bundle lock")
        return
    render.text(f"requests: {_requests(found.requests)}")
    pulled = f", {render.megabytes(found.image_bytes)} to pull on {found.platform}" if found.image_bytes else ""
    rest = (
        (len(found.unsized), "of unknown size"),
        (len(found.tag_only), "by their tag only"),
        (len(found.foreign), f"not for {found.platform}"),
    )
    told = "".join(f"; {count} {words}" for count, words in rest if count)
    render.text(
        f"images:   {len(found.images)} that run{pulled}{told}; {len(found.more_images)} more for what you start"
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
            "charts": charts_data(shape.charts),
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
        "profiles": profiles_of(bundle, one),
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


def _size(count: int) -> str:
    return render.megabytes(count) or "-"
