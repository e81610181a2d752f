"""The JSON types of an Experiment's spec. Katib's CRDs leave all of it open; its Go types do not.

kubeflow/katib v0.19.0, pkg/apis/controller/{experiments,common}/v1beta1.
"""

from __future__ import annotations

from typing import Any

from minikf.embedded.status import Cause

# A shape is the name of a JSON type, a mapping of fields, or a list of one shape. "any" is checked by others.
Shape = str | dict[str, Any] | list[Any]

_SETTINGS: Shape = [{"name": "string", "value": "string"}]
_ALGORITHM: Shape = {"algorithmName": "string", "algorithmSettings": _SETTINGS}
OBJECTIVE: Shape = {
    "type": "string",
    "goal": "number",
    "objectiveMetricName": "string",
    "additionalMetricNames": ["string"],
    "metricStrategies": [{"name": "string", "value": "string"}],
}
_SPACE: dict[str, Any] = {
    "max": "string",
    "min": "string",
    "list": ["string"],
    "step": "string",
    "distribution": "string",
}
_PARAMETERS: Shape = [{"name": "string", "parameterType": "string", "feasibleSpace": _SPACE}]
COLLECTOR: Shape = {
    "source": {
        "httpGet": {"path": "string", "port": "any", "host": "string", "scheme": "string", "httpHeaders": "any"},
        "fileSystemPath": {"path": "string", "kind": "string", "format": "string"},
        "filter": {"metricsFormat": ["string"]},
    },
    "collector": {"kind": "string", "customCollector": "object"},
}
_TEMPLATE: Shape = {
    "retain": "boolean",
    "trialSpec": "object",
    "configMap": {"configMapName": "string", "configMapNamespace": "string", "templatePath": "string"},
    "trialParameters": [{"name": "string", "description": "string", "reference": "string"}],
    "primaryPodLabels": "labels",
    "primaryContainerName": "string",
    "successCondition": "string",
    "failureCondition": "string",
}
EXPERIMENT: Shape = {
    "parameters": _PARAMETERS,
    "objective": OBJECTIVE,
    "algorithm": _ALGORITHM,
    "earlyStopping": _ALGORITHM,
    "trialTemplate": _TEMPLATE,
    "parallelTrialCount": "integer",
    "maxTrialCount": "integer",
    "maxFailedTrialCount": "integer",
    "metricsCollectorSpec": COLLECTOR,
    "nasConfig": "object",
    "resumePolicy": "string",
}
_ASSIGNMENTS: Shape = [{"name": "string", "value": "string"}]
TRIAL: Shape = {
    "objective": OBJECTIVE,
    "parameterAssignments": _ASSIGNMENTS,
    "earlyStoppingRules": [{"name": "string", "value": "string", "comparison": "string", "startStep": "integer"}],
    "runSpec": "object",
    "retainRun": "boolean",
    "metricsCollector": COLLECTOR,
    "primaryPodLabels": "labels",
    "primaryContainerName": "string",
    "successCondition": "string",
    "failureCondition": "string",
    "labels": "labels",
}
_INT32 = 1 << 31


def check_shape(value: Any, shape: Shape, path: str) -> list[Cause]:
    """What in `value` has another JSON type than `shape` says, or is no field of it; null stands for nothing."""
    if value is None or shape == "any":
        return []
    if isinstance(shape, str):
        return [] if _is(value, shape) else [_wrong(path, shape, value)]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [_wrong(path, "array", value)]
        found = []
        for index, one in enumerate(value):
            where = f"{path}[{index}]"
            found += [_wrong(where, "object", one)] if one is None else check_shape(one, shape[0], where)
        return found
    if not isinstance(value, dict):
        return [_wrong(path, "object", value)]
    found = []
    for key, part in value.items():
        if key not in shape:
            found.append(Cause(f"{path}.{key}", "FieldValueInvalid", f'unknown field "{path}.{key}"'))
        else:
            found += check_shape(part, shape[key], f"{path}.{key}")
    return found


def _is(value: Any, type_: str) -> bool:
    match type_:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool) and -_INT32 <= value < _INT32
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "labels":
            return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
    return isinstance(value, dict)


def _wrong(path: str, type_: str, value: Any) -> Cause:
    if path.endswith(".feasibleSpace.distribution") and isinstance(value, list):
        # What a list of choices becomes by `search.categorical` of kubeflow-katib 0.19.0; Katib cannot read it either.
        more = "a list of values belongs in feasibleSpace.list: V1beta1FeasibleSpace(list=[...]) in Katib's SDK"
        return Cause(path, "FieldValueTypeInvalid", f"Invalid value: {value!r}: must be of type string; {more}")
    what = {"labels": "object of strings", "integer": "32-bit integer"}.get(type_, type_)
    return Cause(path, "FieldValueTypeInvalid", f"Invalid value: {value!r}: must be of type {what}")
