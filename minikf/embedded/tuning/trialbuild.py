"""The Trial of an assignment; pure.

kubeflow/katib v0.19.0, getTrialInstance of pkg/controller.v1beta1/experiment/experiment_controller_util.go.
"""

from __future__ import annotations

from minikf.embedded.controllers.base import owner_reference
from minikf.embedded.status import Object
from minikf.embedded.tuning.states import EXPERIMENT_LABEL
from minikf.embedded.tuning.template import render


def build_trial(experiment: Object, assignment: Object, text: str) -> Object:
    """The Trial that tries `assignment` by the template `text`. Raises TemplateError."""
    meta, spec = experiment["metadata"], experiment["spec"]
    template = spec["trialTemplate"]
    values = {one["name"]: one["value"] for one in assignment["parameterAssignments"]}
    trial_spec: Object = {
        "objective": spec["objective"],
        "parameterAssignments": assignment["parameterAssignments"],
        "runSpec": render(text, template["trialParameters"], assignment["name"], meta["namespace"], values),
        "metricsCollector": spec["metricsCollectorSpec"],
    }
    if template.get("retain"):
        trial_spec["retainRun"] = True
    if spec.get("earlyStopping") and assignment.get("earlyStoppingRules"):
        trial_spec["earlyStoppingRules"] = assignment["earlyStoppingRules"]
    for field in ("primaryPodLabels", "primaryContainerName", "successCondition", "failureCondition"):
        if template.get(field):
            trial_spec[field] = template[field]
    labels = {**(meta.get("labels") or {}), EXPERIMENT_LABEL: meta["name"], **(assignment.get("labels") or {})}
    return {
        "apiVersion": experiment["apiVersion"],
        "kind": "Trial",
        "metadata": {
            "name": assignment["name"],
            "namespace": meta["namespace"],
            "labels": labels,
            "ownerReferences": [owner_reference(experiment)],
        },
        "spec": trial_spec,
    }
