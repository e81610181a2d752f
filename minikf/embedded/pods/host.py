"""What all pods of a platform share: fork servers, process table, watches, control groups."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from minikf.embedded.controllers.context import Context
from minikf.embedded.forkserver.client import CannotStart, NotServing, Process
from minikf.embedded.forkserver.shims.write import write_shims
from minikf.embedded.forkserver.supervisor import ForkServer, Spec
from minikf.embedded.kinds import Kind
from minikf.embedded.pods.cgroups import Cgroup, Cgroups, find_cgroups
from minikf.embedded.pods.cpus import Processors
from minikf.embedded.pods.layout import Attempt
from minikf.embedded.pods.logfile import open_log
from minikf.embedded.pods.memorywatch import MemoryWatch
from minikf.embedded.pods.mounting import NAMESPACE, TRANSLATE
from minikf.embedded.pods.plan import Place, Plan
from minikf.embedded.pods.processes import ProcessTable
from minikf.embedded.pods.references import References
from minikf.embedded.pods.settings import PodSettings
from minikf.embedded.pods.ticker import Ticker
from minikf.embedded.pods.warmservers import WarmServers
from minikf.embedded.status import Object

log = logging.getLogger("minikf.pods")

COMPONENT = "minikf-pods"
_LAUNCHER_SECONDS = 15.0


class Host:
    """Made once per daemon; `start` before the first pod."""

    def __init__(self, context: Context, settings: PodSettings) -> None:
        self.objects = context.objects
        self.clock = context.clock
        self.events = context.events.of(COMPONENT)
        self.place = Place(context.paths, settings, str(context.paths.state / "shims"), TRANSLATE)
        self.launcher = ForkServer(
            Spec("launcher", "launcher", settings.python, context.paths.sockets, context.paths.state / "launcher.log")
        )
        self.warm = WarmServers(context.paths, settings)
        self.table = ProcessTable()
        self.ticker = Ticker()
        self.memory = MemoryWatch(self.table, self.ticker)
        self.processors = Processors()
        self._cgroups = Cgroups(None, None, unified=False)

    async def start(self) -> None:
        """Starts the launcher and waits for it; warm servers come up in the background."""
        paths, settings = self.place.paths, self.place.settings
        self.launcher.begin()
        for folder in (paths.pods, paths.volumes):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_shims(Path(self.place.shims), settings.python, paths.sockets)
        if settings.cgroups:
            name = hashlib.sha256(str(paths.state).encode()).hexdigest()[:12]
            self._cgroups = find_cgroups(f"minikf-{name}")
        # The first look at all processes is the costly one.
        await asyncio.to_thread(self.table.scan)
        await self.launcher.until_ready(_LAUNCHER_SECONDS)
        self.place = replace(self.place, mode=await self._mount_mode())
        self.warm.begin()

    async def stop(self, *, drain: bool) -> None:
        await self.launcher.stop(drain=drain)
        await self.warm.stop(drain=drain)
        if drain:
            self._cgroups.remove()

    # -- what containers ask for ------------------------------------------------------------------------------

    def references(self, namespace: str) -> References:
        def find(kind: Kind, in_namespace: str, name: str) -> Object | None:
            entry = self.objects.find(kind, in_namespace, name)
            return None if entry is None else entry.obj

        return References(find, namespace)

    def cgroup(self, name: str, memory: int, cores: Any) -> Cgroup | None:
        """A control group with the limits, where the kernel lets us; else None."""
        if not memory and cores is None:
            return None
        return self._cgroups.make(name, memory, cores)

    async def launch(self, plan: Plan, attempt: Attempt, request: dict[str, Any], threads: int) -> Process:
        """Starts a container's process, by the warm server where that can run it.

        Raises NotServing, CannotStart, OSError.
        """
        output = open_log(attempt)
        empty = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self.table.servers, self.table.launcher = self.warm.pids(), self.launcher.pid
            server = self.warm.ready_for(None) if plan.python is not None else None
            if server is not None:
                warm = {"args": plan.python, "threads": threads, "executable": f"{self.place.shims}/python"}
                try:
                    return await server.start(
                        request | warm | {"orphanRecord": request["record"]}, [empty, output, output]
                    )
                except (NotServing, CannotStart) as error:
                    run = attempt.run()
                    if run is not None:  # it died after it had started the process
                        return Process(run, str(attempt.base), None)
                    # It has no interpreter ready, or a reason that the launcher meets as well, and words.
                    log.info("%s starts cold: %s", attempt.base, error)
            return await self.launcher.start(request | {"argv": plan.argv}, [empty, output, output])
        finally:
            os.close(empty)
            os.close(output)

    async def run_beside(
        self, attempt: Attempt, pid: int, argv: list[str], fds: list[int], *, tty: bool = False
    ) -> Process:
        """Starts another program in a running container's surroundings; it ends when the connection is closed.

        Raises NotServing, CannotStart.
        """
        plan = attempt.plan() or {}
        request = {
            "argv": argv,
            "env": plan.get("env") or dict(os.environ),
            "cwd": plan.get("cwd") or "/",
            "cgroups": plan.get("cgroups") or [],
            "affinity": plan.get("affinity") or [],
            "join": pid if plan.get("mounts") else 0,
            "tty": tty,
            "tied": True,
        }
        return await self.launcher.start(request, fds)

    # -- what this machine can do ------------------------------------------------------------------------------

    async def _mount_mode(self) -> str:
        wanted = self.place.settings.mounts
        if wanted in (NAMESPACE, TRANSLATE):
            return wanted
        with tempfile.TemporaryDirectory(prefix="minikf-") as folder, open(os.devnull, "r+b") as null:  # noqa: PTH123
            source, stage = Path(folder) / "source", Path(folder) / "stage"
            source.mkdir()
            stage.mkdir()
            request = {
                "argv": ["test", "-d", "/minikf-mount-trial"],
                "env": {"PATH": os.environ.get("PATH", os.defpath)},
                "cwd": "/",
                "mounts": [{"source": str(source), "target": "/minikf-mount-trial", "readOnly": True}],
                "stage": str(stage),
            }
            try:
                process = await self.launcher.start(request, [null.fileno()] * 3)
                ended = await process.wait()
            except (NotServing, CannotStart) as error:
                log.info("paths of mounts are translated, since namespaces cannot be used: %s", error)
                return TRANSLATE
        works = ended is not None and ended.code == 0 and ended.signal == 0
        return NAMESPACE if works else TRANSLATE

    def pod_name(self, uid: str) -> str:
        """`namespace/name` of one of our pods by its uid, "" when there is none."""
        from minikf.embedded.kinds import POD

        for entry in self.objects.list(POD):
            if entry.obj["metadata"].get("uid") == uid:
                return f"{entry.namespace}/{entry.name}"
        return ""
