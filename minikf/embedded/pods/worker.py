"""One pod from its creation, or from what an earlier daemon left of it, to its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence

from minikf.embedded.controllers.context import parse_time
from minikf.embedded.kinds import POD
from minikf.embedded.options import DeleteOptions
from minikf.embedded.pods import ending, ignored, user, volumes
from minikf.embedded.pods.admission import refusal
from minikf.embedded.pods.container import Container, Surroundings
from minikf.embedded.pods.host import Host
from minikf.embedded.pods.layout import PodFolder
from minikf.embedded.pods.mounting import NAMESPACE
from minikf.embedded.pods.publisher import Publisher
from minikf.embedded.pods.references import ConfigError
from minikf.embedded.pods.state import STOPPED, Terminated, Waiting
from minikf.embedded.pods.status import PodView
from minikf.embedded.status import ApiError, Object

log = logging.getLogger("minikf.pods")

DEADLINE = ("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
SHUTDOWN = (STOPPED, "Pod was terminated because the platform was stopped")
# How long a container's end waits to be told together with the pod's.
_END_SECONDS = 0.02
# How long it waits to be told that a pod is about to start: most often its start is told instead.
_BEGIN_SECONDS = 0.02
_RETRY_SECONDS = 1.0
_LONGEST_RETRY_SECONDS = 30.0


class Worker:
    """Owns a pod's containers, folder and status. Made for a pod that has not ended."""

    def __init__(self, host: Host, pod: Object) -> None:
        self._host = host
        self.pod = pod
        self.uid: str = pod["metadata"]["uid"]
        self.folder = PodFolder.of(host.place.paths.pods, pod)
        self._nudged = asyncio.Event()
        self._around = Surroundings(host, pod, self._changed, self._container_ended, self._pause, self._event)
        self._policy: str = pod["spec"].get("restartPolicy") or "Always"
        self._init = [self._init_container(spec) for spec in pod["spec"].get("initContainers") or []]
        self._main = [
            Container(spec, self.folder.container(spec["name"]), self._around, self._policy, sidecar=False)
            for spec in pod["spec"]["containers"]
        ]
        self._started_at = self._start_time()
        self._failed: tuple[str, str] | None = None
        self._has_ended = False
        self._is_leaving = False
        self._publisher = Publisher(host.objects, host.clock, pod, self._view)
        self._task: asyncio.Task[None] | None = None
        self._deadline: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._grace = 0.0

    # -- from outside -----------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Starts the pod, or goes on with it; returns at once."""
        self._task = asyncio.create_task(self._run(), name=f"pod {self.folder.path.name}")

    def update(self, pod: Object) -> None:
        """The object has changed; what containers read from it (labels, annotations) is read anew."""
        self.pod = self._around.pod = pod

    def nudge(self) -> None:
        """Something that the pod refers to has changed: what waits for it is tried now, its volumes are renewed."""
        self._nudged.set()
        if self._around.volumes and not self._has_ended:
            with contextlib.suppress(ConfigError, OSError):  # it stays as it was, as with kubelet
                self._make_volumes()

    @property
    def has_ended(self) -> bool:
        """Nothing of it runs any more, and nothing will."""
        return self._has_ended

    def container(self, name: str) -> Container | None:
        return next((one for one in (*self._main, *self._init) if one.name == name), None)

    def delete(self, grace: float) -> None:
        """The object is to go: ends the pod within `grace` seconds, then deletes the object. Returns at once."""
        if self._ending is None:
            self._grace = grace
            self._ending = asyncio.create_task(self._delete(grace), name=f"end of {self.folder.path.name}")
        elif grace < self._grace:
            self._grace = grace
            self._hasten = asyncio.create_task(self._stop_containers(grace))

    async def abandon(self) -> None:
        """The object is gone already: everything of the pod goes, at once."""
        await self._stop_containers(0)
        await self._settle()
        await self._clear()

    async def shut_down(self, grace: float) -> None:
        """The platform stops: the pod's processes end. Whatever may be restarted comes back with the platform."""
        if self._policy == "Never" and not self._has_ended:
            self._failed = SHUTDOWN
            await self._stop_containers(grace, SHUTDOWN)
            await self._settle()
            await self._publisher.flush()
        else:
            self._is_leaving = True
            await self._stop_containers(grace, SHUTDOWN)
        await self.leave()

    async def leave(self) -> None:
        """The daemon ends; processes go on, and the next daemon takes them over."""
        self._is_leaving = True
        for task in (self._ending, self._task, self._deadline):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        await self._publisher.stop()

    # -- its life ---------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            if not self._is_refused():
                asyncio.get_running_loop().call_later(_BEGIN_SECONDS, self._changed)
                self._watch_deadline()
                await self._live()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            # Nobody but us can end this pod, so it must not hang for ever in whatever state it has.
            log.exception("pod %s cannot be run", self.folder.path.name)
            self._failed = ("InternalError", f"{type(error).__name__}: {error}; see the daemon's log")
            await self._stop_containers(0)
        await self._end()

    async def _live(self) -> None:
        self._tell_ignored()
        self.folder.ensure()
        await self._until_volumes()
        sidecars: list[asyncio.Task[Terminated | None]] = []
        try:
            if await self._initialize(sidecars):
                await asyncio.gather(*(container.keep_running() for container in self._main))
        finally:
            await self._stop_sidecars(sidecars)

    async def _initialize(self, sidecars: list[asyncio.Task[Terminated | None]]) -> bool:
        """Init containers in order; False when one failed for good."""
        for container, spec in zip(self._init, self.pod["spec"]["initContainers"] if self._init else [], strict=True):
            if spec.get("restartPolicy") == "Always":
                sidecars.append(asyncio.create_task(container.keep_running(), name=f"sidecar {container.name}"))
                started = asyncio.create_task(container.started.wait())
                await asyncio.wait([started, sidecars[-1]], return_when=asyncio.FIRST_COMPLETED)
                started.cancel()
                continue
            ended = await container.keep_running()
            if ended is None or not ended.succeeded:
                return False
        for container in self._main:
            if isinstance(container.view().state, Waiting) and not container.view().last:
                container.wait_for("ContainerCreating")
        return True

    async def _stop_sidecars(self, sidecars: Sequence[asyncio.Task[Terminated | None]]) -> None:
        """After the last main container, in reverse order."""
        for container, spec in reversed(
            list(zip(self._init, self.pod["spec"].get("initContainers") or [], strict=True))
        ):
            if spec.get("restartPolicy") == "Always":
                await container.stop(self._around.grace)
        await asyncio.gather(*sidecars, return_exceptions=True)

    async def _until_volumes(self) -> None:
        pause = _RETRY_SECONDS
        said = ""
        while True:
            try:
                self._make_volumes()
                return
            except ConfigError as error:
                reason, message, event = error.reason, error.message, error.event
            except OSError as error:
                reason, message, event = "CreateContainerError", str(error), "FailedMount"
            if message != said:
                said = message
                self._event("Warning", event, message, "")
                for container in (*self._init, *self._main):
                    container.wait_for(reason, message)
            await self._pause(pause)
            pause = min(_LONGEST_RETRY_SECONDS, pause * 2)

    def _make_volumes(self) -> None:
        refs = self._host.references(self.pod["metadata"]["namespace"])
        self._around.volumes = volumes.prepare(self.pod, self.folder, refs, self._host.place.paths)

    def _is_refused(self) -> bool:
        why = refusal(self.pod)
        if why is None:
            return False
        reason, message, name = why
        self._failed = (reason, message)
        for container in (*self._init, *self._main):
            if container.name == name:
                container.wait_for(reason, message)
        self._event("Warning", reason, message, name)
        return True

    def _tell_ignored(self) -> None:
        """Once in a pod's life: one that has a folder was told by an earlier daemon."""
        if self.folder.path.exists():
            return
        can_mount = self._host.place.mode == NAMESPACE
        fields = ignored.ignored_fields(self.pod, user.current(), can_mount=can_mount)
        if fields:
            self._event("Warning", ignored.REASON, ignored.told(fields), "")

    # -- its end ----------------------------------------------------------------------------------------------

    async def _end(self) -> None:
        if self._deadline is not None and self._deadline is not asyncio.current_task():
            self._deadline.cancel()
        await ending.kill_all(self._host.table, self.uid)
        self._has_ended = True
        self._changed()

    async def _settle(self) -> None:
        """Waits for `_run` to end by itself after its containers were stopped, or ends it where it only waits."""
        if self._task is not None and not self._task.done():
            begun = any(container.may_run for container in (*self._init, *self._main))
            await asyncio.wait([self._task], timeout=self._around.grace + 5.0 if begun else 0.05)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if not self._has_ended:
            await self._end()

    async def _delete(self, grace: float) -> None:
        for container in (*self._init, *self._main):
            if container.run:
                self._event("Normal", "Killing", f"Stopping container {container.name}", container.name)
        await self._stop_containers(grace)
        await self._settle()
        await self._publisher.flush()
        meta = self.pod["metadata"]
        try:
            how = DeleteOptions(grace=0, uid=self.uid)
            await self._host.objects.delete(POD, meta["namespace"], meta["name"], how=how)
        except ApiError as error:
            if error.code not in (404, 409):  # gone already, or another pod has its name
                raise
        await self._clear()

    async def _clear(self) -> None:
        await self._publisher.stop()
        if self._deadline is not None:
            self._deadline.cancel()
        await asyncio.to_thread(self.folder.remove)

    async def _stop_containers(self, grace: float, note: tuple[str, str] | None = None) -> None:
        """Main containers first, then sidecars and whatever init container runs; all within `grace` seconds."""
        self._nudged.set()
        deadline = time.monotonic() + grace
        await asyncio.gather(*(container.stop(grace, note) for container in self._main))
        left = max(0.0, deadline - time.monotonic())
        await asyncio.gather(*(container.stop(left, note) for container in self._init))

    # -- small things -----------------------------------------------------------------------------------------

    def _init_container(self, spec: Object) -> Container:
        sidecar = spec.get("restartPolicy") == "Always"
        policy = "Always" if sidecar else "Never" if self._policy == "Never" else "OnFailure"
        return Container(spec, self.folder.container(spec["name"]), self._around, policy, sidecar=sidecar)

    def _view(self) -> PodView:
        init, main = ([container.view() for container in group] for group in (self._init, self._main))
        return PodView(init, main, self._started_at, self._failed, self._has_ended)

    def _changed(self) -> None:
        # What a stopping daemon does to a pod is not told: the next one goes on with what was true before.
        if not self._is_leaving:
            self._publisher.touch()

    def _container_ended(self) -> None:
        asyncio.get_running_loop().call_later(_END_SECONDS, self._changed)

    def _start_time(self) -> float:
        text = (self.pod.get("status") or {}).get("startTime")
        return parse_time(text).timestamp() if text else self._host.clock.now().timestamp()

    def _watch_deadline(self) -> None:
        seconds = self.pod["spec"].get("activeDeadlineSeconds")
        if seconds is not None:
            self._deadline = asyncio.create_task(self._enforce_deadline(float(seconds)))

    async def _enforce_deadline(self, seconds: float) -> None:
        # Never longer than the whole of it: a daemon may start on a clock that stepped back meanwhile.
        passed = max(0.0, self._host.clock.now().timestamp() - self._started_at)
        await asyncio.sleep(max(0.0, seconds - passed))
        self._failed = DEADLINE
        self._event("Warning", *DEADLINE, "")
        await self._stop_containers(self._around.grace)
        await self._settle()

    async def _pause(self, seconds: float) -> None:
        self._nudged.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._nudged.wait()

    def _event(self, kind: str, reason: str, message: str, container: str) -> None:
        group = "initContainers" if any(one.name == container for one in self._init) else "containers"
        path = f"spec.{group}{{{container}}}" if container else ""
        self._host.events.record(self.pod, kind, reason, message, field_path=path)
