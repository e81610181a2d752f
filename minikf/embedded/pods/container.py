"""One container of a pod: its runs, the pauses between them, and what is told of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from minikf.embedded.forkserver.client import CannotStart, NotServing
from minikf.embedded.pods.backoff import restart_pause
from minikf.embedded.pods.care import Care
from minikf.embedded.pods.host import Host
from minikf.embedded.pods.layout import ContainerFolder
from minikf.embedded.pods.plan import environment_of
from minikf.embedded.pods.references import ConfigError
from minikf.embedded.pods.run import PortTaken, Run, never_started, record_end, recorded_end
from minikf.embedded.pods.state import ContainerView, Running, State, Terminated, Waiting, not_started
from minikf.embedded.status import Object

_RETRY_SECONDS = 1.0
_LONGEST_RETRY_SECONDS = 30.0
# Enough to know every pause: the back-off reaches its cap after seven ends.
_HISTORY = 12


@dataclass
class Surroundings:
    """What a container knows of its pod.

    `changed()` is called when there is something new to tell, `ended()` when that is an end, which most often is the
    pod's as well and is told with it, `pause(seconds)` waits so long or until something
    that the pod refers to has changed, `event(type, reason, message, container)` records.
    """

    host: Host
    pod: Object
    changed: Callable[[], None]
    ended: Callable[[], None]
    pause: Callable[[float], Awaitable[None]]
    event: Callable[[str, str, str, str], None]
    volumes: Mapping[str, Path] = field(default_factory=dict)

    def now(self) -> float:
        return self.host.clock.now().timestamp()

    @property
    def grace(self) -> float:
        """The pod's own time to end, in seconds."""
        seconds = self.pod["spec"].get("terminationGracePeriodSeconds")
        return 30.0 if seconds is None else float(seconds)


