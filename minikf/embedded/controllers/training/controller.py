"""Carries out the plan for a job of one framework: its pods, its status, and its own end after its time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from minikf.embedded.controllers.base import (
    Key,
    is_controlled_by,
    key_of,
    namespace_is_ending,
    owner_keys,
    owner_reference,
    together,
)
from minikf.embedded.controllers.context import Context
from minikf.embedded.controllers.elapsed import Elapsed
from minikf.embedded.controllers.training.conditions import is_finished
from minikf.embedded.controllers.training.framework import Framework, Ports, Replica
from minikf.embedded.controllers.training.frameworks import FRAMEWORKS
from minikf.embedded.controllers.training.plan import Plan, Time, make_plan
from minikf.embedded.controllers.training.pods import NAME_LABEL, exit_code, make_pod
from minikf.embedded.controllers.training.podset import phase
from minikf.embedded.controllers.training.ports import OPERATOR_LABEL, PortBook
from minikf.embedded.controllers.training.restarts import Restarts, count_in
from minikf.embedded.controllers.training.spec import JobSpec
from minikf.embedded.kinds import CONFIG_MAP, POD, Kind
from minikf.embedded.options import DeleteOptions, Options
from minikf.embedded.status import ApiError, Object

if TYPE_CHECKING:
    from minikf.embedded.store import Change

_OPERATOR = "kubeflow.org/training-operator"
_TEMPLATE_POLICY = "Restart policy in pod template will be overwritten by restart policy in replica spec"


def training_controllers(context: Context) -> list[TrainingController]:
    """One for each framework; they share the book of ports."""
    book = PortBook(context.objects)
    return [TrainingController(context, framework, book) for framework in FRAMEWORKS.values()]


class TrainingController:
    """One job at a time; see `plan.py` for what it decides."""

    def __init__(self, context: Context, framework: Framework, book: PortBook) -> None:
        self.framework = framework
        self._context = context
        self._objects = context.objects
        self._events = context.events.of(self.component)
        self._book = book
        self._elapsed = Elapsed(context.clock)
        # Uids of pods whose exit codes were told, by uid of their job.
        self._told: dict[str, set[str]] = {}

    @property
    def component(self) -> str:
        return self.framework.controller

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return (self.framework.kind, POD)

    def keys(self, change: Change) -> Iterable[Key]:
        if change.kind is POD:
            # Labels are at hand; owners have to be read off the object, of every pod for each framework.
            operators = {one.labels.get(OPERATOR_LABEL) for one in (change.entry, change.old) if one is not None}
            return owner_keys(change, self.framework.kind) if self.component in operators else ()
        if change.type == "DELETED":
            self._forget(change.entry.uid)
        return [key_of(change.entry)]

    async def reconcile(self, key: Key) -> float | None:
        entry = self._objects.find(self.framework.kind, *key)
        if entry is None or "deletionTimestamp" in entry.obj["metadata"]:
            return None
        job = entry.obj
        spec = JobSpec.of(self.framework, job)
        if spec.managed_by not in ("", _OPERATOR):
            return None
        pods = self._pods_of(job)
        time = Time(self._context.clock.now(), self._elapsed.of(entry.uid))
        plan = make_plan(self.framework, job, pods, time)
        if plan.expired:
            await self._expire(job)
            return None
        self._tell_exit_codes(job, pods)
        await self._carry_out(job, spec, pods, plan)
        return plan.again

    async def _carry_out(self, job: Object, spec: JobSpec, pods: list[Object], plan: Plan) -> None:
        ports: Ports = {}
        if plan.create:
            ports = self._book.ports(self.framework, spec, job["metadata"]["uid"], pods)
            self._begin(job, spec, pods)
            await self._keep_config(job, spec)
        if Restarts.of(job).lacks(plan.replaced):
            await self._count_restarts(job, plan.replaced)
        await together(
            *(self._create(job, spec, replica, ports) for replica in plan.create),
            *(self._delete(job, pod) for pod in plan.delete),
            self._write_status(job, plan),
        )
        if is_finished(plan.status):
            self._forget(job["metadata"]["uid"], elapsed=False)

    def _begin(self, job: Object, spec: JobSpec, pods: list[Object]) -> None:
        """What is to be said about the pods that are made."""
        if self.framework.remark is not None and not pods:
            self._events.record(job, "Normal", *self.framework.remark(spec))
        if any((one.template.get("spec") or {}).get("restartPolicy") for one in spec.sets.values()):
            self._events.record(job, "Warning", "SetPodTemplateRestartPolicy", _TEMPLATE_POLICY)

    async def _create(self, job: Object, spec: JobSpec, replica: Replica, ports: Ports) -> None:
        pod = make_pod(self.framework, job, spec, replica, ports)
        try:
            made = await self._objects.create(POD, spec.namespace, pod, opts=self._options())
        except ApiError as error:
            if namespace_is_ending(error):
                return
            self._events.record(job, "Warning", "FailedCreatePod", f"Error creating: {error.message}")
            raise
        self._events.record(job, "Normal", "SuccessfulCreatePod", f"Created pod: {made.name}")

    async def _delete(self, job: Object, pod: Object) -> None:
        meta = pod["metadata"]
        how = DeleteOptions(propagation="Background", uid=meta["uid"])
        await self._objects.delete(POD, meta["namespace"], meta["name"], how=how)
        self._events.record(job, "Normal", "SuccessfulDeletePod", f"Deleted pod: {meta['name']}")

    async def _keep_config(self, job: Object, spec: JobSpec) -> None:
        """Makes the job's ConfigMap, or brings it up to date. Raises ApiError 409 when another's has its name."""
        if self.framework.config is None:
            return
        name, data = self.framework.config(spec)
        entry = self._objects.find(CONFIG_MAP, spec.namespace, name)
        if entry is None:
            meta: Object = {"name": name, "namespace": spec.namespace, "labels": {"app": spec.name}}
            meta["ownerReferences"] = [owner_reference(job)]
            made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}
            try:
                await self._objects.create(CONFIG_MAP, spec.namespace, made, opts=self._options())
            except ApiError as error:
                if not namespace_is_ending(error):
                    raise
        elif not is_controlled_by(entry.obj, job):
            text = f"ConfigMap {name} belongs to somebody else: delete it, or give the {job['kind']} another name"
            self._events.record(job, "Warning", "ErrResourceExists", text)
            raise ApiError(409, "Conflict", text)
        elif entry.obj.get("data") != data:
            changed = {"data": data}
            await self._objects.patch(
                CONFIG_MAP, spec.namespace, name, lambda now: {**now, **changed}, opts=self._options()
            )

    async def _count_restarts(self, job: Object, pods: Sequence[Object]) -> None:
        def change(now: Object) -> None:
            count_in(now, pods)

        meta = job["metadata"]
        await self._objects.patch(self.framework.kind, meta["namespace"], meta["name"], change, opts=self._options())

    async def _write_status(self, job: Object, plan: Plan) -> None:
        if plan.status != job.get("status"):
            name = (job["metadata"]["namespace"], job["metadata"]["name"])
            await self._objects.set_status(self.framework.kind, *name, lambda _: plan.status, opts=self._options())
        for type_, reason, message in plan.events:
            self._events.record(job, type_, reason, message)

    async def _expire(self, job: Object) -> None:
        meta = job["metadata"]
        how = DeleteOptions(propagation="Background", uid=meta["uid"], rv=meta["resourceVersion"])
        await self._objects.delete(self.framework.kind, meta["namespace"], meta["name"], how=how)
        self._events.record(job, "Normal", "SuccessfulDeleteJob", f"Deleted job: {meta['name']}")

    def _tell_exit_codes(self, job: Object, pods: list[Object]) -> None:
        """Once for each pod, and not again of pods that had ended before the daemon began."""
        told = self._told.get(job["metadata"]["uid"])
        if told is None:
            told = self._told[job["metadata"]["uid"]] = {pod["metadata"]["uid"] for pod in pods if _has_ended(pod)}
        for pod in pods:
            code, uid = exit_code(self.framework, pod), pod["metadata"]["uid"]
            if code is not None and _has_ended(pod) and uid not in told:
                told.add(uid)
                name = f"{pod['metadata']['namespace']}.{pod['metadata']['name']}"
                self._events.record(job, "Normal", "ExitedWithCode", f"Pod: {name} exited with code {code}")

    def _pods_of(self, job: Object) -> list[Object]:
        meta = job["metadata"]
        entries = self._objects.list(POD, meta["namespace"])
        # The label is a cheap first look, the owner reference is the truth.
        labelled = [entry.obj for entry in entries if entry.labels.get(NAME_LABEL) == meta["name"]]
        return [pod for pod in labelled if is_controlled_by(pod, job)]

    def _forget(self, uid: str, *, elapsed: bool = True) -> None:
        self._book.forget(uid)
        self._told.pop(uid, None)
        if elapsed:
            self._elapsed.forget(uid)

    def _options(self) -> Options:
        return Options(manager=self.component)


def _has_ended(pod: Object) -> bool:
    return phase(pod) in ("Succeeded", "Failed")
