"""Reads the metrics of a running trial as they come, for its early stopping rules. Blocking: call in a thread."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from minikf.embedded.status import Object
from minikf.embedded.tuning.collector import Collector, collector_kind, metric_names
from minikf.embedded.tuning.metrics import NotJson, read_json, read_text
from minikf.embedded.tuning.stopping import StopWatch


class Follower:
    """Remembers how far it has read; only whole lines are read."""

    def __init__(self, trial: Object, collector: Collector) -> None:
        self._trial = trial
        self._collector = collector
        self._watch = StopWatch(trial["spec"]["earlyStoppingRules"], trial["spec"]["objective"])
        self._places: dict[Path, int] = {}
        source = (trial["spec"].get("metricsCollector") or {}).get("source") or {}
        self._filters = (source.get("filter") or {}).get("metricsFormat") or []
        form = (source.get("fileSystemPath") or {}).get("format")
        self._json = collector_kind(trial) == "File" and form == "JSON"

    def says_stop(self, pods: Sequence[Object]) -> bool:
        """Whether what the pods have reported by now fulfils all rules. Raises OSError."""
        for pod in pods:
            path = self._collector.source(self._trial, pod)
            if path is not None and not self._watch.says_stop:
                self._read_on(path)
        return self._watch.says_stop

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
