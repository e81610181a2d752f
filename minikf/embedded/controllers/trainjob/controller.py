"""Carries out what `jobset/plan.py` decides for a TrainJob, and tells how it stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from minikf.embedded.controllers.base import Key, is_controlled_by, key_of, owner_keys, together
from minikf.embedded.controllers.context import Context
from minikf.embedded.controllers.elapsed import Elapsed
from minikf.embedded.controllers.job.plan import is_finished
from minikf.embedded.controllers.jobset import JobSetPlan, plan_jobset
from minikf.embedded.controllers.jobset.names import JOBSET_NAME, replicated_name, restart_attempt
from minikf.embedded.controllers.jobset.policies import Ending
from minikf.embedded.controllers.trainjob import status as progress
from minikf.embedded.controllers.trainjob.actions import Actions, restarts
from minikf.embedded.controllers.trainjob.build import build_jobset
from minikf.embedded.controllers.trainjob.mpi import LAUNCHER, hostfile, ranks_of, what_runs
from minikf.embedded.controllers.trainjob.ports import free_port, port_of
from minikf.embedded.controllers.trainjob.runnable import reason_not_runnable
from minikf.embedded.controllers.trainjob.runtimes import find_runtime, kind_of, registry_key
from minikf.embedded.kinds import CLUSTER_TRAINING_RUNTIME, CONFIG_MAP, JOB, TRAIN_JOB, TRAINING_RUNTIME
from minikf.embedded.status import Object

if TYPE_CHECKING:
    from minikf.embedded.store import Change


class TrainJobController:
    """TrainJob -> Jobs -> pods: upstream's chain without the JobSet between."""

    component = "trainjob-controller"
    kinds = (TRAIN_JOB, JOB, CONFIG_MAP, CLUSTER_TRAINING_RUNTIME, TRAINING_RUNTIME)

    def __init__(self, context: Context) -> None:
        self._context = context
        self._objects = context.objects
        self._events = context.events.of(self.component)
        self._actions = Actions(context.objects, self._events)
        # Rendezvous ports by uid of the TrainJob, so that two of them do not choose the same one.
        self._ports: dict[str, int] = {}
        self._elapsed = Elapsed(context.clock)

    def keys(self, change: Change) -> Iterable[Key]:
        if change.kind is TRAIN_JOB:
            if change.type == "DELETED":
                self._ports.pop(change.entry.uid, None)
                self._elapsed.forget(change.entry.uid)
            return [key_of(change.entry)]
        if change.kind in (JOB, CONFIG_MAP):
            return owner_keys(change, TRAIN_JOB)
        if change.type == "DELETED":
            return []
        # A runtime came or changed: TrainJobs that wait for it look again.
        waiting = (entry for entry in self._objects.list(TRAIN_JOB) if not progress.is_over(entry.obj))
        return [key_of(entry) for entry in waiting if entry.obj["spec"]["runtimeRef"]["name"] == change.entry.name]

    async def reconcile(self, key: Key) -> float | None:
        entry = self._objects.find(TRAIN_JOB, *key)
        if entry is None or "deletionTimestamp" in entry.obj["metadata"]:
            return None
        train_job = entry.obj
        if train_job["spec"].get("managedBy") == "kueue.x-k8s.io/multikueue":
            return None
        jobs = self._jobs_of(train_job)
        runtime = find_runtime(self._objects, train_job)
        if progress.is_over(train_job):
            self._ports.pop(entry.uid, None)
            return await self._clean_up(train_job, jobs, runtime)
        status = progress.copy_of(train_job)
        if runtime is None:
            await self._without_runtime(train_job, status)
            return None
        return await self._advance(train_job, status, jobs, runtime)

    async def _advance(self, train_job: Object, status: Object, jobs: list[Object], runtime: Object) -> float | None:
        now = self._context.clock.now()
        jobset = build_jobset(train_job, runtime, self._port(train_job, jobs, runtime))
        reason = "" if jobs else reason_not_runnable(runtime, jobset)
        if reason:
            progress.set_ending(status, Ending("Failed", progress.NOT_SUPPORTED, reason), now)
            await self._actions.write_status(train_job, status)
            return None
        progress.set_suspended(status, train_job, now)
        plan = plan_jobset(jobset, jobs, *restarts(train_job))
        progress.set_counts(status, plan)
        ending = plan.ending
        left = progress.seconds_left(train_job, status, self._elapsed.of(train_job["metadata"]["uid"]))
        if ending is None and left is not None and left <= 0:
            ending = progress.DEADLINE
            plan = JobSetPlan(plan.statuses, delete=tuple(jobs))
        if ending is not None:
            progress.set_ending(status, ending, now)
        elif (ranks := ranks_of(train_job, runtime)) is not None:
            await self._actions.keep_config_map(train_job, hostfile(train_job, ranks))
            if any(replicated_name(job) == LAUNCHER for job in plan.create):
                self._events.record(train_job, "Normal", "RanksOnOneMachine", what_runs(train_job, ranks))
        await self._carry_out(train_job, status, plan, ending)
        return None if ending else left

    async def _carry_out(self, train_job: Object, status: Object, plan: JobSetPlan, ending: Ending | None) -> None:
        if plan.restart is not None:
            # Written first: a daemon that dies now goes on with the restart instead of counting it again.
            await self._actions.count_restart(train_job, plan.restart)
        await together(
            *(self._actions.create(train_job, job) for job in plan.create),
            *(self._actions.delete(job) for job in plan.delete),
            *(self._actions.switch(job, suspend=True) for job in plan.suspend),
            *(self._actions.switch(job, suspend=False) for job in plan.resume),
            self._actions.write_status(train_job, status),
        )
        if ending is not None:
            type_ = "Normal" if ending.type == "Complete" else "Warning"
            self._events.record(train_job, type_, ending.reason, ending.message)

    async def _without_runtime(self, train_job: Object, status: Object) -> None:
        """Waits for the runtime; `keys` looks again when it comes."""
        if kind_of(train_job) is None:
            ending = Ending("Failed", progress.NOT_SUPPORTED, f"unsupported runtime: {registry_key(train_job)}")
            progress.set_ending(status, ending, self._context.clock.now())
        else:
            reference = train_job["spec"]["runtimeRef"]
            text = (
                f"TrainJob resources reconciliation failed: {reference['kind']} {reference['name']} not found: "
                "it was deleted after the TrainJob was created; create it again, or delete the TrainJob"
            )
            self._events.record(train_job, "Warning", "TrainJobResourcesCreationFailed", text)
        progress.set_suspended(status, train_job, self._context.clock.now())
        await self._actions.write_status(train_job, status)

    async def _clean_up(self, train_job: Object, jobs: list[Object], runtime: Object | None) -> float | None:
        """After the end: Jobs that still run go, and all of them once the JobSet's TTL has passed."""
        template = runtime["spec"]["template"]["spec"] if runtime else {}
        ttl = template.get("ttlSecondsAfterFinished")
        if ttl is None or not jobs:
            return None
        left: float = ttl - self._elapsed.since(train_job["metadata"]["uid"], progress.ended_at(train_job))
        if left > 0:
            return left
        await together(*(self._actions.delete(job) for job in jobs if "deletionTimestamp" not in job["metadata"]))
        return None

    def _port(self, train_job: Object, jobs: list[Object], runtime: Object) -> int:
        """The rendezvous port of the current attempt; 0 where the runtime has no use for one."""
        if (runtime["spec"].get("mlPolicy") or {}).get("torch") is None:
            return 0
        uid = train_job["metadata"]["uid"]
        attempt, _ = restarts(train_job)
        port = port_of(job for job in jobs if restart_attempt(job) == attempt)
        if port is None:
            port = self._ports.get(uid) or free_port(self._ports_in_use())
        self._ports[uid] = port
        return port

    def _ports_in_use(self) -> set[int]:
        """Ports that other TrainJobs were given, also those whose processes have yet to begin to listen."""
        going = (entry.obj for entry in self._objects.list(JOB) if not is_finished(entry.obj))
        in_jobs = {port for job in going if (port := port_of([job])) is not None}
        return in_jobs | set(self._ports.values())

    def _jobs_of(self, train_job: Object) -> list[Object]:
        meta = train_job["metadata"]
        entries = self._objects.list(JOB, meta["namespace"])
        labelled = [entry.obj for entry in entries if entry.labels.get(JOBSET_NAME) == meta["name"]]
        return [job for job in labelled if is_controlled_by(job, train_job)]
