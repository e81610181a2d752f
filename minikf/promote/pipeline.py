"""`minikf promote --out`: roots -> closure -> clean -> placeholders -> proof -> files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from minikf.errors import Refused
from minikf.promote import answers, folder, models, placeholders, render, roots, runtimes, secrets
from minikf.promote.clean import clean
from minikf.promote.closure import close
from minikf.promote.discovery import Source
from minikf.promote.folder import Folder
from minikf.promote.laptop import Laptop
from minikf.promote.model import Bundle, Closure, Object, PromoteReport, Ref, ref_of


@dataclass(frozen=True)
class Plan:
    """A promotion before it is written. `objects` are as they run here, in the order of the bundle's; `files` what
    will stand in `out`, by path; `place` what stands there now."""

    out: Path
    objects: tuple[Object, ...]
    bundle: Bundle
    place: Folder
    files: dict[str, str]

    @property
    def standing(self) -> dict[str, str]:
        """What of it stands on disk now, by path: files that are ours and the answers."""
        names = {*(self.place.files or {}), *self.files}
        return {name: (self.place.path / name).read_text() for name in sorted(names) if self._is_there(name)}

    @property
    def report(self) -> PromoteReport:
        """As of a promotion that has changed nothing yet."""
        values = answers.merge(self.bundle.placeholders, self.place.answers)
        return PromoteReport(
            root=self.bundle.root,
            out=self.out,
            changed=False,
            files=tuple(self.files),
            objects=tuple(ref_of(obj) for obj in self.bundle.objects),
            placeholders=self.bundle.placeholders,
            unanswered=tuple(name for name, value in values.items() if answers.is_open(name, value)),
            needs=self.bundle.needs,
            warnings=self.bundle.warnings,
        )

    def _is_there(self, name: str) -> bool:
        return self.place.files is not None and (self.place.path / name).is_file()


def plan_from(
    source: Source, laptop: Laptop, root: str, out: Path, namespace: str | None, *, dry: bool = False
) -> Plan:
    """What would be written; nothing is. With `dry` a promotion that a crash has left half done stays as it is."""
    found = roots.find(root, source, namespace or "")
    closure = close(found, source)
    bundle = _bundle(closure, laptop)
    place = folder.read(out, bundle.root, mend=not dry)
    files = render.render(bundle, place.answers)
    _prove(files, source, laptop, ref_of(found).namespace)
    if place.edited_overlay:  # the user's own, which is left as it is
        files[render.OVERLAY_KUSTOMIZATION] = place.edited_overlay
    return Plan(out, closure.objects, bundle, place, files)


def export_from(source: Source, laptop: Laptop, root: str, out: Path, namespace: str | None) -> PromoteReport:
    """As `minikf.promote.export`, from any source of objects."""
    plan = plan_from(source, laptop, root, out, namespace)
    return replace(plan.report, changed=folder.write(plan.place, plan.files))


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
