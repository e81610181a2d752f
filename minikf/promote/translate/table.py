"""All rules in their order, and the run over them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace

from minikf import masking
from minikf.promote.evidence import Change, Finding
from minikf.promote.fields import changed, get
from minikf.promote.model import FieldPath, Object, Placeholder, Ref, ref_of
from minikf.promote.targets.profile import TargetProfile
from minikf.promote.targets.spec import TargetSpec
from minikf.promote.translate import (
    addresses,
    canary,
    gpu,
    identity,
    images,
    namespaces,
    pipelines,
    placing,
    queues,
    runtimes,
    secrets,
    security,
    served,
    storage,
    stores,
)
from minikf.promote.translate.choices import ambiguous
from minikf.promote.translate.model import Edit, ImageFacts, Rule, Translation, World

# A rule reads what those before it made. Placeholders come first, whose paths are of the base; names of objects, which
# others look for, come last but for what only judges.
RULES: tuple[tuple[str, Rule], ...] = (
    ("address", addresses.placeholders),
    ("store", stores.of_the_laptop),
    ("runtime-scope", runtimes.scope),
    ("runtime", runtimes.training),
    ("serving-runtime", runtimes.serving),
    ("api", served.versions),
    ("image", images.references),
    ("platform", images.platforms),
    ("pull-secret", images.pull_secrets),
    ("secret", secrets.names),
    ("storage-class", storage.classes),
    ("access-mode", storage.modes),
    ("pipeline-document", pipelines.documents),
    ("pipeline-root", pipelines.roots),
    ("pipeline-claim", pipelines.claims),
    ("kfp-launcher", pipelines.launcher),
    ("gpu-resource", gpu.resources),
    ("gpu", gpu.placement),
    ("placement", placing.selectors),
    ("queue", queues.queues),
    ("account", identity.accounts),
    ("account-exists", identity.existing),
    ("identity", identity.cloud),
    ("canary", canary.canary),
    ("pod-security", security.standards),
    ("dns", namespaces.names),
    ("namespace", namespaces.objects),
)


def translate(
    objects: tuple[Object, ...],
    placeholders: tuple[Placeholder, ...],
    spec: TargetSpec,
    profile: TargetProfile,
    *,
    here: str = "",
    images: Mapping[str, ImageFacts] | None = None,
    origins: Mapping[str, str] | None = None,
) -> Translation:
    """The objects as they go to the target. Pure: the same in, the same out; what comes out translates to itself.

    `objects` are cleaned and hold placeholders. `here` is their namespace, where they name none. `images` is what is
    known of images by reference; `origins` is what placeholders stood for (placeholders.Detached).
    """
    world = World(objects, placeholders, spec, profile, here, images or {}, origins or {})
    work = _Work([copy.deepcopy(obj) for obj in objects], [ref_of(obj) for obj in objects])
    work.findings += ambiguous(spec)
    for name, rule in RULES:
        world = replace(world, objects=tuple(work.objects))
        for index in range(len(objects)):
            work.run(name, rule, index, world)
    work.findings += identity.untied(replace(world, objects=tuple(work.objects)))
    return Translation(tuple(work.objects), tuple(work.changes), tuple(dict.fromkeys(work.findings)))


class _Work:
    def __init__(self, objects: list[Object], refs: list[Ref]) -> None:
        self.objects = objects
        self.changes: list[Change] = []
        self.findings: list[Finding] = []
        self._refs = refs

    def run(self, name: str, rule: Rule, index: int, world: World) -> None:
        obj, ref = self.objects[index], self._refs[index]
        for said in rule(obj, world):
            if isinstance(said, Edit):
                self._edit(name, index, said)
            else:
                self.findings.append(Finding(said.level, name, ref, said.where, said.message, said.cause, said.advice))

    def _edit(self, name: str, index: int, edit: Edit) -> None:
        obj = self.objects[index]
        old = get(obj, edit.path)
        if type(old) is type(edit.new) and old == edit.new:
            return
        old, new = _shown(obj, edit.path, old), _shown(obj, edit.path, edit.new)
        self.changes.append(Change(self._refs[index], edit.path, old, new, name, edit.evidence))
        self.objects[index] = changed(obj, edit.path, edit.new)


def _shown(obj: Object, path: FieldPath, value: object) -> object:
    """A field's value as it may be shown: an environment variable's own name says best whether it is a secret."""
    key = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
    if key == "value" and "env" in path:
        key = str(get(obj, (*path[:-1], "name")) or key)
    return masking.shown(value, key)
