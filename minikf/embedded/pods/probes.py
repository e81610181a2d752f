"""Startup, liveness and readiness probes of one run of a container. Rules: kubelet v1.34, pkg/kubelet/prober."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from minikf.embedded.pods.checks import Target, check
from minikf.embedded.status import Object


@dataclass(frozen=True)
class Verdicts:
    """What a container does with its probes' results."""

    started: Callable[[], None]
    ready: Callable[[bool], None]
    failed: Callable[[str, str], None]  # liveness or startup: the container has to go; kind and cause
    unhealthy: Callable[[str, str], None]  # any single failure, for the event; kind and cause


async def run_probes(target: Target, verdicts: Verdicts) -> None:
    """Looks until cancelled. Liveness and readiness begin when the startup probe has passed."""
    container = target.container
    if container.get("startupProbe"):
        passed = await _until_started(container["startupProbe"], target, verdicts)
        if not passed:
            return
    verdicts.started()
    looks = []
    if container.get("readinessProbe"):
        looks.append(_keep_looking("Readiness", container["readinessProbe"], target, verdicts))
    else:
        verdicts.ready(True)
    if container.get("livenessProbe"):
        looks.append(_keep_looking("Liveness", container["livenessProbe"], target, verdicts))
    await asyncio.gather(*looks)


async def _until_started(probe: Object, target: Target, verdicts: Verdicts) -> bool:
    await asyncio.sleep(probe.get("initialDelaySeconds") or 0)
    failures = 0
    while why := await check(probe, target, _timeout(probe)):
        failures += 1
        verdicts.unhealthy("Startup", why)
        if failures >= (probe.get("failureThreshold") or 3):
            verdicts.failed("startup", why)
            return False
        await asyncio.sleep(_period(probe))
    return True


async def _keep_looking(kind: str, probe: Object, target: Target, verdicts: Verdicts) -> None:
    await asyncio.sleep(probe.get("initialDelaySeconds") or 0)
    passes = failures = 0
    while True:
        why = await check(probe, target, _timeout(probe))
        passes, failures = (0, failures + 1) if why else (passes + 1, 0)
        if why:
            verdicts.unhealthy(kind, why)
        if failures == (probe.get("failureThreshold") or 3):
            if kind == "Liveness":
                verdicts.failed("liveness", why)
                return
            verdicts.ready(False)
        elif kind == "Readiness" and passes == (probe.get("successThreshold") or 1):
            verdicts.ready(True)
        await asyncio.sleep(_period(probe))


def _period(probe: Object) -> float:
    return float(probe.get("periodSeconds") or 10)


def _timeout(probe: Object) -> float:
    return float(probe.get("timeoutSeconds") or 1)
