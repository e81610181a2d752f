"""Whether trials can report their metrics themselves here, and whether a customCollector's container can run."""

from __future__ import annotations

import copy

from minikf.embedded.schema.fieldpath import forbidden, invalid
from minikf.embedded.status import Cause, Object
from minikf.embedded.tuning.collectors import REPORTED, kind_of, way_of
from minikf.embedded.tuning.reporting import Door
from minikf.embedded.tuning.templatechecks import CheckJob

_COLLECTOR = "spec.metricsCollectorSpec.collector"


def check_reporting(experiment: Object, door: Door, check_job: CheckJob) -> list[Cause]:
    """What keeps a Push or Custom collector from working; [] for the others."""
    collector = experiment["spec"]["metricsCollectorSpec"]
    if way_of(collector) != REPORTED:
        return []
    kind = kind_of(collector)
    why = door.why_closed(kind)
    if why:
        return [forbidden(f"{_COLLECTOR}.kind", why)]
    container = collector["collector"].get("customCollector")
    return _check_container(experiment, container, check_job) if kind == "Custom" and container is not None else []


def _check_container(experiment: Object, container: Object, check_job: CheckJob) -> list[Cause]:
    where = f"{_COLLECTOR}.customCollector"
    name = container.get("name") or ""
    if name and name in _names(experiment):
        return [invalid(f"{where}.name", name, "a container of the trial has this name")]
    return [forbidden(where, reason) for reason in check_job(_alone(container), name)]


def _names(experiment: Object) -> list[str]:
    """Names of the trial's containers, as far as its template shows them."""
    template = experiment["spec"].get("trialTemplate") or {}
    pod = (template.get("trialSpec") or {}).get("spec") or {}
    containers = ((pod.get("template") or {}).get("spec") or {}).get("containers") or []
    return [str(template.get("primaryContainerName") or ""), *(str(one.get("name")) for one in containers)]


def _alone(container: Object) -> Object:
    """A job that runs nothing but the collector; what it mounts is the trial's, so that it is taken for granted."""
    made = copy.deepcopy(container)
    mounts = made.get("volumeMounts") if isinstance(made.get("volumeMounts"), list) else []
    names = dict.fromkeys(one.get("name") for one in mounts or [] if isinstance(one, dict))
    volumes: list[Object] = [{"name": name, "emptyDir": {}} for name in names]
    pod = {"restartPolicy": "Never", "containers": [made], "volumes": volumes}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "collector", "namespace": "default"}}
    return {**job, "spec": {"template": {"spec": pod}}}
