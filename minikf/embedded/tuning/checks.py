"""The rules of Katib's validating webhook for Experiments, but for those about the trial template; pure.

kubeflow/katib v0.19.0, pkg/webhook/v1beta1/experiment/validator/validator.go.
"""

from __future__ import annotations

import re

from minikf.embedded.pods.mounting import WHOLE
from minikf.embedded.schema.fieldpath import forbidden, invalid, not_supported, required
from minikf.embedded.status import Cause, Object
from minikf.embedded.tuning.collectors import COLLECTORS
from minikf.embedded.tuning.metrics import compile_filter
from minikf.embedded.tuning.states import is_completed, is_restartable

_EDITABLE = ("parallelTrialCount", "maxTrialCount", "maxFailedTrialCount")
_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_NAME_LENGTH = 40
_NUMBERS, _LISTS = ("double", "int"), ("categorical", "discrete")
_DISTRIBUTIONS = ("uniform", "logUniform", "normal", "logNormal", "unknown")
_TWO_GROUPS = re.compile(r".*\(.*\).*\(.*\).*", re.DOTALL)
_COLLECTOR = "spec.metricsCollectorSpec"
_SOURCE = f"{_COLLECTOR}.source"


def check_experiment(experiment: Object, old: Object | None) -> list[Cause]:
    """What is wrong with a completed (`defaults.py`) Experiment; `old` is the stored one on update."""
    spec = experiment["spec"]
    causes = [*_check_name(experiment["metadata"]["name"]), *_check_counts(spec)]
    if old is not None:
        causes += _check_edit(experiment, old)
    objective = _check_objective(spec.get("objective"))
    if objective:
        return causes + objective
    if not (spec.get("algorithm") or {}).get("algorithmName"):
        causes.append(required("spec.algorithm.algorithmName", "must be specified"))
    if "earlyStopping" in spec and not spec["earlyStopping"].get("algorithmName"):
        causes.append(required("spec.earlyStopping.algorithmName", "must be specified"))
    if spec["resumePolicy"] not in ("Never", "LongRunning", "FromVolume"):
        causes.append(invalid("spec.resumePolicy", spec["resumePolicy"], "invalid ResumePolicyType"))
    return causes + _check_parameters(spec) + _check_collector(spec["metricsCollectorSpec"])


def _check_name(name: str) -> list[Cause]:
    if _NAME.fullmatch(name) and len(name) <= _NAME_LENGTH:
        return []
    text = (
        "name must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end "
        f"with an alphanumeric character and may not be longer than {_NAME_LENGTH} characters"
    )
    return [invalid("metadata.name", name, text)]


def _check_counts(spec: Object) -> list[Cause]:
    causes = []
    most, parallel, failed = (spec.get(key) for key in ("maxTrialCount", "parallelTrialCount", "maxFailedTrialCount"))
    if failed is not None and failed < 0:
        causes.append(invalid("spec.maxFailedTrialCount", failed, "should not be less than 0"))
    for key, value in (("maxTrialCount", most), ("parallelTrialCount", parallel)):
        if value is not None and value <= 0:
            causes.append(invalid(f"spec.{key}", value, "must be greater than 0"))
    for key, value in (("maxFailedTrialCount", failed), ("parallelTrialCount", parallel)):
        if value is not None and most is not None and value > most:
            causes.append(invalid(f"spec.{key}", value, "should be less than or equal to spec.maxTrialCount"))
    return causes


def _check_edit(experiment: Object, old: Object) -> list[Cause]:
    new_spec, old_spec = experiment["spec"], old["spec"]
    if new_spec == old_spec:
        return []
    causes = []
    if is_completed(old) and not is_restartable(old):
        text = (
            "Experiment can be restarted if it is in succeeded state by reaching max trials and spec.resumePolicy = "
            "LongRunning or spec.resumePolicy = FromVolume, when experiment is completed"
        )
        causes.append(invalid("spec.resumePolicy", new_spec["resumePolicy"], text))
    most, trials = new_spec.get("maxTrialCount"), (old.get("status") or {}).get("trials", 0)
    if most is not None and most <= trials:
        causes.append(invalid("spec.maxTrialCount", most, "must be greater than status.trials count"))
    fixed = [{key: value for key, value in spec.items() if key not in _EDITABLE} for spec in (new_spec, old_spec)]
    if fixed[0] != fixed[1]:
        changed = sorted(key for key in fixed[0].keys() | fixed[1].keys() if fixed[0].get(key) != fixed[1].get(key))
        only = "only spec.parallelTrialCount, spec.maxTrialCount and spec.maxFailedTrialCount are editable"
        causes += [forbidden(f"spec.{key}", only) for key in changed]
    return causes


