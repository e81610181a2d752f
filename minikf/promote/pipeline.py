"""`minikf promote --out`: roots -> closure -> clean -> placeholders -> proof -> files."""

from __future__ import annotations

from pathlib import Path

from minikf.errors import Refused
from minikf.promote import answers, folder, models, placeholders, render, roots, runtimes, secrets
from minikf.promote.clean import clean
from minikf.promote.closure import close
from minikf.promote.discovery import Source
from minikf.promote.laptop import Laptop
from minikf.promote.model import Bundle, Closure, Object, PromoteReport, Ref, ref_of


def export_from(source: Source, laptop: Laptop, root: str, out: Path, namespace: str | None) -> PromoteReport:
    """As `minikf.promote.export`, from any source of objects."""
    found = roots.find(root, source, namespace or "")
    closure = close(found, source)
    bundle = _bundle(closure, laptop)
    place = folder.read(out, bundle.root)
    files = render.render(bundle, place.answers)
    _prove(files, source, laptop, ref_of(found).namespace)
    changed = folder.write(place, files)
    values = answers.merge(bundle.placeholders, place.answers)
    return PromoteReport(
        root=bundle.root,
        out=out,
        changed=changed,
        files=tuple(files),
        objects=tuple(ref_of(obj) for obj in bundle.objects),
        placeholders=bundle.placeholders,
        unanswered=tuple(name for name, value in values.items() if answers.is_open(name, value)),
        needs=bundle.needs,
        warnings=bundle.warnings,
    )


def _bundle(closure: Closure, laptop: Laptop) -> Bundle:
    warnings = list(closure.warnings)
    objects: list[Object] = []
    for obj in closure.objects:
        cleaned = clean(obj)
        translated = runtimes.translate(cleaned.obj)
        warnings += [*cleaned.warnings, *translated.warnings]
        objects.append(translated.obj)
    detached, unknown = models.with_checksums(placeholders.detach(tuple(objects), laptop))
    return Bundle(
        root=Ref(objects[0]["kind"], objects[0]["metadata"]["name"]),
        objects=detached.objects,
        placeholders=detached.placeholders,
        needs=closure.needs,
        warnings=(*warnings, *unknown),
    )


def _prove(files: dict[str, str], source: Source, laptop: Laptop, namespace: str) -> None:
    """Nothing of the laptop and no secret is in what is about to be written. Raises Refused for a secret."""
    secrets.check(files, secrets.values(source.list("Secret", namespace)))
    for path, text in files.items():
        if path != render.ANSWERS and (spans := laptop.spans(text)):
            raise Refused(
                f"{path} would hold '{spans[0].text}', {spans[0].local.value}",
                cause="it stands where no placeholder can: in a name or a key",
                advice="rename it on the platform, then promote again",
            )
