"""Jobs: k8s.io/kubernetes v1.34.4, pkg/apis/batch/validation/validation.go."""

from __future__ import annotations

from minikf.embedded import names
from minikf.embedded.schema.fieldpath import invalid, not_supported, required
from minikf.embedded.selectors import match_labels
from minikf.embedded.status import Cause, Object
from minikf.embedded.validation.metadata import labels
from minikf.embedded.validation.pods import pod_spec
from minikf.embedded.validation.values import IMMUTABLE, changed_fields, nonnegative, unchanged

_COUNTS = (
    *("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit"),
    *("ttlSecondsAfterFinished", "backoffLimitPerIndex", "maxFailedIndexes"),
)
_FIXED = ("completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy")
# What may change in the template of a job that is suspended and has not begun.
_SCHEDULING = ("nodeSelector", "tolerations", "schedulingGates", "affinity")
_MAX_PARALLELISM = 100_000


def validate_job(obj: Object, old: Object | None) -> list[Cause]:
    spec = obj.get("spec") or {}
    found = _generated_selector(obj["metadata"], spec) + _spec(spec)
    found += _indexed_name(obj["metadata"].get("name") or "", spec)
    return found if old is None else found + _update(spec, old.get("spec") or {}, old.get("status") or {})


def _generated_selector(metadata: Object, spec: Object) -> list[Cause]:
    """Unless it is set by hand, a selector picks the pods of this very job."""
    selector = spec.get("selector")
    if spec.get("manualSelector") or selector is None:
        return []
    uid, name = metadata.get("uid") or "", metadata.get("name") or ""
    labels_of_pods = {"controller-uid": uid, "job-name": name}
    labels_of_pods |= {f"batch.kubernetes.io/{key}": value for key, value in labels_of_pods.items()}
    if match_labels(selector)({"metadata": {"labels": labels_of_pods}}):
        return []
    return [invalid("spec.selector", selector, "`selector` not auto-generated")]


def _spec(spec: Object) -> list[Cause]:
    found = nonnegative(spec, _COUNTS, "spec") + _completion_mode(spec)
    if spec.get("maxFailedIndexes") is not None and spec.get("backoffLimitPerIndex") is None:
        found.append(required("spec.backoffLimitPerIndex", "when maxFailedIndexes is specified"))
    template = spec.get("template") or {}
    template_labels = (template.get("metadata") or {}).get("labels")
    found += labels(template_labels or {}, "spec.template.labels")
    found += pod_spec(template.get("spec") or {}, "spec.template.spec")
    found += _restart_policy(spec, (template.get("spec") or {}).get("restartPolicy"))
    policy = spec.get("podReplacementPolicy")
    policies = ["Failed"] if spec.get("podFailurePolicy") is not None else ["Failed", "TerminatingOrFailed"]
    if policy is not None and policy not in policies:
        found.append(not_supported("spec.podReplacementPolicy", policy, policies))
    selector = spec.get("selector")
    if selector is None:
        found.append(required("spec.selector"))
    if selector is None or not match_labels(selector)({"metadata": {"labels": template_labels or {}}}):
        why = "`selector` does not match template `labels`"
        found.append(invalid("spec.template.metadata.labels", template_labels, why))
    return found


def _completion_mode(spec: Object) -> list[Cause]:
    mode = spec.get("completionMode") or "NonIndexed"
    if mode not in ("NonIndexed", "Indexed"):
        return [not_supported("spec.completionMode", mode, ["NonIndexed", "Indexed"])]
    if mode == "NonIndexed":
        return [
            invalid(f"spec.{field}", spec[field], "requires indexed completion mode")
            for field in ("backoffLimitPerIndex", "maxFailedIndexes", "successPolicy")
            if spec.get(field) is not None
        ]
    found = []
    if spec.get("completions") is None:
        found.append(required("spec.completions", "when completion mode is Indexed"))
    if (spec.get("parallelism") or 0) > _MAX_PARALLELISM:
        why = f"must be less than or equal to {_MAX_PARALLELISM} when completion mode is Indexed"
        found.append(invalid("spec.parallelism", spec["parallelism"], why))
    failed, completions = spec.get("maxFailedIndexes"), spec.get("completions")
    if failed is not None and completions is not None and failed > completions:
        found.append(invalid("spec.maxFailedIndexes", failed, "must be less than or equal to completions"))
    return found


def _restart_policy(spec: Object, policy: str | None) -> list[Cause]:
    path = "spec.template.spec.restartPolicy"
    if policy in ("Always", "", None):
        return [required(path, 'valid values: "OnFailure", "Never"')]
    if policy not in ("OnFailure", "Never"):
        return [not_supported(path, policy, ["OnFailure", "Never"])]
    if spec.get("podFailurePolicy") is not None and policy != "Never":
        return [invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')]
    return []


def _indexed_name(name: str, spec: Object) -> list[Cause]:
    """Each index becomes part of a pod's host name."""
    completions = spec.get("completions") or 0
    if spec.get("completionMode") != "Indexed" or completions < 1:
        return []
    last = f"{name}-{completions - 1}"
    if not names.dns1123_label(last):
        return []
    return [invalid("metadata.name", name, f"will not able to create pod with invalid DNS label: {last}")]


def _update(spec: Object, old: Object, status: Object) -> list[Cause]:
    found = [*_completions_update(spec, old), *unchanged(spec, old, ("selector",), "spec")]
    template, before = spec.get("template") or {}, old.get("template") or {}
    if old.get("suspend") and status.get("startTime") is None:
        template, before = _without_scheduling(template), _without_scheduling(before)
    if changed_fields(template, before, "spec.template"):
        found.append(invalid("spec.template", spec.get("template"), IMMUTABLE))
    return found + unchanged(spec, old, _FIXED, "spec")


def _completions_update(spec: Object, old: Object) -> list[Cause]:
    """An indexed job may grow and shrink, completions and parallelism together."""
    completions = spec.get("completions")
    if completions == old.get("completions"):
        return []
    if spec.get("completionMode") != "Indexed":
        return [invalid("spec.completions", completions, IMMUTABLE)]
    if completions is None or completions == spec.get("parallelism"):
        return []
    return [invalid("spec.completions", completions, "can only be modified in tandem with spec.parallelism")]


def _without_scheduling(template: Object) -> Object:
    spec = {key: value for key, value in (template.get("spec") or {}).items() if key not in _SCHEDULING}
    metadata = {
        key: value for key, value in (template.get("metadata") or {}).items() if key not in ("labels", "annotations")
    }
    return template | {"metadata": metadata, "spec": spec}
