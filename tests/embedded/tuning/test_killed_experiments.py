"""SIGKILL of the daemon while an experiment goes on: it goes on afterwards, and no trial is lost or run twice."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.embedded.daemon.process import DaemonProcess
from tests.embedded.tuning.test_real_trials import ROOT, Object, create, ended, experiment, trials_of
from tests.embedded.wire import Wire

TRIALS = 6
KILLS = int(os.environ.get("MINIKF_KILL_ROUNDS", "12"))


def busy_experiment(folder: Path) -> Object:
    """Each trial notes each of its starts under its own name."""
    code = (
        f"import os, pathlib, time\nplace = pathlib.Path({str(folder)!r}) / os.environ['KATIB_TRIAL_NAME']\n"
        "with place.open('a') as file:\n    file.write('begun ')\n"
        "time.sleep(0.2)\nprint('loss=X', flush=True)\n"
    )
    return experiment("survivor", code, maxTrialCount=TRIALS, parallelTrialCount=2)


async def check(wire: Wire, folder: Path) -> None:
    done = await ended(wire, "survivor")
    trials = [one["metadata"]["name"] for one in await trials_of(wire, "survivor")]
    assert done["status"]["trialsSucceeded"] == TRIALS, done["status"]
    assert sorted(done["status"]["succeededTrialList"]) == sorted(trials)
    assert {path.name: path.read_text() for path in folder.iterdir()} == dict.fromkeys(trials, "begun ")
    for name in trials:
        query = f"namespace=default&trialName={name}"
        logs = (await wire.ask("GET", f"/katib/observation_log?{query}")).json["observationLog"]["metricLogs"]
        assert len(logs) == 1


async def _experiment_exists(wire: Wire) -> bool:
    return True


async def _suggested(wire: Wire) -> bool:
    found = (await wire.ask("GET", f"{ROOT}/suggestions/survivor")).json
    return bool((found.get("status") or {}).get("suggestionCount"))


async def _made(wire: Wire) -> bool:
    return bool(await trials_of(wire, "survivor"))


async def _running(wire: Wire) -> bool:
    found = (await wire.ask("GET", "/api/v1/namespaces/default/pods")).json["items"]
    return any(pod["status"]["phase"] == "Running" for pod in found)


async def _collected(wire: Wire) -> bool:
    found = (await wire.ask("GET", f"{ROOT}/experiments/survivor")).json
    return bool((found.get("status") or {}).get("trialsSucceeded"))


async def _finished(wire: Wire) -> bool:
    found = (await wire.ask("GET", f"{ROOT}/experiments/survivor")).json
    return any(one["type"] == "Succeeded" for one in (found.get("status") or {}).get("conditions") or [])


PHASES: list[Callable[[Wire], Awaitable[bool]]] = [
    _experiment_exists,
    _suggested,
    _made,
    _running,
    _collected,
    _finished,
]


@pytest.mark.parametrize(
    "phases", [(_made, _collected), pytest.param(tuple(PHASES), marks=pytest.mark.slow)], ids=["two", "all"]
)
async def test_a_kill_in_each_phase(tmp_path: Path, phases: tuple[Callable[[Wire], Awaitable[bool]], ...]) -> None:
    folder = tmp_path / "noted"
    folder.mkdir()
    daemon = DaemonProcess(tmp_path, controllers=True, extra={"MINIKF_WARM": "0"})
    wire = await daemon.start()
    try:
        await create(wire, busy_experiment(folder))
        for phase in phases:
            async with asyncio.timeout(60):
                while not await phase(wire):
                    await asyncio.sleep(0.005)
            daemon.kill()
            wire = await daemon.start()
        await check(wire, folder)
    finally:
        daemon.stop()


@pytest.mark.slow
async def test_kills_at_any_moment(tmp_path: Path) -> None:
    rng = random.Random(20261122)
    for round_ in range(max(1, KILLS // 6)):
        home = tmp_path / str(round_)
        folder = home / "noted"
        folder.mkdir(parents=True)
        daemon = DaemonProcess(home, controllers=True, extra={"MINIKF_WARM": "0"})
        wire = await daemon.start()
        try:
            await create(wire, busy_experiment(folder))
            for _ in range(6):
                await asyncio.sleep(rng.random() * 0.5)
                daemon.kill()
                wire = await daemon.start()
            await check(wire, folder)
        finally:
            daemon.stop()
