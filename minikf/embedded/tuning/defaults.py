"""What Katib's mutating webhook fills into an Experiment.

kubeflow/katib v0.19.0, pkg/apis/controller/experiments/v1beta1/{experiment_defaults,constants}.go.
"""

from __future__ import annotations

from typing import Any

from minikf.embedded.kinds import TRAINING_KINDS
from minikf.embedded.status import Object

PARALLEL = 3
FILE_PATH = "/var/log/katib/metrics.log"
EVENT_FOLDER = "/var/log/katib/tfevent/"
_SUCCESS = 'status.conditions.#(type=="{}")#|#(status=="True")#'
# By kind of the trial's job: (type of the condition that says success, labels of its primary pod).
_JOBS: dict[str, tuple[str, dict[str, str]]] = {
    "Job": ("Complete", {}),
    "TrainJob": (
        "Complete",
        {"jobset.sigs.k8s.io/replicatedjob-name": "node", "batch.kubernetes.io/job-completion-index": "0"},
    ),
    # Katib has defaults for TFJob, PyTorchJob, XGBoostJob and MPIJob; the other two end in the same way.
    **{kind.kind: ("Succeeded", {"training.kubeflow.org/job-role": "master"}) for kind in TRAINING_KINDS},
}


def default_experiment(spec: Object) -> None:
    """Completes a spec in place; its JSON types are right (`shape.py`)."""
    _drop_nulls(spec)
    spec.setdefault("parallelTrialCount", PARALLEL)
    spec["resumePolicy"] = spec.get("resumePolicy") or "Never"
    if "objective" in spec:
        _objective(spec["objective"])
    if "trialTemplate" in spec:
        _template(spec["trialTemplate"])
    _collector(spec.setdefault("metricsCollectorSpec", {}))
    for parameter in spec.get("parameters") or []:
        space = parameter.get("feasibleSpace")
        # Katib gives an empty space a distribution, too, so that nobody misses the space; here it is missed.
        if space:
            space["distribution"] = space.get("distribution") or "uniform"


def _drop_nulls(part: Any) -> None:
    """Null stands for nothing; a trial's job is left as it is written."""
    if isinstance(part, list):
        for one in part:
            _drop_nulls(one)
    elif isinstance(part, dict):
        for key in [key for key, value in part.items() if value is None]:
            del part[key]
        for key, value in part.items():
            if key != "trialSpec":
                _drop_nulls(value)


def _objective(objective: Object) -> None:
    strategies: list[Object] = objective.get("metricStrategies") or []
    named = {one.get("name") for one in strategies}
    own = {"minimize": "min", "maximize": "max"}.get(objective.get("type") or "", "latest")
    for name in (objective.get("objectiveMetricName"), *(objective.get("additionalMetricNames") or [])):
        if name and name not in named:
            strategies.append({"name": name, "value": own})
            named.add(name)
    objective["metricStrategies"] = strategies


def _template(template: Object) -> None:
    kind = (template.get("trialSpec") or {}).get("kind")
    if not isinstance(kind, str) or kind not in _JOBS:
        return
    success, labels = _JOBS[kind]
    template["successCondition"] = template.get("successCondition") or _SUCCESS.format(success)
    template["failureCondition"] = template.get("failureCondition") or _SUCCESS.format("Failed")
    if labels and not template.get("primaryPodLabels"):
        template["primaryPodLabels"] = dict(labels)


def _collector(spec: Object) -> None:
    collector = spec.get("collector") or {}
    spec["collector"] = collector
    # Katib gives no kind to a collector that is there without one; the validator then refuses it.
    if not collector:
        collector["kind"] = "StdOut"
    kind = collector.get("kind")
    if kind == "PrometheusMetric":
        get = _part(_part(spec, "source"), "httpGet")
        get["path"] = get.get("path") or "/metrics"
        get["port"] = get.get("port") or 8080
    elif kind == "File":
        _file(spec, "File", FILE_PATH)
        place = spec["source"]["fileSystemPath"]
        place["format"] = place.get("format") or "TEXT"
    elif kind == "TensorFlowEvent":
        _file(spec, "Directory", EVENT_FOLDER)


def _file(spec: Object, kind: str, path: str) -> None:
    place = _part(_part(spec, "source"), "fileSystemPath")
    place["kind"] = place.get("kind") or kind
    place["path"] = place.get("path") or path


def _part(obj: Object, key: str) -> dict[str, Any]:
    part: dict[str, Any] = obj.get(key) or {}
    obj[key] = part
    return part
