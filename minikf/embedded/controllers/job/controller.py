"""Carries out the plan for a Job: creates and deletes its pods, writes its status, deletes it after its time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from minikf.embedded.controllers.base import Key, is_controlled_by, key_of, namespace_is_ending, owner_keys, together
from minikf.embedded.controllers.conditions import find, is_true
from minikf.embedded.controllers.context import Context, parse_time
from minikf.embedded.controllers.elapsed import Elapsed
from minikf.embedded.controllers.job.plan import Plan, Time, Vanished, is_finished, make_plan
from minikf.embedded.controllers.job.pods import UID_LABEL, make_pod
from minikf.embedded.controllers.job.podset import PodSet, finished_at
from minikf.embedded.controllers.job.spec import JobSpec
from minikf.embedded.controllers.job.staffing import FAILURE_PAUSE
from minikf.embedded.kinds import JOB, POD
from minikf.embedded.options import DeleteOptions, Options
from minikf.embedded.status import ApiError, Object

if TYPE_CHECKING:
    from minikf.embedded.store import Change, Entry


class JobController:
    """One Job at a time; see `plan.py` for what it decides."""

    component = "job-controller"
    kinds = (JOB, POD)

    def __init__(self, context: Context, failure_pause: float = FAILURE_PAUSE) -> None:
        self._context = context
        self._objects = context.objects
        self._events = context.events.of(self.component)
        self._failure_pause = failure_pause
        self._elapsed = Elapsed(context.clock)
        # By uid of the Job. Read off the status at first sight, so it survives the daemon.
        self._vanished: dict[str, Vanished] = {}
        # By uid of the Job: since when (monotonic) its status differs in nothing but how many pods are ready.
        self._unready: dict[str, float] = {}

    def keys(self, change: Change) -> Iterable[Key]:
        if change.type == "DELETED":
            self._elapsed.forget(change.entry.uid)
        if change.kind is JOB:
            if change.type == "DELETED":
                self._vanished.pop(change.entry.uid, None)
                self._unready.pop(change.entry.uid, None)
            return [key_of(change.entry)]
        if change.type == "DELETED":
            self._remember(change.entry)
        return owner_keys(change, JOB)

    async def reconcile(self, key: Key) -> float | None:
        entry = self._objects.find(JOB, *key)
        if entry is None or "deletionTimestamp" in entry.obj["metadata"]:
            return None
        job = entry.obj
        if job["spec"].get("managedBy") not in (None, "", "kubernetes.io/job-controller"):
            return None
        if is_finished(job):
            return await self._expire(job)
        pods = PodSet.of(self._pods_of(job))
        plan = make_plan(job, pods, self._vanished_of(job, pods), self._time_of(job), self._failure_pause)
        wait = self._put_off(job, plan)
        if wait > 0:
            return wait if plan.again is None else min(wait, plan.again)
        await self._carry_out(job, plan)
        return plan.again

    def _put_off(self, job: Object, plan: Plan) -> float:
        """For how many seconds a plan can wait that only counts ready pods; the next one most often says more.

        kube-controller-manager collects changes of pods for a second (syncJobBatchPeriod of its job controller).
        """
        before, uid = job.get("status") or {}, job["metadata"]["uid"]
        changes = plan.staffing.create or plan.staffing.delete or plan.status == before
        now = self._context.clock.monotonic()
        if not changes and plan.status == {**before, "ready": plan.status["ready"]}:
            left = self._unready.setdefault(uid, now) + self._context.leisure - now
            if left > 0:
                return left
        self._unready.pop(uid, None)
        return 0.0

    async def _carry_out(self, job: Object, plan: Plan) -> None:
        # All at once: a disk sync serves every write of a pass. The status counts pods as made, so where one could
        # not be made, the pass after the pause counts anew.
        await together(
            *(self._create(job, index) for index in plan.staffing.create),
            *(self._delete(job, pod) for pod in plan.staffing.delete),
            self._write_status(job, plan),
        )

    async def _create(self, job: Object, index: int | None) -> None:
        namespace = job["metadata"]["namespace"]
        try:
            pod = await self._objects.create(POD, namespace, make_pod(job, index), opts=self._options())
        except ApiError as error:
            if namespace_is_ending(error):
                return
            self._events.record(job, "Warning", "FailedCreate", f"Error creating: {error.message}")
            raise
        self._events.record(job, "Normal", "SuccessfulCreate", f"Created pod: {pod.name}")

    async def _delete(self, job: Object, pod: Object) -> None:
        meta = pod["metadata"]
        how = DeleteOptions(propagation="Background", uid=meta["uid"])
        await self._objects.delete(POD, meta["namespace"], meta["name"], how=how)
        self._events.record(job, "Normal", "SuccessfulDelete", f"Deleted pod: {meta['name']}")

    async def _write_status(self, job: Object, plan: Plan) -> None:
        meta = job["metadata"]
        if plan.status == job.get("status"):
            return
        name = (meta["namespace"], meta["name"])
        await self._objects.set_status(JOB, *name, lambda _: plan.status, opts=self._options())
        for type_, reason, message in plan.events:
            self._events.record(job, type_, reason, message)

    async def _expire(self, job: Object) -> float | None:
        """Deletes a finished Job when its `ttlSecondsAfterFinished` has passed; upstream's ttl-after-finished."""
        ttl = JobSpec.of(job).ttl
        if ttl is None:
            return None
        condition = find(job["status"], "Complete" if is_true(job["status"], "Complete") else "Failed")
        assert condition is not None
        left = ttl - self._elapsed.since(job["metadata"]["uid"], parse_time(condition["lastTransitionTime"]))
        if left > 0:
            return left
        meta = job["metadata"]
        how = DeleteOptions(propagation="Foreground", uid=meta["uid"], rv=meta["resourceVersion"])
        await self._objects.delete(JOB, meta["namespace"], meta["name"], how=how)
        return None

    def _time_of(self, job: Object) -> Time:
        elapsed = self._elapsed
        return Time(
            now=self._context.clock.now(),
            since_stamp=elapsed.of(job["metadata"]["uid"]),
            since_end=lambda pod: elapsed.since(pod["metadata"]["uid"], finished_at(pod)),
        )

    def _pods_of(self, job: Object) -> list[Object]:
        uid = job["metadata"]["uid"]
        entries = self._objects.list(POD, job["metadata"]["namespace"])
        # The label is a cheap first look, the owner reference is the truth.
        labelled = [entry.obj for entry in entries if entry.labels.get(UID_LABEL) == uid]
        return [pod for pod in labelled if is_controlled_by(pod, job)]

    def _vanished_of(self, job: Object, pods: PodSet) -> Vanished:
        uid = job["metadata"]["uid"]
        if uid not in self._vanished:
            status = job.get("status") or {}
            succeeded = max(0, status.get("succeeded", 0) - len(pods.succeeded))
            self._vanished[uid] = Vanished(succeeded, max(0, status.get("failed", 0) - len(pods.failed)))
        return self._vanished[uid]

    def _remember(self, pod: Entry) -> None:
        """Keeps counting a pod that is deleted after it ended."""
        for uid in (reference["uid"] for reference in pod.obj["metadata"].get("ownerReferences") or []):
            known = self._vanished.get(uid)
            if known is not None:
                gone = PodSet.of([pod.obj])
                self._vanished[uid] = Vanished(known.succeeded + len(gone.succeeded), known.failed + len(gone.failed))

    def _options(self) -> Options:
        return Options(manager=self.component)
