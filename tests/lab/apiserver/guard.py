"""Runs one command and ends it when whoever started this program is gone.

    python guard.py COMMAND ARGUMENT...             with a pipe as standard input, held open by the starter
    python guard.py --again COMMAND ARGUMENT...     starts it again when it ends by itself, as kubelet does

A test run can be killed with SIGKILL, and then no fixture cleans up. Its pipes close all the same: this program reads
end-of-file, asks the command to stop, and kills it after five seconds. It works alike on Linux and macOS.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

_AGAIN_SECONDS = 1.0


def main() -> int:
    again = sys.argv[1] == "--again"
    command = sys.argv[2 if again else 1 :]
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the starter decides when to stop
    ended = threading.Event()
    process = _start(command)
    signal.signal(signal.SIGTERM, lambda _number, _frame: process.terminate())

    def wait_for_the_starter() -> None:
        while os.read(0, 1):  # unbuffered: a lock on sys.stdin would be held at this program's exit
            pass
        ended.set()
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()

    threading.Thread(target=wait_for_the_starter, daemon=True).start()
    code = process.wait()
    while again and not ended.wait(_AGAIN_SECONDS):
        process = _start(command)
        if ended.is_set():  # meanwhile: the thread has ended the one before
            process.terminate()
        code = process.wait()
    return code


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)


if __name__ == "__main__":
    raise SystemExit(main())
