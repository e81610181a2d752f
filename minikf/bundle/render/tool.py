"""Runs a program that renders: without the user's clusters and proxies, and not without end."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from minikf.errors import Refused

SECONDS = 300.0
_KEPT = ("PATH", "HOME", "TMPDIR", "LANG")


def run(words: list[str], what: str, folder: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Its exit code and what it printed, whatever that is; in `folder`, with more variables.

    `what` is the work as people know it. Raises Refused where the program cannot be run, or does not end.
    """
    environment = {key: value for key, value in os.environ.items() if key in _KEPT}
    environment |= {"KUBECONFIG": os.devnull, **variables}  # a kubeconfig with a plugin of a cloud has no say in this
    try:
        return subprocess.run(
            words, env=environment, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            timeout=SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise Refused(
            f"{what} did not end",
            cause=f"it was ended after {SECONDS:.0f} s",
            advice="see with top what keeps this machine busy, and try again",
        ) from error
    except OSError as error:
        cause = error.strerror or str(error)
        raise Refused(f"{words[0]} cannot be run", cause=cause, advice="minikf doctor") from error