def _check_objective(objective: Object | None) -> list[Cause]:
    if objective is None:
        return [required("spec.objective", "must be specified")]
    causes, path = [], "spec.objective"
    type_, name = objective.get("type", ""), objective.get("objectiveMetricName", "")
    if type_ not in ("minimize", "maximize"):
        causes.append(invalid(f"{path}.type", type_, "must be minimize or maximize"))
    if not name:
        causes.append(required(f"{path}.objectiveMetricName", "must be specified"))
    more = objective.get("additionalMetricNames") or []
    if name in more:
        text = "should not contain spec.objective.objectiveMetricName"
        causes.append(invalid(f"{path}.additionalMetricNames", more, text))
    for index, strategy in enumerate(objective["metricStrategies"]):
        # Katib lets any text pass and then has no value for the metric.
        if strategy.get("value") not in ("min", "max", "latest"):
            where = f"{path}.metricStrategies[{index}].value"
            causes.append(not_supported(where, strategy.get("value", ""), ["min", "max", "latest"]))
        if not strategy.get("name"):
            causes.append(required(f"{path}.metricStrategies[{index}].name"))
    return causes


def _check_parameters(spec: Object) -> list[Cause]:
    parameters = spec.get("parameters") or []
    if not parameters and spec.get("nasConfig") is None:
        return [required("spec", "spec.parameters or spec.nasConfig must be specified")]
    if parameters and spec.get("nasConfig") is not None:
        text = "only one of spec.parameters and spec.nasConfig can be specified"
        return [forbidden("spec.nasConfig", text)]
    names = [one.get("name", "") for one in parameters]
    causes = []
    for index, parameter in enumerate(parameters):
        path = f"spec.parameters[{index}]"
        if not names[index]:
            causes.append(required(f"{path}.name"))
        elif names[index] in names[:index]:
            causes.append(invalid(f"{path}.name", names[index], "another parameter has this name"))
        causes += _check_parameter(parameter, path)
    return causes


def _check_parameter(parameter: Object, path: str) -> list[Cause]:
    type_, space = parameter.get("parameterType", ""), parameter.get("feasibleSpace") or {}
    causes = []
    if type_ not in (*_NUMBERS, *_LISTS):
        causes.append(invalid(f"{path}.parameterType", type_, f"parameterType: {type_} is not supported"))
    where = f"{path}.feasibleSpace"
    if not space:
        return [*causes, required(where, "feasibleSpace must be specified")]
    distribution = space.get("distribution", "")
    if distribution not in _DISTRIBUTIONS:
        text = f"distribution: {distribution} is not supported"
        causes.append(invalid(f"{where}.distribution", distribution, text))
    if type_ in _NUMBERS:
        if space.get("list"):
            text = f"feasibleSpace.list is not supported for parameterType: {type_}"
            causes.append(invalid(f"{where}.list", space["list"], text))
        if not space.get("max") or not space.get("min"):
            text = f"feasibleSpace.max or feasibleSpace.min must be specified for parameterType: {type_}"
            causes.append(required(f"{where}.max", text))
    elif type_ in _LISTS:
        if any(space.get(key) for key in ("max", "min", "step")):
            text = f"feasibleSpace .max, .min and .step is not supported for parameterType: {type_}"
            causes.append(invalid(where, space, text))
        if not space.get("list"):
            causes.append(required(f"{where}.list", f"must have a value for parameterType: {type_}"))
    return causes


