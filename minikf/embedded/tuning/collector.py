"""Reads what the pods of a Trial wrote: logs, files, event files. Blocking: call in a thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from minikf.embedded.pods.layout import PodFolder
from minikf.embedded.status import Object
from minikf.embedded.tuning.collectors import kind_of
from minikf.embedded.tuning.metrics import MetricLog, NotJson, read_json, read_text
from minikf.embedded.tuning.tfevents import find_event_files, read_scalars
from minikf.embedded.tuning.trialpods import metrics_folder, metrics_path

if TYPE_CHECKING:
    from minikf.paths import PlatformPaths


@dataclass(frozen=True)
class Reading:
    """`logs` in the order of their reports; `problem` is why there may be none, "" where nothing went wrong."""

    logs: tuple[MetricLog, ...]
    problem: str = ""


def metric_names(trial: Object) -> list[str]:
    """The objective's name first."""
    objective = trial["spec"]["objective"]
    return [objective["objectiveMetricName"], *(objective.get("additionalMetricNames") or [])]


def collector_kind(trial: Object) -> str:
    return kind_of(trial["spec"].get("metricsCollector"))


class Collector:
    """Knows where a pod's files are."""

    def __init__(self, paths: PlatformPaths) -> None:
        self._paths = paths

    def read(self, trial: Object, pods: Sequence[Object]) -> Reading:
        """All that the pods reported, by logs or files. Raises OSError."""
        if collector_kind(trial) == "TensorFlowEvent":
            return self._events(trial, pods)
        metrics = metric_names(trial)
        source = trial["spec"].get("metricsCollector", {}).get("source") or {}
        form = (source.get("fileSystemPath") or {}).get("format", "TEXT")
        filters = (source.get("filter") or {}).get("metricsFormat") or []
        found: list[MetricLog] = []
        for pod in pods:
            path = self.source(trial, pod)
            if path is None or not path.is_file():
                continue
            with path.open(encoding="utf-8", errors="replace") as file:
                try:
                    # A log whose oldest part was dropped begins with zeros.
                    lines = (line.lstrip("\0").rstrip("\n") for line in file)
                    json_file = form == "JSON" and collector_kind(trial) == "File"
                    found += read_json(lines, metrics) if json_file else read_text(lines, metrics, filters)
                except NotJson as error:
                    return Reading((), f"the metrics file cannot be read: {error}")
        return Reading(tuple(found))

    def source(self, trial: Object, pod: Object) -> Path | None:
        """The file with the metrics of a pod: its log, or the file that its container writes."""
        folder = PodFolder.of(self._paths.pods, pod)
        if collector_kind(trial) != "File":
            container = folder.container(
                trial["spec"].get("primaryContainerName") or pod["spec"]["containers"][0]["name"]
            )
            number = container.latest()
            return container.attempt(number).log if number >= 0 else None
        place = self._mounted(trial, pod, folder)
        return place / metrics_path(trial).rpartition("/")[2] if place is not None else None

    def event_files(self, trial: Object, pods: Sequence[Object]) -> list[Path]:
        """The event files that there are by now."""
        places = (self._mounted(trial, pod, PodFolder.of(self._paths.pods, pod)) for pod in pods)
        return [path for place in places if place is not None and place.is_dir() for path in find_event_files(place)]

    def _events(self, trial: Object, pods: Sequence[Object]) -> Reading:
        metrics, found = metric_names(trial), []
        for path in self.event_files(trial, pods):
            for one in read_scalars(path):
                time = datetime.fromtimestamp(one.when, UTC).isoformat().replace("+00:00", "Z")
                found += [
                    (one.when, MetricLog(time, name, repr(one.value)))
                    for name in metrics
                    if _is_meant(name, one.tag, path)
                ]
        found.sort(key=lambda one: one[0])
        return Reading(tuple(log for _, log in found))

    def _mounted(self, trial: Object, pod: Object, folder: PodFolder) -> Path | None:
        """The folder of ours that the container sees as the folder of its metrics."""
        wanted, name = metrics_folder(trial), trial["spec"].get("primaryContainerName")
        mounts = [
            mount
            for one in pod["spec"]["containers"]
            if one["name"] == name
            for mount in one.get("volumeMounts") or []
            if _covers("/" + mount["mountPath"].strip("/"), wanted)
        ]
        if not mounts:
            return Path(wanted)
        mount = max(mounts, key=lambda one: len(one["mountPath"].strip("/")))
        volume = next(one for one in pod["spec"]["volumes"] if one["name"] == mount["name"])
        if "hostPath" in volume:
            base = Path(volume["hostPath"]["path"])
        elif "persistentVolumeClaim" in volume:
            claim = volume["persistentVolumeClaim"]["claimName"]
            base = self._paths.volumes / pod["metadata"]["namespace"] / claim
        else:
            base = folder.volume(volume["name"])
        inner = wanted.removeprefix("/" + mount["mountPath"].strip("/")).strip("/")
        return base / (mount.get("subPath") or "") / inner


def _covers(target: str, path: str) -> bool:
    return path == target or path.startswith(f"{target}/")


def _is_meant(name: str, tag: str, path: Path) -> bool:
    """Whether a scalar is the metric `name`: `train/accuracy` is the tag of its last part in a folder `train`.

    kubeflow/katib v0.19.0, tfevent_loader.py: the tag need only begin with it. Tags that hold the whole name are taken
    as well, as writers that use no folders have them.
    """
    if tag == name:
        return True
    folder, _, last = name.rpartition("/")
    return tag.startswith(last) and str(path.parent).endswith(folder)
