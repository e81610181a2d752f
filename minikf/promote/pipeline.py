"""`minikf promote --out`: roots -> closure -> clean -> placeholders -> proof -> files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from minikf.errors import Refused
from minikf.promote import answers, folder, models, placeholders, render, roots, runtimes, secrets, uses
from minikf.promote.clean import clean
from minikf.promote.closure import close_all
from minikf.promote.discovery import Source
from minikf.promote.folder import Folder
from minikf.promote.ir import storage
from minikf.promote.laptop import Laptop
from minikf.promote.model import Bundle, Closure, Object, PipelineIr, PromoteReport, Ref, ref_of


@dataclass(frozen=True)
class Gathered:
    """What goes along, wherever it goes. `refs` are the roots and `closure` all objects as they are here; `origins` is
    what placeholders of the bundle stand for."""

    refs: tuple[Ref, ...]
    closure: Closure
    bundle: Bundle
    origins: Mapping[str, str]

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Those of here that anything comes from."""
        found = {ref.namespace for ref in (*self.refs, *self.bundle.here)}
        return tuple(sorted(found - {""}))


@dataclass(frozen=True)
class Plan:
    """A promotion before it is written. `objects` and `pipelines` are as they are here, in the order of the bundle's;
    `files` what will stand in `out`, by path; `place` what stands there now."""

    out: Path
    objects: tuple[Object, ...]
    bundle: Bundle
    place: Folder
    files: dict[str, str]
    pipelines: tuple[PipelineIr, ...] = ()

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
            roots=self.bundle.roots,
            out=self.out,
            changed=False,
            files=tuple(self.files),
            objects=(
                *map(ref_of, self.bundle.objects),
                *(
                    Ref("Pipeline", f"{ir.name}@{ir.version}" if ir.version else ir.name)
                    for ir in self.bundle.pipelines
                ),
                *(Ref("RecurringRun", run.name) for run in self.bundle.recurring),
            ),
            placeholders=self.bundle.placeholders,
            unanswered=tuple(name for name, value in values.items() if answers.is_open(name, value)),
            needs=self.bundle.needs,
            warnings=self.bundle.warnings,
        )

    def _is_there(self, name: str) -> bool:
        return self.place.files is not None and (self.place.path / name).is_file()


def gather(source: Source, laptop: Laptop, names: Sequence[str], namespace: str | None) -> Gathered:
    """Roots, what they reference, cleaned, with what holds here only taken out."""
    found = roots.find_all(names, source, namespace or "")
    closure = close_all(found.roots, source, found.bound)
    bundle, origins = _bundle(found.refs, closure, laptop)
    return Gathered(found.refs, closure, bundle, origins)


def plan_from(
    source: Source, laptop: Laptop, names: Sequence[str], out: Path, namespace: str | None, *, dry: bool = False
) -> Plan:
    """What would be written; nothing is. With `dry` a promotion that a crash has left half done stays as it is."""
    found = gather(source, laptop, names, namespace)
    bundle, closure = found.bundle, found.closure
    place = folder.read(out, bundle.roots, mend=not dry)
    files = render.render(bundle, place.answers)
    _prove(files, source, laptop, found.namespaces)
    if place.edited_overlay:  # the user's own, which is left as it is
        files[render.OVERLAY_KUSTOMIZATION] = place.edited_overlay
    return Plan(out, closure.objects, bundle, place, files, closure.pipelines)


def export_from(
    source: Source, laptop: Laptop, names: Sequence[str], out: Path, namespace: str | None
) -> PromoteReport:
    """As `minikf.promote.export`, from any source of objects."""
    plan = plan_from(source, laptop, names, out, namespace)
    return replace(plan.report, changed=folder.write(plan.place, plan.files))


def _bundle(refs: tuple[Ref, ...], closure: Closure, laptop: Laptop) -> tuple[Bundle, Mapping[str, str]]:
    warnings = list(closure.warnings)
    objects: list[Object] = []
    for obj in closure.objects:
        cleaned = clean(obj)
        translated = runtimes.translate(cleaned.obj)
        warnings += [*cleaned.warnings, *translated.warnings]
        objects.append(translated.obj)
    for ir in closure.pipelines:
        stored = storage.translate(ir)
        warnings += stored.warnings
        objects.append(stored.obj)
    every = (*objects, *(run.document for run in closure.recurring))
    here = tuple(map(ref_of, closure.objects))
    # Only objects are asked for a namespace: pipelines name none.
    namespaces = (*(ref.namespace for ref in here), *("" for _ in every[len(here) :]))
    detached, unknown = models.with_checksums(placeholders.detach(every, laptop, namespaces))
    claims = {ref.name: ref.namespace for ref in here if ref.kind == "PersistentVolumeClaim"}
    first, last = len(here), len(here) + len(closure.pipelines)
    there = tuple(Ref(ref.kind, ref.name) for ref in refs)
    bundle = Bundle(
        root=there[0],
        roots=there,
        objects=detached.objects[:first],
        here=here,
        pipelines=tuple(
            replace(ir, object=obj) for ir, obj in zip(closure.pipelines, detached.objects[first:last], strict=True)
        ),
        recurring=tuple(
            replace(run, document=obj) for run, obj in zip(closure.recurring, detached.objects[last:], strict=True)
        ),
        placeholders=detached.placeholders,
        needs=closure.needs,
        warnings=(*warnings, *unknown),
        images=uses.images(every, detached.placeholders),
        contents=uses.contents(every, detached.placeholders, laptop, claims),
    )
    return bundle, detached.origins


def _prove(files: dict[str, str], source: Source, laptop: Laptop, namespaces: Sequence[str]) -> None:
    """Nothing of the laptop and no secret is in what is about to be written. Raises Refused for a secret."""
    for namespace in namespaces:
        secrets.check(files, secrets.values(source.list("Secret", namespace)))
    for path, text in files.items():
        if path != render.ANSWERS and (spans := laptop.spans(text)):
            raise Refused(
                f"{path} would hold '{spans[0].text}', {spans[0].local.value}",
                cause="it stands where no placeholder can: in a name or a key",
                advice="rename it on the platform, then promote again",
            )
