"""Merges what a TrainJob overrides into a copy of its runtime's JobSet template."""

from __future__ import annotations

from typing import Any

from minikf.embedded.controllers.trainjob.names import template_of
from minikf.embedded.kinds import POD
from minikf.embedded.patching import strategic_patch
from minikf.embedded.schema import schema_for
from minikf.embedded.status import Object


def patched_template(train_job: Object, runtime: Object) -> Object:
    """The runtime's JobSet template with `podTemplateOverrides` and `runtimePatches` merged in, in their order."""
    template = template_of(runtime)
    spec = train_job["spec"]
    for override in spec.get("podTemplateOverrides") or []:
        targets = {target["name"] for target in override["targetJobs"]}
        for replicated in template["spec"]["replicatedJobs"]:
            if replicated["name"] in targets:
                _merge_pod_template(replicated, override)
    for patch in spec.get("runtimePatches") or []:
        _merge_runtime_patch(template, (patch.get("trainingRuntimeSpec") or {}).get("template") or {})
    return template


def _merge_runtime_patch(template: Object, patch: Object) -> None:
    _merge_metadata(template, patch.get("metadata") or {})
    by_name = {replicated["name"]: replicated for replicated in template["spec"]["replicatedJobs"]}
    for change in (patch.get("spec") or {}).get("replicatedJobs") or []:
        job = change.get("template") or {}
        target = by_name[change["name"]]
        _merge_metadata(target["template"], job.get("metadata") or {})
        _merge_pod_template(target, (job.get("spec") or {}).get("template") or {})


def _merge_pod_template(replicated: Object, change: Object) -> None:
    job_spec = replicated["template"]["spec"]
    meta = change.get("metadata") or {}
    kept: dict[str, Any] = {key: meta[key] for key in ("labels", "annotations") if meta.get(key)}
    patch = {"metadata": kept, "spec": change.get("spec") or {}}
    # A pod template has the fields and the merge keys of a Pod.
    job_spec["template"] = strategic_patch(job_spec["template"], patch, schema_for(POD))


def _merge_metadata(target: Object, meta: Object) -> None:
    for field in ("labels", "annotations"):
        if meta.get(field):
            own = target.setdefault("metadata", {})
            own[field] = {**(own.get(field) or {}), **meta[field]}
