"""Programs that the lab runs while it builds: their errors are told whole, and none outlives the build."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from keep import Unavailable

GUARD = Path(__file__).with_name("apiserver") / "guard.py"
_running: set[subprocess.Popen[str]] = set()
_lock = threading.Lock()
_given_up = threading.Event()


@contextlib.contextmanager
def together(workers: int) -> Iterator[Executor]:
    """Threads for steps of a build. When one fails, or Ctrl-C comes, what the others run is ended at once."""
    with ThreadPoolExecutor(workers) as pool:
        try:
            yield pool
        except BaseException:
            _given_up.set()
            pool.shutdown(wait=False, cancel_futures=True)
            with _lock:
                for process in _running:
                    process.terminate()
            pool.shutdown()
            _given_up.clear()
            raise


@contextlib.contextmanager
def child(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A program that ends with the block, when the build is given up, and with this program however that ends."""
    if _given_up.is_set():
        raise Unavailable("given up, because another step failed")
    # A session of the guard's own: what kills our whole process group, as `timeout` does in the end, leaves it alive.
    process = subprocess.Popen(
        [sys.executable, str(GUARD), *command], stdin=subprocess.PIPE, text=True, start_new_session=True, **options
    )
    assert process.stdin is not None
    with _lock:
        _running.add(process)
    try:
        yield process
    finally:
        process.stdin.close()  # what the guard waits for
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with _lock:
            _running.discard(process)


def run(*command: str | Path, advice: str = "", **options: Any) -> str:
    """Runs a short program and returns what it printed. Raises Unavailable with its own words when it fails."""
    words = [str(word) for word in command]
    try:
        done: subprocess.CompletedProcess[str] = subprocess.run(
            words, capture_output=True, text=True, check=False, **options
        )
    except FileNotFoundError as error:
        raise Unavailable(f"{words[0]} is not installed here. {advice}".strip()) from error
    if done.returncode:
        tail = "\n  ".join((done.stderr + done.stdout).strip().splitlines()[-12:])
        raise Unavailable(f"`{' '.join(words)[:200]}` exited {done.returncode}. {advice}\n  {tail}".rstrip())
    return done.stdout
