"""The life of the port-forward's process, from outside.

Its own lock, not the platform's: `minikf env` must not wait for an `up` that takes minutes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence

from minikf import __version__, logfile
from minikf.commands import command
from minikf.engine.background import launch
from minikf.engine.process import Process, marked, runs_module
from minikf.errors import NoProgress, Unreachable
from minikf.files import make_folder, readable_failures
from minikf.kube.forward.targets import Serving, Target, Wanted, told
from minikf.paths import PlatformPaths
from minikf.spec import Access

MODULE = "minikf.engine.forwarding.program"
STATE_VARIABLE = "MINIKF_FORWARD"
"""In the process's environment: the platform's state folder, to find it by where its record is lost."""

READY_SECONDS = 20.0
LOCK_SECONDS = 60.0
END_SECONDS = 10.0
_POLL_SECONDS = 0.02
_LINES = 8


def carry(paths: PlatformPaths, access: Access, targets: Sequence[Target], *, anew: bool = False) -> Serving:
    """Carries these targets and no others from now on; starts the process where it does not run.

    Changes nothing where it carries them already, unless it is to look `anew` at the files that lead to the API server.
    Raises Unreachable where it does not start; its log is quoted.
    """
    wanted = Wanted(access.server, tuple(targets))
    with _lock(paths):
        if anew or Wanted.read(paths.forward_file) != wanted:
            wanted.write(paths.forward_file)
        return _running(paths)


def carry_also(
    paths: PlatformPaths, access: Access, targets: Sequence[Target], replaced: Callable[[str], bool]
) -> Serving | None:
    """Carries these beside all others, in place of those whose name is to be `replaced`.

    For what users make and remove, as models and notebooks. None where there is nothing to carry at all. Raises as
    `carry`.
    """
    with _lock(paths):
        before = Wanted.read(paths.forward_file)
        others = tuple(one for one in before.targets if not replaced(one.name)) if before is not None else ()
        wanted = Wanted(access.server, (*others, *targets))
        if before is None and not targets:
            return None
        if before != wanted:
            wanted.write(paths.forward_file)
        return _running(paths)


def revive(paths: PlatformPaths) -> Serving | None:
    """The process as it serves, started where it has died; None where the platform has nothing to carry, or what it had
    cannot be read: `up` and `open` write that anew."""
    if Wanted.read(paths.forward_file) is None:
        return None
    serving = serving_now(paths)
    if serving is not None and _is_current(paths, serving):
        return serving
    with _lock(paths):
        return _running(paths) if Wanted.read(paths.forward_file) is not None else None


def end(paths: PlatformPaths, *, forget: bool = False) -> bool:
    """Ends the process, if there is one; the ports stay remembered. With `forget` it will not be started again.

    Raises NoProgress where it does not end even when it is killed.
    """
    if not (paths.forward_file.exists() or paths.forwarder_file.exists()):
        return False  # it never had one; where both were lost, the process ends by itself
    with _lock(paths):
        if forget:
            paths.forward_file.unlink(missing_ok=True)
        found = serving_process(paths)
        if found is None:
            return False
        found.signal(signal.SIGTERM)
        if not found.wait(END_SECONDS):
            found.signal(signal.SIGKILL)
            if not found.wait(END_SECONDS):
                raise NoProgress(
                    f"the port-forward of platform '{paths.name}' did not end",
                    cause=f"process {found.pid} lives on after SIGKILL",
                    advice=f"ps -p {found.pid}",
                )
        return True


def serving_process(paths: PlatformPaths) -> Process | None:
    """The process by its record, or by the mark in its environment where that was lost."""
    serving = serving_now(paths)
    if serving is not None:
        return Process(serving.pid, serving.started)
    if Serving.read(paths.forwarder_file) is not None:
        return None  # the record is whole, and whom it names is dead
    found = marked({STATE_VARIABLE: {str(paths.state)}})
    return next((one for one in found if runs_module(one, MODULE)), None)


def serving_now(paths: PlatformPaths) -> Serving | None:
    """What the record says, if the process that wrote it lives."""
    serving = Serving.read(paths.forwarder_file)
    return serving if serving is not None and Process(serving.pid, serving.started).alive else None


def _is_current(paths: PlatformPaths, serving: Serving) -> bool:
    return serving.version == __version__ and serving.told == told(paths.forward_file)


def _running(paths: PlatformPaths) -> Serving:
    """With the lock: the process as it serves what the file says now."""
    serving = serving_now(paths)
    if serving is None or serving.version != __version__:
        old = serving_process(paths)
        if old is not None:  # of another release, or without a record
            old.signal(signal.SIGTERM)
            if not old.wait(END_SECONDS):
                old.signal(signal.SIGKILL)
        return _start(paths)
    if not _is_current(paths, serving):
        Process(serving.pid, serving.started).signal(signal.SIGHUP)
        return _await(paths, Process(serving.pid, serving.started), None, 0)
    return serving


def _start(paths: PlatformPaths) -> Serving:
    before = _size(paths)
    child = launch((MODULE, paths.name), paths.state, paths.forwarder_log, STATE_VARIABLE)
    return _await(paths, None, child, before)


def _await(
    paths: PlatformPaths, process: Process | None, child: subprocess.Popen[bytes] | None, before: int
) -> Serving:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        serving = serving_now(paths)
        if serving is not None and _is_current(paths, serving) and (child is None or serving.pid == child.pid):
            return serving
        if child is not None and child.poll() is not None:
            raise _failure(paths, before, f"it ended with code {child.returncode}")
        if process is not None and not process.alive:
            return _start(paths)
        time.sleep(_POLL_SECONDS)
    if child is not None:
        child.kill()
        child.wait()
    raise _failure(paths, before, f"it did not listen within {READY_SECONDS:.0f} seconds")


def _failure(paths: PlatformPaths, since: int, why: str) -> Unreachable:
    lines = logfile.tail(paths.forwarder_log, _LINES, since)
    quoted = "".join(f"\n    {line}" for line in lines)
    return Unreachable(
        f"the port-forward of platform '{paths.name}' does not run",
        cause=f"{why}; the end of {paths.forwarder_log}:{quoted}" if lines else why,
        advice=command("status", paths.name),
    )


def _size(paths: PlatformPaths) -> int:
    try:
        return paths.forwarder_log.stat().st_size
    except OSError:
        return 0


@contextlib.contextmanager
def _lock(paths: PlatformPaths) -> Iterator[None]:
    """One that starts or ends it at a time; given back by the death of who holds it (flock(2))."""
    file = paths.state / "forward.lock"
    with readable_failures(file):
        make_folder(paths.state)
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise NoProgress(
                        f"another minikf command has worked on the port-forward of '{paths.name}' "
                        f"for {LOCK_SECONDS:.0f} seconds",
                        cause=f"it holds {file}",
                        advice=f"fuser '{file}'",
                    ) from None
                time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(handle)
