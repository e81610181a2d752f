"""Brings a Trial to its end: makes its job, follows its metrics, reads its result, takes the job away.

kubeflow/katib v0.19.0, pkg/controller.v1beta1/trial. There a container beside the trial's own collects the metrics.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterable
from typing import TYPE_CHECKING

from minikf.embedded.controllers.base import Key, is_controlled_by, key_of, owner_keys, owner_reference
from minikf.embedded.controllers.context import Context
from minikf.embedded.kinds import JOB, POD, TRAIN_JOB, TRAINING_KINDS, TRIAL, Kind
from minikf.embedded.options import DeleteOptions, Options
from minikf.embedded.pods.state import STOPPED
from minikf.embedded.status import ApiError, Object
from minikf.embedded.times import timestamp
from minikf.embedded.tuning.checkpoints import prepare, trial_folder
from minikf.embedded.tuning.collector import Collector, metric_names
from minikf.embedded.tuning.collectors import REPORTED, SERVED, WRITTEN, way_of
from minikf.embedded.tuning.conditions import is_true, mark, settle
from minikf.embedded.tuning.dbmanager.service import DbManager, NotThere
from minikf.embedded.tuning.endpoints import Endpoints
from minikf.embedded.tuning.follow import Follower
from minikf.embedded.tuning.jobstatus import JobEnd, job_end
from minikf.embedded.tuning.metrics import MetricLog, is_nothing, objective_text, observe
from minikf.embedded.tuning.observations import ObservationLog
from minikf.embedded.tuning.runnable import job_kind
from minikf.embedded.tuning.states import TRIAL_LABEL, has_ended, state_of
from minikf.embedded.tuning.trialpods import experiment_of, is_primary

if TYPE_CHECKING:
    from minikf.embedded.store import Change

# How soon a value that says stop is seen, and how often a metrics endpoint is asked.
FOLLOW_SECONDS = 0.1


class TrialController:
    """What it knows beside the objects (how far it has read) is read anew after a restart."""

    component = "trial-controller"
    kinds = (TRIAL, JOB, TRAIN_JOB, *TRAINING_KINDS)

    def __init__(self, context: Context, log: ObservationLog, manager: DbManager, endpoints: Endpoints) -> None:
        self._context = context
        self._objects = context.objects
        self._events = context.events.of(self.component)
        self._log = log
        self._collector = Collector(context.paths)
        self._manager = manager
        self._endpoints = endpoints
        # By uid of running Trials with early stopping rules.
        self._followers: dict[str, Follower] = {}
        # By uid of Trials that have ended and whose job has not been taken away: since when (monotonic).
        self._over: dict[str, float] = {}

    def keys(self, change: Change) -> Iterable[Key]:
        if change.kind is not TRIAL:
            return owner_keys(change, TRIAL)
        if change.type == "DELETED":
            self._followers.pop(change.entry.uid, None)
            self._over.pop(change.entry.uid, None)
            self._endpoints.forget(change.entry.uid)
            self._log.forget(change.entry.uid)
        return [key_of(change.entry)]

    async def reconcile(self, key: Key) -> float | None:
        entry = self._objects.find(TRIAL, *key)
        if entry is None or "deletionTimestamp" in entry.obj["metadata"]:
            return None
        trial = entry.obj
        kind = job_kind(trial["spec"]["runSpec"])
        if isinstance(kind, str):
            if not has_ended(trial):
                await self._fail(trial, f"Trial has failed. {kind}")
            return None
        found = self._objects.find(kind, *key)
        job = found.obj if found is not None else None
        if job is not None and not is_controlled_by(job, trial):
            if not has_ended(trial):
                await self._fail(trial, f"Trial has failed. There is another {kind.kind} of its name")
            return None
        if has_ended(trial):
            self._followers.pop(entry.uid, None)
            return await self._take_away(trial, kind, job)
        if job is None:
            await self._begin(trial, kind)
            return None
        end = job_end(trial, job)
        if end is not None:
            if not end.succeeded and self._was_stopped(trial):
                # Made anew when it is gone; what it had reported by then is no part of what it will report.
                await asyncio.to_thread(self._log.forget, entry.uid)
                await self._delete_job(kind, job)
            else:
                await self._end(trial, end)
            return None
        if not is_true(trial.get("status") or {}, "Running"):
            await self._write(trial, self._running(trial))
        return await self._follow(trial)

    # -- its job ------------------------------------------------------------------------------------------------

    async def _begin(self, trial: Object, kind: Kind) -> None:
        job = copy.deepcopy(trial["spec"]["runSpec"])
        meta = trial["metadata"]
        if way_of(trial["spec"].get("metricsCollector")) == REPORTED:
            try:
                await self._manager.ensure()
            except NotThere as error:
                await self._fail(trial, f"Trial has failed. {error}")
                return
        experiment = experiment_of(self._objects, trial)
        if experiment is not None and trial_folder(experiment):
            await asyncio.to_thread(prepare, self._context.paths, experiment, trial)
        job["metadata"] = {
            **(job.get("metadata") or {}),
            "name": meta["name"],
            "namespace": meta["namespace"],
            "ownerReferences": [owner_reference(trial)],
        }
        try:
            # At once: one disk sync serves both. The status counts the job as made; where it could not be made, the
            # next look makes it.
            await asyncio.gather(
                self._objects.create(kind, meta["namespace"], job, opts=self._options()),
                self._write(trial, self._running(trial)),
            )
        except ApiError as error:
            if error.reason in ("AlreadyExists", "Conflict") or error.code >= 500:
                raise
            # What the API refuses now it refuses again: a quota, a runtime that has gone.
            current = self._objects.find(TRIAL, meta["namespace"], meta["name"])
            if current is not None:
                await self._fail(current.obj, f"Trial has failed. Job creation failed: {error.message}")
            return
        self._events.record(trial, "Normal", "JobCreated", f"Job {meta['name']} has been created")
        self._events.record(trial, "Normal", "JobRunning", f"Job {meta['name']} is running")

    async def _take_away(self, trial: Object, kind: Kind, job: Object | None) -> float | None:
        """After the end the job goes, unless it is to be kept; one that was stopped early may not run on.

        A job that has ended can wait a moment, in which the next trial starts.
        """
        uid = trial["metadata"]["uid"]
        if job is None or "deletionTimestamp" in job["metadata"]:
            self._over.pop(uid, None)
            return None
        meta = job["metadata"]
        now = self._context.clock.monotonic()
        left = self._over.setdefault(uid, now) + self._context.leisure - now
        if left > 0 and job_end(trial, job) is not None:
            return left
        if not trial["spec"].get("retainRun"):
            await self._delete_job(kind, job)
            self._events.record(trial, "Normal", "JobDeleted", f"Job {meta['name']} has been deleted")
        elif state_of(trial["status"]) in ("EarlyStopped", "Killed") and not _is_suspended(kind, job):
            if job_end(trial, job) is not None:
                return None

            def suspend(obj: Object) -> None:
                part = obj["spec"].setdefault("runPolicy", {}) if kind in TRAINING_KINDS else obj["spec"]
                part["suspend"] = True

            await self._objects.patch(kind, meta["namespace"], meta["name"], suspend, opts=self._options())
        return None

    async def _delete_job(self, kind: Kind, job: Object) -> None:
        meta = job["metadata"]
        how = DeleteOptions(propagation="Background", uid=meta["uid"])
        try:
            await self._objects.delete(kind, meta["namespace"], meta["name"], how=how)
        except ApiError as error:
            if error.reason != "NotFound":
                raise

    def _was_stopped(self, trial: Object) -> bool:
        """Whether `minikf stop` ended one of its pods: the trial is begun again and has not failed."""
        return any((pod.get("status") or {}).get("reason") == STOPPED for pod in self._pods_of(trial))

    # -- its metrics --------------------------------------------------------------------------------------------

    async def _follow(self, trial: Object) -> float | None:
        """Reads on while the job runs, where somebody has to; returns when to read again."""
        way, rules = way_of(trial["spec"].get("metricsCollector")), trial["spec"].get("earlyStoppingRules")
        if way == SERVED:
            await self._sample(trial)
        elif way == REPORTED:
            self._manager.begin()
        if not rules:
            return FOLLOW_SECONDS if way == SERVED else None
        uid = trial["metadata"]["uid"]
        follower = self._followers.setdefault(uid, Follower(trial, self._collector, self._log))
        if not await asyncio.to_thread(follower.says_stop, self._pods_of(trial)):
            return FOLLOW_SECONDS
        await self._stop_early(trial)
        return None

    async def _sample(self, trial: Object) -> None:
        uid = trial["metadata"]["uid"]
        known = self._log.read(uid)
        last = {log.name: log.value for log in known}
        pids = [pid for pod in self._pods_of(trial) for pid in self._endpoints.processes(pod["metadata"]["uid"])]
        values = await asyncio.to_thread(self._endpoints.scrape, trial, pids)
        fresh = [log for log in values if last.get(log.name) != log.value]
        if fresh:
            await asyncio.to_thread(self._log.append, uid, fresh)

    async def _read(self, trial: Object) -> tuple[list[Object], str]:
        """(the observation's metrics, why there may be none); what was read is in the log when this returns."""
        uid = trial["metadata"]["uid"]
        logs: tuple[MetricLog, ...]
        if way_of(trial["spec"].get("metricsCollector")) != WRITTEN:
            logs, problem = self._log.read(uid), ""
        else:

            def work() -> tuple[tuple[MetricLog, ...], str]:
                reading = self._collector.read(trial, self._pods_of(trial))
                self._log.write(uid, reading.logs)
                return reading.logs, reading.problem

            logs, problem = await asyncio.to_thread(work)
        return observe(logs, trial["spec"]["objective"].get("metricStrategies") or []), problem

    def _pods_of(self, trial: Object) -> list[Object]:
        """Its primary pods, the oldest first: those that succeeded, or all of them while none did."""
        meta = trial["metadata"]
        entries = self._objects.list(POD, meta["namespace"])
        own = [entry for entry in entries if entry.labels.get(TRIAL_LABEL) == meta["name"]]
        pods = [entry.obj for entry in own if is_primary(entry.labels, trial)]
        pods.sort(key=lambda pod: pod["metadata"]["creationTimestamp"])
        return [pod for pod in pods if (pod.get("status") or {}).get("phase") == "Succeeded"] or pods

    # -- its end ------------------------------------------------------------------------------------------------

    async def _end(self, trial: Object, end: JobEnd) -> None:
        name, status, now = trial["metadata"]["name"], self._running(trial), self._now()
        more = f". Job message: {end.message}" if end.message else ""
        why = f". Job reason: {end.reason}" if end.reason else ""
        status["completionTime"] = now
        if not end.succeeded:
            settle(status, "Failed", f"TrialFailed{why}", f"Trial has failed{more}", now)
            said = f". {end.message} {end.reason}" if end.message or end.reason else ""
            await self._write(trial, status)
            self._events.record(trial, "Normal", "JobFailed", f"Job {name} has failed{said}")
            return
        metrics, problem = await self._read(trial)
        if metrics:
            status["observation"] = {"metrics": metrics}
        result = objective_text(status.get("observation"), trial["spec"]["objective"])
        if is_nothing(result):
            problem = problem or _why_nothing(trial, result)
            text = f"Metrics are not available: {problem}{more}"
            settle(status, "MetricsUnavailable", f"MetricsUnavailable{why}", text, now)
            await self._write(trial, status)
            said = f"Metrics are not available for Job {name}: {problem}"
            self._events.record(trial, "Warning", "MetricsUnavailable", said)
            return
        settle(status, "Succeeded", f"TrialSucceeded{why}", f"Trial has succeeded{more}", now)
        await self._write(trial, status)
        self._events.record(trial, "Normal", "JobSucceeded", f"Job {name} has succeeded")

    async def _stop_early(self, trial: Object) -> None:
        metrics, _ = await self._read(trial)
        status, now = self._running(trial), self._now()
        status["observation"] = {"metrics": metrics}
        status["completionTime"] = now
        settle(status, "EarlyStopped", "TrialEarlyStopped", "Trial is early stopped", now)
        await self._write(trial, status)

    async def _fail(self, trial: Object, message: str) -> None:
        status, now = copy.deepcopy(trial.get("status") or {}), self._now()
        status.setdefault("startTime", now)
        status["completionTime"] = now
        mark(status, "Created", "TrialCreated", "Trial is created", now)
        settle(status, "Failed", "TrialFailed", message, now)
        await self._write(trial, status)
        self._events.record(trial, "Warning", "JobFailed", message)

    def _running(self, trial: Object) -> Object:
        """Its status as of a trial whose job is there."""
        status, now = copy.deepcopy(trial.get("status") or {}), self._now()
        status.setdefault("startTime", now)
        mark(status, "Created", "TrialCreated", "Trial is created", now)
        mark(status, "Running", "TrialRunning", "Trial is running", now)
        return status

    async def _write(self, trial: Object, status: Object) -> None:
        if status == trial.get("status"):
            return
        meta = trial["metadata"]
        name = (meta["namespace"], meta["name"])
        await self._objects.set_status(TRIAL, *name, lambda _: status, opts=self._options())

    def _now(self) -> str:
        return timestamp(self._context.clock.now())

    def _options(self) -> Options:
        return Options(manager=self.component)


def _is_suspended(kind: Kind, job: Object) -> bool:
    part = job["spec"].get("runPolicy") or {} if kind in TRAINING_KINDS else job["spec"]
    return bool(part.get("suspend"))


def _why_nothing(trial: Object, result: str) -> str:
    name = metric_names(trial)[0]
    if result in ("", "unavailable"):
        return f"the objective metric {name} was not reported as a number"
    return f"the objective metric {name} is {result}"
