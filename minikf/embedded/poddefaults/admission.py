"""Applies PodDefaults to new pods, in the namespaces that Kubeflow's webhook is called for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikf.embedded import names
from minikf.embedded.defaults import default_object
from minikf.embedded.kinds import NAMESPACE, POD, POD_DEFAULT, Kind
from minikf.embedded.poddefaults.merge import PREFIX, Conflicts, merged
from minikf.embedded.schema import schema_for
from minikf.embedded.selectors import match_labels
from minikf.embedded.status import ApiError, Object

if TYPE_CHECKING:
    from minikf.embedded.objects import Admission, Objects

# kubeflow/manifests 26.03, admission-webhook: the namespaceSelector and the name of the webhook.
PROFILE_LABEL, PROFILE = "app.kubernetes.io/part-of", "kubeflow-profile"
_WEBHOOK = "admission-webhook-deployment.kubeflow.org"
_MIRROR = "kubernetes.io/config.mirror"
_NEEDS_VALUES = {"In": True, "NotIn": True, "Exists": False, "DoesNotExist": False}


def pod_default_admission(objects: Objects, again: Admission) -> Admission:
    """A hook for `Objects.admission`, after `again`, which looks at a pod once more when PodDefaults changed it.

    Raises ApiError 400 when PodDefaults contradict the pod or each other, or one's selector cannot be read.
    """

    def admit(kind: Kind, obj: Object, old: Object | None) -> None:
        if kind is not POD or old is not None or not _is_asked(obj):
            return
        meta = obj["metadata"]
        listed = objects.list(POD_DEFAULT, meta["namespace"])
        if not listed or not is_profile(objects, meta["namespace"]):
            return
        matching = [entry.obj for entry in listed if _matches(entry.obj, obj)]
        if not matching:
            return
        try:
            made = merged(obj, matching)
        except Conflicts as conflicts:
            listed_names = ", ".join(one["metadata"]["name"] for one in matching)
            raise _denied(f"pod '{meta['name']}' cannot have the PodDefaults {listed_names}: {conflicts}") from None
        obj["metadata"], obj["spec"] = made["metadata"], made["spec"]
        schema_for(POD).default(obj)
        default_object(POD, obj)
        again(kind, obj, old)

    return admit


def is_profile(objects: Objects, namespace: str) -> bool:
    """Whether Kubeflow would ask its webhook about pods of a namespace."""
    entry = objects.find(NAMESPACE, "", namespace)
    return entry is not None and entry.labels.get(PROFILE_LABEL) == PROFILE


def pod_default_advice(objects: Objects, kind: Kind, obj: Object) -> list[str]:
    """What a user should know who creates a PodDefault where none has an effect."""
    if kind is not POD_DEFAULT or is_profile(objects, obj["metadata"]["namespace"]):
        return []
    label = f"{PROFILE_LABEL}={PROFILE}"
    namespace = obj["metadata"]["namespace"]
    return [
        f"PodDefaults have an effect only in namespaces with the label {label}, as those of Kubeflow's profiles have: "
        f"kubectl label namespace {namespace} {label}"
    ]


def _is_asked(pod: Object) -> bool:
    annotations = pod["metadata"].get("annotations") or {}
    return annotations.get(f"{PREFIX}/exclude") != "true" and _MIRROR not in annotations


def _matches(default: Object, pod: Object) -> bool:
    selector = (default.get("spec") or {}).get("selector") or {}
    if wrong := selector_problem(selector):
        raise _denied(f"the selector of PodDefault '{default['metadata']['name']}' cannot be read: {wrong}")
    return match_labels(selector)(pod)


def selector_problem(selector: Object) -> str:
    """Why a metav1 LabelSelector is none, or "". Rules: apimachinery v0.34.4, LabelSelectorAsSelector."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if wrong := [*names.qualified_name(key), *names.label_value(value)]:
            return f"matchLabels {key}: {'; '.join(wrong)}"
    for term in selector.get("matchExpressions") or []:
        needs, values = _NEEDS_VALUES.get(term["operator"]), term.get("values") or []
        if needs is None:
            return f'"{term["operator"]}" is not a valid label selector operator'
        if needs is not bool(values):
            return f"the operator {term['operator']} {'needs values' if needs else 'takes no values'}"
        wrong = names.qualified_name(term["key"]) + [why for value in values for why in names.label_value(value)]
        if wrong:
            return f"matchExpressions {term['key']}: {'; '.join(wrong)}"
    return ""


def _denied(why: str) -> ApiError:
    # A webhook's answer without a code is 400: apiserver v0.34.4, admission/plugin/webhook/errors.
    return ApiError(400, "", f'admission webhook "{_WEBHOOK}" denied the request: {why}')
