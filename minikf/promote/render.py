"""The files of a promotion, as text: the layout that every later step adds to."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from minikf.promote import answers
from minikf.promote.ir import files as irfiles
from minikf.promote.model import Bundle, FieldPath, Object, Placeholder, Ref, Target, ref_of
from minikf.promote.yamltext import dump

OVERLAY = "default"
LOCK = "bundle.lock.yaml"
ANSWERS = f"overlays/{OVERLAY}/answers.env"
OVERLAY_KUSTOMIZATION = f"overlays/{OVERLAY}/kustomization.yaml"
PIPELINES = "../../base/pipelines"
ANSWERS_NAME = "minikf-promote-answers"
LOCK_KIND = {"apiVersion": "minikf/v1alpha1", "kind": "PromotionBundle"}
_KUSTOMIZATION = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
# What is needed is applied first: Trainer refuses a TrainJob whose runtime does not exist yet.
_IN_ORDER = {"sortOptions": {"order": "fifo"}}
_OURS = "# Written by `minikf promote` and replaced by it.\n"
_YOURS = "# Yours to change: `minikf promote` leaves a changed one as it is.\n"


def render(bundle: Bundle, kept_answers: dict[str, str]) -> dict[str, str]:
    """Every file by its path in the folder; the same bundle and answers give the same bytes."""
    resources = {_file(obj): dump(obj) for obj in bundle.objects}
    files = {f"base/{path}": text for path, text in resources.items()}
    in_order = {"resources": list(reversed(resources)), **_IN_ORDER}
    files["base/kustomization.yaml"] = _OURS + dump(_KUSTOMIZATION | in_order)
    files |= irfiles.files(bundle, _OURS)
    files[OVERLAY_KUSTOMIZATION] = _YOURS + dump(_overlay(bundle))
    files[f"overlays/{OVERLAY}/replacements.yaml"] = _OURS + dump(_replacements(bundle.placeholders))
    files[ANSWERS] = answers.render(bundle.placeholders, kept_answers)
    files["README.md"] = _readme(bundle)
    files[LOCK] = _OURS + dump(_lock(bundle, files))
    return dict(sorted(files.items()))


def digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _file(obj: Object) -> str:
    return f"resources/{obj['kind'].lower()}-{obj['metadata']['name']}.yaml"


def _overlay(bundle: Bundle) -> Object:
    """The answers are a ConfigMap that kustomize reads and, being local configuration, never renders."""
    pipelines = {"components": [PIPELINES]} if irfiles.is_native(bundle) else {}
    options = {
        "disableNameSuffixHash": True,
        "annotations": {"config.kubernetes.io/local-config": "true"},
    }
    generator = {"name": ANSWERS_NAME, "envs": ["answers.env"], "options": options}
    return _KUSTOMIZATION | {
        "resources": ["../../base"],
        **pipelines,
        "configMapGenerator": [generator],
        "replacements": [{"path": "replacements.yaml"}],
        **_IN_ORDER,
    }


def _replacements(placeholders: tuple[Placeholder, ...]) -> list[Object]:
    """In kustomize's order, which is the order of the list: in one field from the last piece to the first."""
    aimed = [
        (target, placeholder.name)
        for placeholder in placeholders
        for target in placeholder.targets
        if target.kind != "RecurringRun"  # no object: the API is told, with the answers filled in
    ]
    aimed.sort(key=lambda each: (each[0].kind, each[0].name, _escaped(each[0].path), -each[0].offset))
    return [
        {
            "source": {"kind": "ConfigMap", "name": ANSWERS_NAME, "fieldPath": f"data.{name}"},
            "targets": [_target(target)],
        }
        for target, name in aimed
    ]


def _target(target: Target) -> Object:
    select = {"group": target.group, "version": target.version, "kind": target.kind, "name": target.name}
    found: Object = {
        "select": {key: value for key, value in select.items() if value},
        "fieldPaths": [_escaped(target.path)],
    }
    if target.delimiter:
        found["options"] = {"delimiter": target.delimiter, "index": target.index}
    return found


def _escaped(path: FieldPath) -> str:
    """A field path as kustomize's replacements read it: parts parted by dots, a dot in a part escaped."""
    return ".".join(re.sub(r"\.", r"\\.", str(part)) for part in path)


