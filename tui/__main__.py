"""What the web page's process runs: the terminal UI whose terminal is a browser (Textual's WebDriver on the pipes)."""

from __future__ import annotations

import os
import signal
import sys
import time
from threading import Thread

_LOOK_SECONDS = 1.0


def _end_with(parent: int) -> None:
    """A server that was killed cannot tell: without it nobody would ever see or end this process."""
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    from minikf.tui import run

    sys.exit(run(sys.argv[1], read_only="--read-only" in sys.argv[2:]))
