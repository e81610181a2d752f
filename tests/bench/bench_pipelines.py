"""A scikit-learn pipeline of four steps through kfp.Client, and the same file by kfp.local; what a step costs.

The peer runs `SubprocessRunner(use_venv=False)`, its fastest way, in a process of its own. The first of our runs is not
counted, as the peer's imports are not.
"""

from __future__ import annotations

import importlib.util
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.bench.bench_training import kubeconfig
from tests.bench.measure import Row
from tests.bench.world import World

RUNS = 3
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "digits-pipeline" / "digits_pipeline.py"
PEER = """
import runpy, sys, tempfile, time
from kfp import local
example = runpy.run_path(sys.argv[1], run_name="digits_pipeline")
local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=tempfile.mkdtemp())
begin = time.perf_counter()
task = example["digits_pipeline"]()
assert task.output > 0.9, task.output
print(time.perf_counter() - begin)
"""


def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("digits_pipeline", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def peer_seconds() -> float:
    """One run by kfp.local, without its imports."""
    run = subprocess.run([sys.executable, "-c", PEER, str(EXAMPLE)], capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(f"kfp.local failed: {run.stdout[-2000:]} {run.stderr[-2000:]}")
    return float(run.stdout.split()[-1])


def run_seconds(client: Any, pipeline: Any) -> float:
    """From the call that submits to the call that knows the end; nothing comes from the cache."""
    begin = time.perf_counter()
    run = client.create_run_from_pipeline_func(pipeline, enable_caching=False)
    ended = client.wait_for_run_completion(run.run_id, timeout=300)
    assert ended.state == "SUCCEEDED", ended
    return time.perf_counter() - begin


def rows(world: World) -> list[Row]:
    warnings.simplefilter("ignore")
    access = world.up()
    world.until_warm()
    with kubeconfig(access):  # before the imports: the Kubernetes client reads the variable when it is imported
        from kfp import Client

        from tests.bench.chain_pipeline import STEPS, chain

        client = Client()
        digits = example().digits_pipeline
        run_seconds(client, digits)
        ours = statistics.median(run_seconds(client, digits) for _ in range(RUNS))
        step = statistics.median(run_seconds(client, chain) for _ in range(RUNS)) / STEPS
    peer = statistics.median(peer_seconds() for _ in range(RUNS))
    return [
        Row("pipeline of 4 steps, kfp.Client", ours, "s", 20, True, peer, "kfp.local", True, True),
        Row("a step that does nothing", step, "s", 0.15),
    ]