def _lock(bundle: Bundle, files: dict[str, str]) -> Object:
    """What was written, to be compared with: objects by the digest of their canonical JSON, files by their bytes.

    The answers are not among the files: they are the user's from the start.
    """
    one = {"root": _named(bundle.root)} if len(bundle.roots) < 2 else {"roots": list(map(_named, bundle.roots))}
    found: Object = LOCK_KIND | one
    found["objects"] = [
        {
            "kind": ref.kind,
            "name": ref.name,
            "file": f"base/{_file(obj)}",
            "digest": digest(_canonical(obj)),
        }
        for obj in bundle.objects
        for ref in (ref_of(obj),)
    ]
    found |= _locked_pipelines(bundle)
    found["placeholders"] = [_locked(each) for each in bundle.placeholders]
    found["needs"] = [{"kind": need.kind, "name": need.name} for need in bundle.needs]
    if images := sorted({each.image for each in bundle.images if not each.placeholder}):
        found["images"] = images
    found["files"] = {path: digest(text) for path, text in sorted(files.items()) if path != ANSWERS}
    return found


def _locked_pipelines(bundle: Bundle) -> Object:
    pipelines = [
        {
            "name": ir.name,
            **({"version": ir.version} if ir.version else {}),
            "file": irfiles.ir_file(ir, bundle),
            "digest": digest(_canonical([ir.spec, ir.platform_spec])),
        }
        for ir in bundle.pipelines
    ]
    recurring = [
        {"name": run.name, "file": irfiles.recurring_file(run.name), "digest": digest(_canonical(run.document))}
        for run in bundle.recurring
    ]
    return ({"pipelines": pipelines} if pipelines else {}) | ({"recurring": recurring} if recurring else {})


def _named(ref: Ref) -> Object:
    return {"kind": ref.kind, "name": ref.name}


def _locked(placeholder: Placeholder) -> Object:
    found: Object = {"name": placeholder.name}
    if placeholder.sha256:
        found["content"] = {"digest": f"sha256:{placeholder.sha256}", "bytes": placeholder.bytes}
    return found


def _canonical(obj: Any) -> str:
    return json.dumps(obj, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _readme(bundle: Bundle) -> str:
    lines = [
        f"# {', '.join(map(str, bundle.roots or (bundle.root,)))}, ready for another cluster",
        "",
        f"1. Fill in `{ANSWERS}`." if bundle.placeholders else "1. There is nothing to fill in.",
        f"2. Look: `kubectl kustomize overlays/{OVERLAY}`",
        f"3. Apply: `kubectl apply -k overlays/{OVERLAY} --namespace NAMESPACE`",
        "",
        f"`base/` is written anew by every `minikf promote`; your own changes go into `overlays/{OVERLAY}/`.",
    ]
    lines += _section("What to fill in", [_asked(each) for each in bundle.placeholders])
    lines += _section("Pipelines", _pipelines(bundle))
    lines += _section("What the target must have", [f"{n.kind} `{n.name}`: {n.reason}." for n in bundle.needs])
    lines += _section("Worth knowing", [f"{warning}." for warning in bundle.warnings])
    return "\n".join(lines) + "\n"


def _asked(placeholder: Placeholder) -> str:
    places = "; ".join(answers.where(target) for target in placeholder.targets)
    content = f" On the laptop it has {placeholder.bytes} bytes, sha256 `{placeholder.sha256}`."
    return f"`{placeholder.name}`, in place of {placeholder.why}: {places}.{content if placeholder.sha256 else ''}"


def _pipelines(bundle: Bundle) -> list[str]:
    if not bundle.pipelines:
        return []
    fill = "; put the answers in the place of each `${...}` first" if bundle.placeholders else ""
    told = [
        f"`{irfiles.ir_file(ir, bundle)}` is {ir.name}{f', version {ir.version}' if ir.version else ''}: "
        f"`kfp pipeline upload`, or the pages of Kubeflow Pipelines, take it{fill}."
        for ir in bundle.pipelines
    ]
    told += [
        f"`{irfiles.recurring_file(run.name)}` is the schedule of recurring run {run.name}, which the API takes."
        for run in bundle.recurring
    ]
    has = "takes" if irfiles.is_native(bundle) else f"can take (`components: [{PIPELINES}]`)"
    if any(ir.objects for ir in bundle.pipelines):
        told.append(f"Where the target keeps pipelines as objects, `overlays/{OVERLAY}` {has} them along as such.")
    return told


def _section(title: str, items: list[str]) -> list[str]:
    return ["", f"## {title}", "", *(f"- {item}" for item in items)] if items else []
