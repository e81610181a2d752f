"""What a promotion to a target would do, decided before anything is written there."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from minikf.promote.apply import Artifact, Intended
from minikf.promote.evidence import Change, Finding, Level
from minikf.promote.model import Bundle, Object, Ref, ref_of
from minikf.promote.pipeline import Gathered
from minikf.promote.preflight import check
from minikf.promote.references import dotted
from minikf.promote.targets.profile import TargetProfile
from minikf.promote.targets.spec import TargetSpec
from minikf.promote.translate import translate
from minikf.promote.translate.stores import address

_LONGEST_NAME = 40
_PIPELINES = "pipelines.kubeflow.org"


@dataclass(frozen=True)
class Carry:
    """A model or data that goes to the target's store: the file or folder here, its address there, its SHA-256 and
    size in bytes."""

    source: Path
    to: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class TargetPlan:
    """A promotion before anything is written. `name` tells it from others that go to the same target; `objects` are as
    they go there, `findings` all that is or may be wrong, worst first."""

    name: str
    target: str
    namespace: str
    roots: tuple[Ref, ...]
    objects: tuple[Object, ...]
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    carries: tuple[Carry, ...]
    warnings: tuple[str, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What keeps it from being done."""
        return tuple(one for one in self.findings if one.level == Level.ERROR)

    def intended(self, run: str) -> Intended:
        """As the run `run`."""
        artifacts = tuple(Artifact(one.to, {"sha256": one.sha256}) for one in self.carries if one.sha256)
        return Intended.of(self.target, self.name, self.namespace, self.objects, run=run, artifacts=artifacts)

    def as_dict(self) -> dict[str, Any]:
        """What `--json` prints; values of secrets are in none of it."""
        return {
            "name": self.name,
            "target": self.target,
            "namespace": self.namespace,
            "roots": [str(one) for one in self.roots],
            "objects": list(self.objects),
            "changes": [
                asdict(one) | {"ref": str(one.ref), "path": dotted(one.path)} for one in self.changes
            ],
            "findings": [
                asdict(one) | {"level": one.level.value, "ref": str(one.ref) if one.ref else ""}
                for one in self.findings
            ],
            "copies": [asdict(one) | {"source": str(one.source)} for one in self.carries],
            "warnings": list(self.warnings),
        }  # fmt: skip


def plan(gathered: Gathered, spec: TargetSpec, profile: TargetProfile, now: datetime, name: str = "") -> TargetPlan:
    """Pure but for the laptop's files, of which only names are read: the same in, the same out, network or not."""
    bundle = gathered.bundle
    placed = _placed(bundle, profile)
    here = next(iter(gathered.namespaces), "")
    done = translate(placed, bundle.placeholders, spec, profile, here=here, origins=gathered.origins)
    objects = _once(done.objects)
    findings = [*done.findings, *_left_out(bundle, profile), *check(objects, bundle.needs, spec, profile, now)]
    return TargetPlan(
        name=name or name_of(bundle.roots),
        target=spec.name,
        namespace=spec.namespace,
        roots=bundle.roots,
        objects=objects,
        changes=done.changes,
        findings=tuple(sorted(dict.fromkeys(findings), key=lambda one: one.level != Level.ERROR)),
        carries=tuple(carries(bundle, spec)),
        warnings=bundle.warnings,
    )


def name_of(roots: tuple[Ref, ...]) -> str:
    """A name that the same roots always get: of a single one its own, of several the first one's and a hash of all."""
    whole = "\n".join(sorted(f"{one.kind} {one.name}" for one in roots))
    base = re.sub(r"[^a-z0-9]+", "-", roots[0].name.lower()).strip("-") or "promotion"
    if len(roots) == 1 and len(base) <= _LONGEST_NAME:
        return base
    short = hashlib.sha256(whole.encode()).hexdigest()[:6]
    return f"{base[: _LONGEST_NAME - 7].rstrip('-')}-{short}"


def carries(bundle: Bundle, spec: TargetSpec) -> list[Carry]:
    """What of models and data has an address in the target's store and lies on this machine. A model that is a single
    file goes into a folder of its own: model servers look for one by its ending."""
    wanted = {one.name: one for one in bundle.placeholders if one.sha256}
    found: dict[str, Carry] = {}
    for use in bundle.contents:
        placeholder = wanted.get(use.placeholder)
        if placeholder is None or not use.local or not spec.store or use.placeholder in spec.answers:
            continue
        source, to = Path(use.local), address(spec, placeholder)
        if use.kind == "model" and source.is_file():
            to = f"{to}/{source.name}"
        found.setdefault(to, Carry(source, to, placeholder.sha256, placeholder.bytes))
    return list(found.values())


def _placed(bundle: Bundle, profile: TargetProfile) -> tuple[Object, ...]:
    """The objects with the namespaces that they have here, pipelines among them where the target knows them as such."""
    objects = [_named(obj, ref) for obj, ref in zip(bundle.objects, bundle.here, strict=True)]
    if profile.serves(_PIPELINES, "PipelineVersion"):
        for ir in bundle.pipelines:
            objects += [_named(obj, ir.ref) for obj in ir.objects]
    return tuple(objects)


def _named(obj: Object, here: Ref) -> Object:
    if not here.namespace or obj["metadata"].get("namespace"):
        return obj
    metadata: Mapping[str, Any] = obj["metadata"]
    return {**obj, "metadata": {"name": metadata["name"], "namespace": here.namespace, **metadata}}


def _once(objects: tuple[Object, ...]) -> tuple[Object, ...]:
    """A pipeline of several versions is written once."""
    found: dict[tuple[str, str, str, str], Object] = {}
    for obj in objects:
        ref = ref_of(obj)
        found.setdefault((str(obj["apiVersion"]), ref.kind, ref.namespace, ref.name), obj)
    return tuple(found.values())


def _left_out(bundle: Bundle, profile: TargetProfile) -> list[Finding]:
    """What this release cannot make on that target: an error each, never left out in silence."""
    found = []
    if bundle.pipelines and not profile.serves(_PIPELINES, "PipelineVersion"):
        for ir in bundle.pipelines:
            found.append(
                Finding(
                    Level.ERROR, "pipeline-upload", ir.ref, "",
                    f"the target does not know pipelines as objects, so {ir.ref} cannot be put there",
                    f"{profile.target} does not serve {_PIPELINES}",
                    f"write it as a file and upload that there: minikf promote pipeline/{ir.name} --out DIR",
                )
            )  # fmt: skip
    for run in bundle.recurring:
        found.append(
            Finding(
                Level.ERROR, "recurring-run", run.ref, "",
                f"{run.ref} is no object of Kubernetes, and promotion to a target makes objects only",
                "the API of Kubeflow Pipelines makes it", f"minikf promote recurringrun/{run.name} --out DIR",
            )
        )  # fmt: skip
    return found
