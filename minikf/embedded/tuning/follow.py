"""Reads the metrics of a running trial as they come, for its early stopping rules. Blocking: call in a thread."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from minikf.embedded.status import Object
from minikf.embedded.tuning.collector import Collector, collector_kind, metric_names
from minikf.embedded.tuning.metrics import MetricLog, NotJson, read_json, read_text
from minikf.embedded.tuning.observations import ObservationLog
from minikf.embedded.tuning.stopping import StopWatch


class Follower:
    """Remembers how far it has read; only whole lines are read.

    What comes as a whole each time, event files and reported values, is heard anew as a whole when there is more of it:
    the values of several writers do not come in their order.
    """

    def __init__(self, trial: Object, collector: Collector, log: ObservationLog) -> None:
        self._trial = trial
        self._collector = collector
        self._log = log
        self._seen: object = None
        self._watch = StopWatch(trial["spec"]["earlyStoppingRules"], trial["spec"]["objective"])
        self._places: dict[Path, int] = {}
        source = (trial["spec"].get("metricsCollector") or {}).get("source") or {}
        self._filters = (source.get("filter") or {}).get("metricsFormat") or []
        form = (source.get("fileSystemPath") or {}).get("format")
        self._json = collector_kind(trial) == "File" and form == "JSON"

    def says_stop(self, pods: Sequence[Object]) -> bool:
        """Whether what the pods have reported by now fulfils all rules. Raises OSError."""
        kind = collector_kind(self._trial)
        if kind == "TensorFlowEvent":
            paths = self._collector.event_files(self._trial, pods)
            if self._is_new([(path, path.stat().st_size) for path in paths]):
                self._hear_all(self._collector.read(self._trial, pods).logs)
        elif kind not in ("StdOut", "File"):
            logs = self._log.read(self._trial["metadata"]["uid"])
            if self._is_new(len(logs)):
                self._hear_all(logs)
        else:
            self._read_lines(pods)
        return self._watch.says_stop

    def _is_new(self, seen: object) -> bool:
        before, self._seen = self._seen, seen
        return seen != before

    def _hear_all(self, logs: Sequence[MetricLog]) -> None:
        self._watch = StopWatch(self._trial["spec"]["earlyStoppingRules"], self._trial["spec"]["objective"])
        self._watch.hear(logs)

    def _read_lines(self, pods: Sequence[Object]) -> None:
        for pod in pods:
            path = self._collector.source(self._trial, pod)
            if path is not None and not self._watch.says_stop:
                self._read_on(path)

    def _read_on(self, path: Path) -> None:
        place = self._places.get(path, 0)
        try:
            with path.open("rb") as file:
                file.seek(place)
                data = file.read()
        except FileNotFoundError:
            return
        whole = data[: data.rfind(b"\n") + 1]
        if not whole:
            return
        self._places[path] = place + len(whole)
        lines = whole.decode(errors="replace").lstrip("\0").splitlines()
        names = metric_names(self._trial)
        try:
            logs = read_json(lines, names) if self._json else read_text(lines, names, self._filters)
        except NotJson:
            return  # told when the trial has ended and all of the file is read
        self._watch.hear(logs)
