"""Keeps one cluster for as long as its standard input stays open: creates it, and deletes it at the end.

    python keeper.py '{"create": [COMMAND...], "delete": [COMMAND...], "label": "KEY=NAME"}'

It prints `created` when the cluster is up. The test run that started it holds its standard input, so the cluster goes
when the test lets it go, when the run is interrupted, and when the run is killed: there is one way, and every test
takes it. The label is the one that all its containers have. What the commands say goes to standard error. Exits 0 when
the cluster came up and was deleted.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from typing import Any


def main() -> int:
    plan = json.loads(sys.argv[1])
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # SIGTERM means the same as the end of standard input: it becomes one, by a pipe that `select` sees.
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    over = selectors.DefaultSelector()
    over.register(0, selectors.EVENT_READ)
    over.register(reader, selectors.EVENT_READ)

    creating = _say(plan["create"])
    while creating.poll() is None and not over.select(0.1):
        pass
    if creating.poll() is None:  # let go while it is still being made
        os.killpg(creating.pid, signal.SIGTERM)  # with the `docker run` that it may be in
    created = creating.wait() == 0
    if created:
        os.write(1, b"created\n")
        over.select()
    # The engine may go on with a container that it was asked for, though nobody waits for it: look again a while.
    deleted = _delete(plan, patience=0 if created else 6)
    return 0 if created and deleted else 1


def _delete(plan: dict[str, Any], patience: float) -> bool:
    """Until no container is there, seen to be so for some seconds; a minute at most."""
    end = time.monotonic() + 60
    clean_since = None
    while time.monotonic() < end:
        if clean_since is None:
            _say(plan["delete"]).wait()
        if _containers(plan["label"]):
            clean_since = None
            time.sleep(1)
            continue
        clean_since = clean_since or time.monotonic()
        if time.monotonic() - clean_since >= patience:
            return True
        time.sleep(0.5)
    return False


def _containers(label: str) -> bool:
    """Whether there is one, or none can tell."""
    asked = subprocess.run(
        ["docker", "ps", "--all", "--quiet", "--filter", f"label={label}"], capture_output=True, text=True, check=False
    )
    return asked.returncode != 0 or bool(asked.stdout.strip())


def _say(command: list[str]) -> subprocess.Popen[bytes]:
    """A group of its own: a signal for the keeper does not end the command that cleans up."""
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=2, start_new_session=True)


if __name__ == "__main__":
    raise SystemExit(main())