class Container:
    """`policy` is Always, OnFailure or Never for this container; a sidecar is an init container that stays."""

    def __init__(
        self, spec: Object, folder: ContainerFolder, around: Surroundings, policy: str, *, sidecar: bool
    ) -> None:
        self.name: str = spec["name"]
        self.spec = spec
        self.folder = folder
        self._around = around
        self._policy = policy
        self._sidecar = sidecar
        self._number = max(0, folder.latest())
        self._history: list[Terminated] = []
        self._state: State = Waiting(
            "PodInitializing" if around.pod["spec"].get("initContainers") else "ContainerCreating"
        )
        self._ready = False
        self._no_more = asyncio.Event()
        self._grace = 0.0
        self.started = asyncio.Event()
        self.run: Run | None = None
        self._remember()

    # -- what is told -----------------------------------------------------------------------------------------

    def view(self) -> ContainerView:
        """What the pod's status says of it."""
        earlier = self._history[:-1] if isinstance(self._state, Terminated) else self._history
        running = isinstance(self._state, Running)
        uid = self._around.pod["metadata"]["uid"]
        return ContainerView(
            name=self.name,
            image=self.spec.get("image", ""),
            container_id=f"minikf://{uid}-{self.name}-{self._number}" if running or self._history else "",
            state=self._state,
            last=earlier[-1] if earlier else None,
            restarts=self._number,
            ready=self._ready and running,
            started=self.started.is_set() and running,
            restarts_always=self._sidecar,
        )

    @property
    def may_run(self) -> bool:
        """Whether it has a process, or had one when an earlier daemon ended."""
        latest = self.folder.latest()
        return self.run is not None or (latest >= 0 and self.folder.attempt(latest).exit() is None)

    def wait_for(self, reason: str, message: str = "") -> None:
        """It cannot begin (again) yet, for this reason."""
        if self._state != Waiting(reason, message):
            self._state = Waiting(reason, message)
            self._around.changed()

    # -- what it does -----------------------------------------------------------------------------------------

    async def keep_running(self) -> Terminated | None:
        """Runs it as often as its policy says; its last end, or None when it was stopped before it began."""
        ended = await self._take_up()
        while not self._no_more.is_set() and (ended is None or self._is_due(ended)):
            if ended is not None:
                await self._back_off()
            if not self._no_more.is_set():
                ended = await self._run_once()
        return ended

    async def stop(self, grace: float, note: tuple[str, str] | None = None) -> None:
        """Ends it for good within `grace` seconds; `note` is the reason and message it is to be told with."""
        self._grace = grace
        self._no_more.set()
        if self.run is not None:
            await self.run.stop(grace, note)

    def _remember(self) -> None:
        """Reads the ends of earlier runs, and takes the last one's state."""
        latest = self.folder.latest()
        runs = [self.folder.attempt(number) for number in range(max(0, latest - _HISTORY), latest + 1)]
        ends = [recorded_end(attempt) for attempt in runs]
        self._history = [ended for ended in ends if ended is not None]
        if ends and ends[-1] is not None:
            self._state = ends[-1]

    async def _take_up(self) -> Terminated | None:
        """Goes on where an earlier daemon stopped: its end if the last run has one, else that run is adopted."""
        latest = self.folder.latest()
        if latest < 0:
            return None
        if isinstance(self._state, Terminated):
            return self._state
        run = self._make_run(latest)
        await run.adopt()
        return await self._follow(run)

    def _is_due(self, ended: Terminated) -> bool:
        return self._policy == "Always" or (self._policy == "OnFailure" and not ended.succeeded)

    async def _back_off(self) -> None:
        pause = restart_pause(self._history, self._around.host.place.settings)
        if pause <= 0:
            return
        meta = self._around.pod["metadata"]
        name = f"{meta['name']}_{meta['namespace']}({meta['uid']})"
        self.wait_for("CrashLoopBackOff", f"back-off {pause:g}s restarting failed container={self.name} pod={name}")
        self._event("Warning", "BackOff", f"Back-off restarting failed container {self.name}")
        already = max(0.0, self._around.now() - self._history[-1].finished_at)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, pause - already)):
                await self._no_more.wait()

    async def _run_once(self) -> Terminated | None:
        """One run from its start to its end; None when it was stopped before it could start."""
        run = self._make_run(self.folder.latest() + 1)
        pause = _RETRY_SECONDS
        while not self._no_more.is_set():
            try:
                await run.start(self._around.volumes)
            except PortTaken as error:
                return self._fail(run, never_started(str(error), self._around.now()), "PortTaken")
            except CannotStart as error:
                return self._fail(run, not_started(error, self._around.now()), "Failed")
            except (ConfigError, NotServing, OSError) as error:
                self._cannot_begin(error)
            else:
                self._event("Normal", "Started", f"Started container {self.name}")
                return await self._follow(run)
            await self._around.pause(pause)
            pause = min(_LONGEST_RETRY_SECONDS, pause * 2)
        return None

    async def _follow(self, run: Run) -> Terminated:
        """From a process that was started or adopted to its end."""
        self.run, self._number = run, run.attempt.number
        self._state = Running(run.started_at)
        care = Care(run, self.spec, self._around.grace, self._event, self._on_started, self._on_ready)
        # Stopped while it was being started: it ends at once.
        stopping = asyncio.create_task(run.stop(self._grace)) if self._no_more.is_set() else None
        care.begin()
        self._around.changed()
        try:
            ended = await run.wait()
        finally:
            await care.end()
            if stopping is not None:
                await asyncio.gather(stopping, return_exceptions=True)
        self.run = None
        self._finish(ended)
        environment = environment_of(self.folder)
        if environment is not None:
            await self._around.host.warm.note_use(environment)
        return ended

    def _make_run(self, number: int) -> Run:
        return Run(self._around.host, self._around.pod, self.spec, self.folder, number)

    def _finish(self, ended: Terminated) -> None:
        self.started.clear()
        self._ready = False
        self._history = [*self._history, ended][-_HISTORY:]
        self._state = ended
        self._around.ended()

    def _fail(self, run: Run, ended: Terminated, event: str) -> Terminated:
        """The program could not be started; that counts as a run, as it does with containerd."""
        record_end(run.attempt, ended)
        self._number = run.attempt.number
        self._event("Warning", event, f"Error: {ended.message}")
        self._finish(ended)
        return ended

    def _cannot_begin(self, error: ConfigError | NotServing | OSError) -> None:
        """Says why it has to wait, once for each reason."""
        if isinstance(error, ConfigError):
            reason, message, event = error.reason, error.message, error.event
        else:
            reason = "LauncherNotReady" if isinstance(error, NotServing) else "CreateContainerError"
            message, event = str(error), "Failed"
        if self._state != Waiting(reason, message):
            self._event("Warning", event, f"Error: {message}")
            self.wait_for(reason, message)

    def _event(self, kind: str, reason: str, message: str) -> None:
        self._around.event(kind, reason, message, self.name)

    def _on_started(self) -> None:
        self.started.set()
        self._around.changed()

    def _on_ready(self, is_ready: bool) -> None:
        if is_ready != self._ready:
            self._ready = is_ready
            self._around.changed()
