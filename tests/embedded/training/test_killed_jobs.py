"""SIGKILL of the daemon in the middle of a job: it goes on, with the same processes, and ends as it would have."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.embedded.daemon.process import DaemonProcess
from tests.embedded.training.jobs import Object, job, state
from tests.embedded.wire import Wire

PATH = "/apis/kubeflow.org/v1/namespaces/default/pytorchjobs"
# Each replica notes each of its starts, and ends when it may; the Worker's end comes in the daemon's absence.
CODE = """
import os, pathlib, time
folder, rank = pathlib.Path({folder!r}), os.environ["RANK"]
with (folder / f"begun-{{rank}}").open("a") as file:
    file.write(os.environ["MASTER_PORT"] + "\\n")
while not (folder / f"end-{{rank}}").exists():
    time.sleep(0.02)
print("rank", rank, "is done", flush=True)
(folder / f"ended-{{rank}}").touch()
"""


async def until_there(path: Path) -> None:
    async with asyncio.timeout(60):
        while not path.exists():
            await asyncio.sleep(0.02)


async def until_state(wire: Wire, wanted: str) -> Object:
    async with asyncio.timeout(60):
        while True:
            found: Object = (await wire.ask("GET", f"{PATH}/survivor")).json
            if state(found) == wanted:
                return found
            await asyncio.sleep(0.05)


@pytest.mark.slow
async def test_a_job_goes_on_after_a_stop_of_the_platform(tmp_path: Path) -> None:
    """A stop ends processes. That is no failure: they are begun again, and use up no back-off limit."""
    folder = tmp_path / "noted"
    folder.mkdir()
    command = ["python3", "-c", CODE.format(folder=str(folder))]
    daemon = DaemonProcess(tmp_path, controllers=True, extra={"MINIKF_WARM": "0"})
    wire = await daemon.start()
    try:
        run = {"backoffLimit": 0}
        made = job("PyTorchJob", "survivor", {"Master": command, "Worker": command}, runPolicy=run)
        assert (await wire.ask("POST", PATH, made)).code == 201
        for rank in (0, 1):
            await until_there(folder / f"begun-{rank}")
        daemon.stop()
        for rank in (0, 1):
            (folder / f"end-{rank}").touch()
        wire = await daemon.start()
        await until_state(wire, "Succeeded")
        begun = [(folder / f"begun-{rank}").read_text().split() for rank in (0, 1)]
        assert len(begun[0]) == 2 and begun[0][-1] == begun[1][-1], "each began twice, and they know the same port"
    finally:
        daemon.stop()


@pytest.mark.parametrize("early", [False, pytest.param(True, marks=pytest.mark.slow)])
async def test_a_job_survives_kills(tmp_path: Path, early: bool) -> None:
    folder = tmp_path / "noted"
    folder.mkdir()
    command = ["python3", "-c", CODE.format(folder=str(folder))]
    daemon = DaemonProcess(tmp_path, controllers=True, extra={"MINIKF_WARM": "0"})
    wire = await daemon.start()
    try:
        made = job("PyTorchJob", "survivor", {"Master": command, "Worker": command})
        assert (await wire.ask("POST", PATH, made)).code == 201
        if early:  # some pods may be made, others not
            daemon.kill()
            wire = await daemon.start()
        await until_state(wire, "Running")
        for rank in (0, 1):
            await until_there(folder / f"begun-{rank}")
        daemon.kill()
        (folder / "end-1").touch()
        await until_there(folder / "ended-1")
        wire = await daemon.start()
        (folder / "end-0").touch()
        done = await until_state(wire, "Succeeded")
        assert done["status"]["replicaStatuses"]["Worker"]["succeeded"] == 1
        begun = [(folder / f"begun-{rank}").read_text().split() for rank in (0, 1)]
        assert begun[0] == begun[1] and len(begun[0]) == 1, "each replica began once, with the same port"
        log = await wire.ask("GET", "/api/v1/namespaces/default/pods/survivor-master-0/log")
        assert log.body == b"rank 0 is done\n"
    finally:
        daemon.stop()
