"""Starts what of a platform outlives the command: the embedded engine's daemon, the port-forward."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from minikf import logfile


def launch(
    words: Sequence[str], state: Path, log_file: Path, mark: str, pass_fds: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """Runs the module and its arguments `words` in the folder `state`, writing to the end of `log_file`.

    `mark` is the variable of its environment that names that folder, to find it by where its record is lost.
    """
    log = logfile.open_for_append(log_file)
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", *words],  # -P: nothing of the current folder
            pass_fds=pass_fds,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=state,
            env=os.environ | {mark: str(state)},
            start_new_session=True,  # lives on when the terminal closes, and hears no Ctrl-C of it
        )
    finally:
        os.close(log)