def _check_collector(spec: Object) -> list[Cause]:
    kind, source = spec["collector"].get("kind", ""), spec.get("source") or {}
    where = f"{_COLLECTOR}.collector.kind"
    checks = {"File": _check_file, "TensorFlowEvent": _check_events, "PrometheusMetric": _check_prometheus}
    if kind in checks:
        causes = checks[kind](source)
    elif kind == "Custom":
        causes = _check_custom(spec["collector"].get("customCollector"), source)
    elif kind in COLLECTORS:
        causes = []
    else:
        causes = [invalid(where, kind, f"invalid metrics collector kind: {kind}")]
    return causes + _check_filters((source.get("filter") or {}).get("metricsFormat") or [])


def _check_file(source: Object) -> list[Cause]:
    place, path = source["fileSystemPath"], f"{_SOURCE}.fileSystemPath"
    causes = []
    if place.get("kind") != "File" or not place["path"].startswith("/") or place["path"].endswith("/"):
        causes.append(required(f"{path}.path", "file path where metrics file exists is required"))
    if place["format"] not in ("TEXT", "JSON"):
        causes.append(required(f"{path}.format", "format of metrics file is required for metrics collector"))
    if place["format"] == "JSON" and source.get("filter") is not None:
        causes.append(invalid(f"{_SOURCE}.filter", "", "filter must be nil when format of metrics file is json"))
    return causes + _check_place(place["path"], path, "File")


def _check_events(source: Object) -> list[Cause]:
    place, path = source["fileSystemPath"], f"{_SOURCE}.fileSystemPath"
    causes = []
    if place.get("kind") != "Directory" or not place["path"].startswith("/"):
        text = (
            "directory path where tensorflow event files exist is required by "
            ".spec.metricsCollectorSpec.source.fileSystemPath.path"
        )
        causes.append(required(_SOURCE, text))
    if place.get("format"):
        causes.append(invalid(f"{path}.format", place["format"], "must be empty"))
    return causes + _check_place(place["path"], path, "Directory")


def _check_custom(collector: Object | None, source: Object) -> list[Cause]:
    causes, place = [], source.get("fileSystemPath")
    if collector is None:
        where = f"{_COLLECTOR}.collector.customCollector"
        causes.append(required(where, "metrics collector kind: Custom is required"))
    if place is not None:
        path = f"{_SOURCE}.fileSystemPath"
        text = place.get("path") or ""
        if not text.startswith("/") or place.get("kind") not in ("Directory", "File"):
            causes.append(invalid(path, "", ".spec.metricsCollectorSpec.source is invalid"))
        else:
            causes += _check_place(text, path, place["kind"])
    return causes


def _check_place(text: str, path: str, kind: str) -> list[Cause]:
    """A volume is mounted where the metrics are written: at a Directory, or at a File's folder."""
    parts = [part for part in text.split("/") if part]
    if ".." in parts:
        return [invalid(f"{path}.path", text, "must not contain '..'")]
    folder = "/" + "/".join(parts if kind == "Directory" else parts[:-1])
    if text.startswith("/") and folder in WHOLE:
        what = f"a volume is mounted at {folder}, which would hide this machine from the trial"
        return [invalid(f"{path}.path", text, f"must be in a folder of its own: {what}")]
    return []


def _check_prometheus(source: Object) -> list[Cause]:
    get, path = source["httpGet"], f"{_SOURCE}.httpGet"
    causes = []
    port = str(get["port"])
    if not port.isdecimal() or not 0 < int(port) <= 65535:
        text = "must be a positive integer value for metrics collector kind: PrometheusMetric"
        causes.append(invalid(f"{path}.port", port, text))
    if not get["path"].startswith("/"):
        text = "path is invalid for metrics collector kind: PrometheusMetric"
        causes.append(invalid(f"{path}.path", get["path"], text))
    if get.get("host") or (get.get("scheme") or "HTTP") != "HTTP" or get.get("httpHeaders"):
        causes.append(forbidden(path, "the collector asks the trial itself by plain HTTP: only path and port count"))
    return causes


def _check_filters(filters: list[str]) -> list[Cause]:
    causes, path = [], f"{_SOURCE}.filter.metricsFormat"
    for pattern in filters:
        try:
            groups = compile_filter(pattern).groups
        except re.error as error:
            causes.append(invalid(path, pattern, f"invalid filter: {error}"))
            continue
        if not _TWO_GROUPS.match(pattern) or groups < 2:
            causes.append(invalid(path, pattern, "two top subexpressions are required"))
    return causes
