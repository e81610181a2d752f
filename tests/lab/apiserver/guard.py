"""Runs one command and ends it when whoever started this program is gone.

    python guard.py COMMAND ARGUMENT...     with a pipe as standard input, held open by the starter

A test run can be killed with SIGKILL, and then no fixture cleans up. Its pipes close all the same: this program reads
end-of-file, asks the command to stop, and kills it after five seconds. It works alike on Linux and macOS.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def main() -> int:
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the starter decides when to stop
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)
    signal.signal(signal.SIGTERM, lambda _number, _frame: process.terminate())

    def wait_for_the_starter() -> None:
        while os.read(0, 1):  # unbuffered: a lock on sys.stdin would be held at this program's exit
            pass
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()

    threading.Thread(target=wait_for_the_starter, daemon=True).start()
    return process.wait()


if __name__ == "__main__":
    raise SystemExit(main())
