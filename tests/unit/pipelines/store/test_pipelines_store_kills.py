"""SIGKILL at any moment: what was acknowledged is there, and nothing is half there."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from minikf.embedded.pipelines.store import PipelineStore

_WRITER = """
import asyncio, sys
from pathlib import Path
from minikf.embedded.pipelines.records import Artifact, RunRecord, RunState, TaskRecord, TaskState, Values
from minikf.embedded.pipelines.store import PipelineStore

async def main():
    store = PipelineStore.open(Path(sys.argv[1]))
    experiment = store.experiment_named("default", "Default").id
    number = store.runs().total
    while True:
        run = RunRecord(f"r{number}", "run", "default", experiment, RunState.RUNNING, {"number": number})
        await store.put_run(run)
        print("run", number, flush=True)
        outputs = Values({}, {"m": (Artifact("m", "system.Model", "file:///m"),)})
        tasks = [TaskRecord(run.id, f"t{n}", "t", TaskState.SUCCEEDED, outputs=outputs) for n in range(3)]
        await store.put_tasks(run.id, tasks)
        print("tasks", number, flush=True)
        number += 1

asyncio.run(main())
"""


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_acknowledged_is_lost(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "pipelines.db"
    told: set[str] = set()
    for kill in range(3):
        writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        told.add(writer.stdout.readline().strip())
        time.sleep(random.Random(seed * 10 + kill).uniform(0.0, 0.12))
        os.kill(writer.pid, signal.SIGKILL)
        told.update(line.strip() for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n"))
        writer.wait()
        writer.stdout.close()
        store = PipelineStore.open(path)
        there = {run.id: store.tasks(run.id) for run in store.runs().items}
        for line in told - {""}:
            what, number = line.split()
            assert f"r{number}" in there, line
            assert what == "run" or len(there[f"r{number}"]) == 3, line
        for run_id, tasks in there.items():
            assert len(tasks) in (0, 3), run_id
            assert len(store.artifacts(run_id)) == (1 if tasks else 0) * 3
        assert len(there) >= 1
        await store.close()
    assert len(told) > 3
