"""How many of Kubeflow's own compiled pipelines kfp.local runs to their documented end: the peer of the slow test
`test_the_whole_suite_ends_as_upstream_says`. `python -m tests.bench.upstream_suite` prints the counts.

Each file runs in a process of its own with SubprocessRunner(use_venv=False), the runner that needs no container either.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.embedded.pipelines.upstream import End, end_of
from tests.unit.pipelines.plan.player import upstream_pipelines

SECONDS = 300
PEER = """
import json, sys, tempfile, warnings
warnings.simplefilter("ignore")
path, arguments = sys.argv[1], json.loads(sys.argv[2])
from kfp import components, local
made = components.load_component_from_file(path)
print("LOADED", flush=True)
local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=tempfile.mkdtemp(), raise_on_error=True)
try:
    task = made(**arguments)
except Exception as error:
    print("FAILED", type(error).__name__, str(error)[:200].replace(chr(10), " "))
else:
    print("SUCCEEDED", json.dumps(task.outputs, default=str))
"""


def outcome(path: Path, end: End) -> tuple[str, str]:
    """As upstream's suite would see it: REFUSED for a file that is not loaded, else how it ended, and what it said."""
    command = [sys.executable, "-c", PEER, str(path), json.dumps(dict(end.arguments))]
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, cwd=folder, timeout=SECONDS
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return "TIMEOUT", ""
    lines = done.stdout.splitlines()
    if "LOADED" not in lines:
        return "REFUSED", done.stderr.strip().rpartition("\n")[2]
    state, _blank, said = lines[-1].partition(" ")
    return (state, said) if state in ("FAILED", "SUCCEEDED") else ("FAILED", done.stderr[-200:])


def is_documented(end: End, state: str, said: str) -> bool:
    wanted = "SUCCEEDED" if end.state == "REFUSED" else end.state  # there it runs without its accelerator
    output = None if end.output == "exit:COMPLETE" else end.output  # the pipeline itself returns nothing
    return state == wanted and end.check() and (output is None or json.dumps(output) in said)


def main() -> int:
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for path in upstream_pipelines("valid"):
            end = end_of(path, Path(folder))
            state, said = outcome(path, end)
            good = is_documented(end, state, said)
            wants = "valid, wants what is not here" if end.needs else "valid, different"
            counts["valid, as documented" if good else wants] += 1
            print(f"{'ok ' if good else 'no '} {path.stem}: {state} {'' if good else said[:160]}", flush=True)
        for path in upstream_pipelines("invalid"):
            state, said = outcome(path, End())
            counts["invalid, refused" if state == "REFUSED" else "invalid, accepted"] += 1
            print(f"{path.stem}: {state} {said[:160]}", flush=True)
    print(dict(counts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
