"""Looks after one run of a container: postStart hook, probes, and the kill when one of them says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from minikf.embedded.pods.checks import check
from minikf.embedded.pods.probes import Verdicts, run_probes
from minikf.embedded.pods.run import Run
from minikf.embedded.status import Object

# postStart has no time limit of its own; kubelet waits for it as long as it takes.
_NO_LIMIT = 365 * 24 * 3600.0


@dataclass
class Care:
    """`event(type, reason, message)` records about the container; `grace` is the pod's, in seconds."""

    run: Run
    spec: Object
    grace: float
    event: Callable[[str, str, str], None]
    on_started: Callable[[], None]
    on_ready: Callable[[bool], None]

    def __post_init__(self) -> None:
        self._tasks: list[asyncio.Task[Any]] = []

    def begin(self) -> None:
        """Starts to look; returns at once. A container without hook and probes is ready at once."""
        if any(self.spec.get(name) for name in ("lifecycle", "startupProbe", "readinessProbe", "livenessProbe")):
            self._spawn(self._look())
        else:
            self.on_started()
            self.on_ready(True)

    async def end(self) -> None:
        """The run has ended: nobody looks any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _look(self) -> None:
        hook = (self.spec.get("lifecycle") or {}).get("postStart")
        why = await check(hook, self.run.target, _NO_LIMIT) if hook else ""
        if why:
            self.event("Warning", "FailedPostStartHook", f"PostStartHook failed: {why}")
            self._kill("FailedPostStartHook", self.grace)
            return
        if "grpc" in str([self.spec.get(name) for name in ("startupProbe", "readinessProbe", "livenessProbe")]):
            text = "gRPC probes are checked as TCP connections on the embedded engine"
            self.event("Normal", "ProbeSimplified", text)
        await run_probes(self.run.target, Verdicts(self.on_started, self.on_ready, self._failed, self._unhealthy))

    def _unhealthy(self, kind: str, why: str) -> None:
        self.event("Warning", "Unhealthy", f"{kind} probe failed: {why}")

    def _failed(self, kind: str, _why: str) -> None:
        probe = self.spec.get(f"{kind}Probe") or {}
        self._kill(f"failed {kind} probe", float(probe.get("terminationGracePeriodSeconds") or self.grace))

    def _kill(self, why: str, grace: float) -> None:
        self.event("Normal", "Killing", f"Container {self.run.name} {why}, will be restarted if its policy says so")
        self._spawn(self.run.stop(grace))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work, name=f"care of {self.run.name}"))
