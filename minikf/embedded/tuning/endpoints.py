"""The metrics endpoints of running trials. They share this machine's ports, so who listens is looked at first.

Blocking: call in a thread.
"""

from __future__ import annotations

import http.client
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from minikf.embedded.status import Object
from minikf.embedded.tuning.collector import metric_names
from minikf.embedded.tuning.dbmanager import peers
from minikf.embedded.tuning.metrics import MetricLog

_SECONDS = 2.0  # that an endpoint may take to answer
_SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^}]*\})?\s+(\S+)(?:\s+\d+)?\s*$")


class Endpoints:
    """`processes` gives the ids of a pod's processes by its uid."""

    def __init__(self, processes: Callable[[str], list[int]]) -> None:
        self.processes = processes
        # By uid of the Trial: its listening socket, once it was found.
        self._known: dict[str, peers.Owner] = {}

    def scrape(self, trial: Object, pids: list[int]) -> list[MetricLog]:
        """The present values; [] while it does not answer, or while somebody else listens there."""
        get = trial["spec"]["metricsCollector"]["source"]["httpGet"]
        if not self._is_its_own(trial["metadata"]["uid"], int(get["port"]), pids):
            return []
        connection = http.client.HTTPConnection("127.0.0.1", int(get["port"]), timeout=_SECONDS)
        try:
            connection.request("GET", get["path"])
            answer = connection.getresponse()
            body = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            return []
        finally:
            connection.close()
        if answer.status != 200:
            return []
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        names = metric_names(trial)
        return [MetricLog(now, name, value) for name, value in _samples(body) if name in names]

    def forget(self, uid: str) -> None:
        self._known.pop(uid, None)

    def _is_its_own(self, uid: str, port: int, pids: list[int]) -> bool:
        """Whether one of the trial's processes listens; taken for granted where the kernel does not show it."""
        if sys.platform != "linux":
            return True
        listening = peers.listeners_of(port)
        if self._known.get(uid) in listening:
            return True
        for one in listening:
            try:
                mine = peers.holds(pids, [one])
            except PermissionError:
                mine = True
            if mine:
                self._known[uid] = one
                return True
        return False


def _samples(text: str) -> Iterator[tuple[str, str]]:
    """(name, value) of the text exposition format, labels left out."""
    for line in text.splitlines():
        found = _SAMPLE.match(line)
        if found is not None:
            yield found[1], found[3]
