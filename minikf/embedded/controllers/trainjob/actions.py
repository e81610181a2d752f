"""The writes that a TrainJob takes: its Jobs, its status, and the count of its restarts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikf.embedded.controllers.base import is_controlled_by, namespace_is_ending
from minikf.embedded.controllers.jobset.names import PREFIX, RESTART_ATTEMPT
from minikf.embedded.controllers.jobset.policies import Restart
from minikf.embedded.kinds import CONFIG_MAP, JOB, TRAIN_JOB
from minikf.embedded.options import DeleteOptions, Options
from minikf.embedded.status import ApiError, Object

if TYPE_CHECKING:
    from minikf.embedded.controllers.events import ComponentRecorder
    from minikf.embedded.objects import Objects

# JobSet keeps these two in its own status; here they are annotations of the TrainJob.
_RESTARTS = RESTART_ATTEMPT
_COUNTED = PREFIX + "restarts-count-towards-max"


def restarts(train_job: Object) -> tuple[int, int]:
    """(restarts so far, those of them that use up `maxRestarts`)."""
    annotations = train_job["metadata"].get("annotations") or {}
    return int(annotations.get(_RESTARTS, 0)), int(annotations.get(_COUNTED, 0))


class Actions:
    """Writes in the name of one controller."""

    def __init__(self, objects: Objects, events: ComponentRecorder) -> None:
        self._objects = objects
        self._events = events

    async def create(self, train_job: Object, job: Object) -> None:
        try:
            await self._objects.create(JOB, job["metadata"]["namespace"], job, opts=self._options())
        except ApiError as error:
            if namespace_is_ending(error):
                return
            text = f'job "{job["metadata"]["name"]}" creation failed with error: {error.message}'
            self._events.record(train_job, "Warning", "JobCreationFailed", text)
            raise

    async def keep_config_map(self, train_job: Object, wanted: Object) -> None:
        """Makes the TrainJob's ConfigMap, or brings it up to date. Raises ApiError 409 when another's has its name."""
        meta = wanted["metadata"]
        entry = self._objects.find(CONFIG_MAP, meta["namespace"], meta["name"])
        if entry is None:
            await self._create_config_map(train_job, wanted)
        elif not is_controlled_by(entry.obj, train_job):
            text = f"ConfigMap {meta['name']} belongs to somebody else: delete it, or give the TrainJob another name"
            self._events.record(train_job, "Warning", "TrainJobResourcesCreationFailed", text)
            raise ApiError(409, "Conflict", text)
        elif entry.obj.get("data") != wanted["data"]:
            data = {"data": wanted["data"]}
            await self._objects.patch(
                CONFIG_MAP, meta["namespace"], meta["name"], lambda now: {**now, **data}, opts=self._options()
            )

    async def _create_config_map(self, train_job: Object, wanted: Object) -> None:
        try:
            await self._objects.create(CONFIG_MAP, wanted["metadata"]["namespace"], wanted, opts=self._options())
        except ApiError as error:
            if namespace_is_ending(error):
                return
            self._events.record(train_job, "Warning", "TrainJobResourcesCreationFailed", error.message)
            raise

    async def delete(self, job: Object) -> None:
        meta = job["metadata"]
        how = DeleteOptions(propagation="Foreground", uid=meta["uid"])
        await self._objects.delete(JOB, meta["namespace"], meta["name"], how=how)

    async def switch(self, job: Object, *, suspend: bool) -> None:
        def change(now: Object) -> None:
            now["spec"]["suspend"] = suspend

        meta = job["metadata"]
        await self._objects.patch(JOB, meta["namespace"], meta["name"], change, opts=self._options())

    async def count_restart(self, train_job: Object, restart: Restart) -> None:
        def change(now: Object) -> None:
            annotations = now["metadata"].setdefault("annotations", {})
            annotations[_RESTARTS] = str(int(annotations.get(_RESTARTS, 0)) + 1)
            annotations[_COUNTED] = str(int(annotations.get(_COUNTED, 0)) + restart.counted)

        meta = train_job["metadata"]
        await self._objects.patch(TRAIN_JOB, meta["namespace"], meta["name"], change, opts=self._options())
        self._events.record(train_job, "Warning", restart.reason, restart.message)

    async def write_status(self, train_job: Object, status: Object) -> None:
        status = {key: value for key, value in status.items() if value}
        if status == (train_job.get("status") or {}):
            return
        meta = train_job["metadata"]
        name = (meta["namespace"], meta["name"])
        await self._objects.set_status(TRAIN_JOB, *name, lambda _: status, opts=self._options())

    def _options(self) -> Options:
        return Options(manager=self._events.component)
