"""What a warm server does once before it forks."""

from __future__ import annotations

import os
import subprocess
import sys

from minikf.embedded.forkserver.loaded import SINGLE_THREADED


def test_it_starts_no_thread_and_leaves_global_random_numbers_alone() -> None:
    code = (
        "import os, numpy\n"
        "numpy.random.seed(1); before = numpy.random.get_state()[1].tolist()\n"
        "import minikf.embedded.forkserver.rehearsal as again\n"
        "again.rehearse()\n"
        "assert numpy.random.get_state()[1].tolist() == before\n"
        "print(len(os.listdir('/proc/self/task')) if os.path.isdir('/proc/self/task') else 1)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | SINGLE_THREADED, capture_output=True, text=True, check=True
    )
    assert run.stdout == "1\n", run.stderr
