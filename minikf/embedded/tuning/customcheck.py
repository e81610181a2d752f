"""Whether trials can report their metrics themselves here, and whether a customCollector's container can run."""

from __future__ import annotations

import copy

from minikf.embedded.schema.fieldpath import forbidden, invalid
from minikf.embedded.status import Cause, Object
from minikf.embedded.tuning.collectors import REPORTED, kind_of, way_of
from minikf.embedded.tuning.reporting import Door
from minikf.embedded.tuning.templatechecks import CheckJob

_COLLECTOR = "spec.metricsCollectorSpec.collector"
_PLACE = "spec.template.spec.containers[0]"  # of the collector in a job of its own


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
    wrong = [reason.removeprefix("invalid Job: ") for reason in check_job(_alone(container), name)]
    if wrong:
        return [forbidden(where, reason.replace(f"{_PLACE}.", "")) for reason in wrong]
    pod = _pod(experiment)
    volumes = {one.get("name") for one in pod.get("volumes") or []} if pod is not None else None
    return [
        invalid(f"{where}.volumeMounts[{index}].name", one["name"], "the trial's pod has no volume of this name")
        for index, one in enumerate(container.get("volumeMounts") or [])
        if volumes is not None and one["name"] not in volumes
    ]


def _pod(experiment: Object) -> Object | None:
    """The pod of a trial that is a Job written in the Experiment; None where others make it."""
    template = experiment["spec"].get("trialTemplate") or {}
    job = template.get("trialSpec") or {}
    if job.get("kind") != "Job":
        return None
    pod: Object = ((job.get("spec") or {}).get("template") or {}).get("spec") or {}
    return pod


def _names(experiment: Object) -> list[str]:
    """Names of the trial's containers, as far as its template shows them."""
    primary = (experiment["spec"].get("trialTemplate") or {}).get("primaryContainerName") or ""
    return [str(primary), *(str(one.get("name")) for one in (_pod(experiment) or {}).get("containers") or [])]


def _alone(container: Object) -> Object:
    """A job that runs nothing but the collector; what it mounts is the trial's, so that it is taken for granted."""
    made = copy.deepcopy(container)
    mounts = made.get("volumeMounts") if isinstance(made.get("volumeMounts"), list) else []
    names = dict.fromkeys(one.get("name") for one in mounts or [] if isinstance(one, dict))
    volumes: list[Object] = [{"name": name, "emptyDir": {}} for name in names]
    pod = {"restartPolicy": "Never", "containers": [made], "volumes": volumes}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "collector", "namespace": "default"}}
    return {**job, "spec": {"template": {"spec": pod}}}
