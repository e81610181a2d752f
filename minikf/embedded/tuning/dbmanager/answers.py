"""What the daemon answers to the db-manager's calls: who may report for which trial, and what is kept.

Reading is for the user of the platform. Writing is for the processes of the trial's own pods: each call's connection is
looked up among their open sockets, so that nothing else on this machine, the user's other programs included, can add
to a trial's result.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from minikf.embedded.kinds import POD, TRIAL
from minikf.embedded.tuning.dbmanager import peers
from minikf.embedded.tuning.dbmanager.address import PORT
from minikf.embedded.tuning.dbmanager.messages import DELETE, GET, REPORT
from minikf.embedded.tuning.metrics import MetricLog
from minikf.embedded.tuning.observations import ObservationLog
from minikf.embedded.tuning.states import TRIAL_LABEL, has_ended

if TYPE_CHECKING:
    from minikf.embedded.objects import Objects
    from minikf.embedded.store import Entry

log = logging.getLogger("minikf.dbmanager")

# The ids of a pod's processes by its uid.
Processes = Callable[[str], list[int]]


class Denied(Exception):
    """`code` is the name of a gRPC status."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Desk:
    """`host` is the address at which calls arrive."""

    def __init__(self, objects: Objects, observations: ObservationLog, processes: Processes, host: str) -> None:
        self._objects = objects
        self._log = observations
        self._processes = processes
        self._host = host

    async def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """The frame that answers a call's frame."""
        try:
            return {"id": question["id"], "rows": await self._answer(question)}
        except Denied as error:
            return {"id": question["id"], "code": error.code, "message": error.message}
        except Exception:
            log.exception("a call of %s failed", question.get("method"))
            return {"id": question["id"], "code": "INTERNAL", "message": "see the daemon's log: minikf logs daemon"}

    async def _answer(self, question: dict[str, Any]) -> list[tuple[str, str, str]]:
        owner = await asyncio.to_thread(self._owner, question["peer"])
        name, method = question["trial"], question["method"]
        if method == GET:
            kept = await asyncio.to_thread(self._log.read, self._named(name).uid)
            return [(one.time, one.name, one.value) for one in _between(kept, question)]
        trial = await self._reporting(name, owner)
        if method == REPORT:
            logs, again = _logs(question["rows"]), bool(question.get("again"))
            await asyncio.to_thread(self._log.append, trial.uid, logs, again=again)
        elif method == DELETE:
            await asyncio.to_thread(self._log.write, trial.uid, ())
        return []

    def _owner(self, peer: str) -> peers.Owner:
        try:
            owner = peers.client_of(*peers.address_of(peer), (self._host, PORT))
        except (ValueError, OSError) as error:
            raise Denied("PERMISSION_DENIED", f"who calls cannot be told: {error}") from error
        if owner is None or owner.uid != os.getuid():
            raise Denied("PERMISSION_DENIED", "this db-manager is for the user of its platform")
        return owner

    def _named(self, name: str) -> Entry:
        """The Trial of that name, in whatever namespace: Katib's messages carry none. Raises Denied."""
        found = [entry for entry in self._objects.list(TRIAL) if entry.name == name]
        if not found:
            raise Denied("NOT_FOUND", f"there is no Trial {name}: minikf experiment list")
        if len(found) > 1:
            spaces = ", ".join(sorted(entry.namespace for entry in found))
            raise Denied("FAILED_PRECONDITION", f"there are Trials {name} in the namespaces {spaces}")
        return found[0]

    async def _reporting(self, name: str, owner: peers.Owner) -> Entry:
        """The Trial `name` that the calling process is a part of. Raises Denied."""
        pods = [entry for entry in self._objects.list(POD) if entry.labels.get(TRIAL_LABEL) == name]
        for pod in pods:
            try:
                is_its_own = await asyncio.to_thread(peers.holds, self._processes(pod.uid), [owner])
            except PermissionError as error:
                raise Denied("PERMISSION_DENIED", f"who calls cannot be told: {error}") from error
            if is_its_own:
                trial = self._objects.find(TRIAL, pod.namespace, name)
                if trial is not None and not has_ended(trial.obj):
                    return trial
        text = f"metrics of the Trial {name} are taken from processes of its own running pods only"
        raise Denied("PERMISSION_DENIED", text)


def _logs(rows: Sequence[Sequence[str]]) -> list[MetricLog]:
    """As Katib's database: rows without a time are none. Raises Denied for a time that is none."""
    for time, name, _ in rows:
        if time and _moment(time) is None:
            raise Denied("INVALID_ARGUMENT", f"the time of the metric {name} is not RFC 3339: {time!r}")
    return [MetricLog(time, name, value) for time, name, value in rows if time]


def _between(logs: Sequence[MetricLog], question: dict[str, Any]) -> list[MetricLog]:
    """Raises Denied for a time that is none."""
    limits = []
    for key in ("start", "end"):
        moment = _moment(question[key]) if question[key] else None
        if question[key] and moment is None:
            raise Denied("INVALID_ARGUMENT", f"{key}_time is not RFC 3339: {question[key]!r}")
        limits.append(moment)
    start, end = limits
    wanted = [one for one in logs if question["metric"] in ("", one.name)]
    timed = [(_moment(one.time) or 0.0, one) for one in wanted]
    return [one for when, one in timed if (start is None or when >= start) and (end is None or when <= end)]


def _moment(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text.upper())
        return moment.timestamp() if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
