"""One run of a container: from its plan, or from its records, to its end."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from pathlib import Path

from minikf.embedded.forkserver.client import Exit, Process, adopt
from minikf.embedded.pods import ending, ports, resources, user
from minikf.embedded.pods.cgroups import Cgroup
from minikf.embedded.pods.checks import Target, check
from minikf.embedded.pods.host import Host
from minikf.embedded.pods.layout import Attempt, ContainerFolder
from minikf.embedded.pods.logfile import LogWatch
from minikf.embedded.pods.plan import make_plan
from minikf.embedded.pods.references import ConfigError
from minikf.embedded.pods.state import OOM_KILLED, START_ERROR, START_ERROR_CODE, UNKNOWN, Terminated, terminated
from minikf.embedded.status import Object

_MEBIBYTE = 1 << 20
# How often a stop looks whether it has been hastened.
_HASTE_SECONDS = 0.2


class PortTaken(Exception):
    """A declared port is in use; the message names it and its holder."""


class Run:
    """A process with everything that watches it. First `start` or `adopt`, then `wait`."""

    def __init__(self, host: Host, pod: Object, container: Object, folder: ContainerFolder, number: int) -> None:
        self._host = host
        self._pod = pod
        self._uid: str = pod["metadata"]["uid"]
        self.container = container
        self.name: str = container["name"]
        self._folder = folder
        self.attempt: Attempt = folder.attempt(number)
        self.process: Process | None = None
        self._cgroup: Cgroup | None = None
        self._log: LogWatch | None = None
        self._deadline: float | None = None
        self._ended = asyncio.Event()
        self._killing: asyncio.Task[bool] | None = None

    @property
    def target(self) -> Target:
        """For probes and hooks."""
        return Target(self._host, self.container, self.attempt, self.pid)

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    @property
    def started_at(self) -> float:
        """Epoch seconds, 0 before the start."""
        return self.process.started_at if self.process else 0.0

    async def start(self, volumes: Mapping[str, Path]) -> None:
        """Starts the process. Raises ConfigError, PortTaken, CannotStart, NotServing, OSError."""
        host, container = self._host, self.container
        self._folder.ensure()
        refs = host.references(self._pod["metadata"]["namespace"])
        plan = make_plan(self._pod, container, self._folder, volumes, refs, host.place)
        why = user.breaks_non_root(self._pod, container, user.current())
        if why:
            raise ConfigError(why)
        why = ports.taken(container, host.pod_name)
        if why:
            raise PortTaken(why)
        cores, memory = resources.limit(container, "cpu"), resources.memory_limit(container)
        self._cgroup = host.cgroup(f"{self._uid}-{self.name}-{self.attempt.number}", memory, cores)
        affinity = host.processors.choose(resources.cpu_count(container))
        procs = self._cgroup.procs if self._cgroup else []
        request = plan.request(self.attempt, self._folder.stage, procs, affinity)
        kept = {name: request[name] for name in ("env", "cwd", "cgroups", "affinity", "mounts")}
        self.attempt.write_plan(kept)
        # Of earlier runs only the last one's log can be asked for.
        if self.attempt.number >= 2:
            self._folder.attempt(self.attempt.number - 2).remove_bulk()
        self._attach(await host.launch(plan, self.attempt, request, resources.cpu_count(container)))

    async def adopt(self) -> None:
        """Takes over what an earlier daemon had started, whether it still runs or not."""
        run = self.attempt.run()
        assert run is not None, "only runs with a record are adopted"
        plan = self.attempt.plan() or {}
        folders = [Path(path).parent for path in plan.get("cgroups") or []]
        if folders:
            memory = next((folder for folder in folders if any(folder.glob("memory.*"))), None)
            self._cgroup = Cgroup(memory, next((folder for folder in folders if folder != memory), memory))
        self._attach(await adopt(self._host.place.paths.sockets, run, str(self.attempt.base)))

    async def wait(self) -> Terminated:
        """Until the process and all its descendants have ended, and everything that watched them is gone."""
        assert self.process is not None, "started or adopted before"
        try:
            ended = await self.process.wait()
            # Asked to stop, the others get the same time as the leader; otherwise they end with it, as they would
            # with the first process of a container.
            if self._deadline is not None:
                await ending.until_none(self._host.table, self._uid, self.name, self._deadline)
            # One killer, which is done before the next run can begin: it knows containers, not runs.
            await self._kill()
            await ending.kill_strays(self._host.table, self._host.launcher)
            return self._verdict(ended)
        finally:
            self._detach()
            self._ended.set()

    async def stop(self, grace: float, note: tuple[str, str] | None = None) -> None:
        """Ends it: preStop hook, SIGTERM to the group, SIGKILL to what is left after `grace` seconds.

        A second call may only hasten the end. Returns when `wait` has.
        """
        deadline = time.monotonic() + grace
        if self._deadline is not None:
            self._deadline = min(deadline, self._deadline)
            await self._ended.wait()
            return
        self._deadline = deadline
        if note:
            self.attempt.write_note(*note)
        hook = (self.container.get("lifecycle") or {}).get("preStop")
        if hook and grace > 0:
            if "sleep" in hook:
                await self._until_ended(min(grace, float(hook["sleep"]["seconds"])))
            else:
                await check(hook, self.target, grace)
        if grace > 0:
            ending.ask(self.pid)
        while not self._ended.is_set() and time.monotonic() < self._deadline:
            await self._until_ended(min(_HASTE_SECONDS, self._deadline - time.monotonic()))
        if not self._ended.is_set():
            self._kill()
        await self._ended.wait()

    # -- what watches it --------------------------------------------------------------------------------------

    def _attach(self, process: Process) -> None:
        self.process = process
        host = self._host
        host.table.lead(process.pid, self._uid, self.name)
        self._log = LogWatch(self.attempt, host.place.settings.log_cap)
        host.ticker.add(self, self._sample)
        limit = resources.memory_limit(self.container)
        if limit and (self._cgroup is None or self._cgroup.memory is None):
            host.memory.add(self._uid, self.name, limit, lambda used: self._out_of_memory(used, limit))

    def _sample(self) -> None:
        if self._log is not None:
            self._log.sample(time.time_ns())

    def _detach(self) -> None:
        self._host.ticker.remove(self)
        self._host.memory.remove(self._uid, self.name)
        if self._log is not None:
            self._log.close(time.time_ns())
            self._log = None
        if self._cgroup is not None:
            self._cgroup.remove()  # stays when the daemon ends first and the process lives on in it

    def _out_of_memory(self, used: int, limit: int) -> None:
        over = (used - limit) / limit
        text = (
            f"used {used / _MEBIBYTE:.1f}Mi of {limit / _MEBIBYTE:.1f}Mi ({over:.0%} over, looked at 10 times a second)"
        )
        self.attempt.write_note(OOM_KILLED, text)
        self._kill()

    def _kill(self) -> asyncio.Task[bool]:
        """Begins to kill everything of the container; the task that does it."""
        if self._killing is None or self._killing.done():
            kill = ending.kill_all(self._host.table, self._uid, self.name)
            self._killing = asyncio.create_task(kill, name=f"kill {self.name}")
        return self._killing

    def _verdict(self, ended: Exit | None) -> Terminated:
        note = self.attempt.note()
        failed = ended is None or ended.code or ended.signal
        if not note and failed and self._cgroup is not None and self._cgroup.oom_kills():
            limit = resources.memory_limit(self.container)
            note = {"reason": OOM_KILLED, "message": f"the kernel held the limit of {limit / _MEBIBYTE:.1f}Mi"}
            self.attempt.write_note(note["reason"], note["message"])
        assert self.process is not None
        outcome = terminated(ended, note, self.process.started_at, self._host.clock.now().timestamp())
        if ended is None:
            record_end(self.attempt, outcome)
        return outcome

    async def _until_ended(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await self._ended.wait()


def record_end(attempt: Attempt, ended: Terminated) -> None:
    """Writes down an end that no fork server could write: the next daemon tells the same."""
    times = {"startedAt": ended.started_at, "finishedAt": ended.finished_at}
    attempt.write_exit({"exitCode": ended.exit_code, "signal": 0, **times})
    if ended.reason in (UNKNOWN, START_ERROR):
        attempt.write_note(ended.reason, ended.message)


def recorded_end(attempt: Attempt) -> Terminated | None:
    """The end of an earlier run as it was recorded; None when there is no record of it."""
    data = attempt.exit()
    return None if data is None else terminated(Exit.of(data), attempt.note(), 0.0, 0.0)


def never_started(message: str, now: float) -> Terminated:
    return Terminated(START_ERROR_CODE, START_ERROR, message, 0.0, now)
