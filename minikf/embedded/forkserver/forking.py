"""Forks one child and learns whether its set-up worked before anyone is told that it runs."""

from __future__ import annotations

import json
import os
import signal

from minikf.embedded.forkserver.child import SetupError, execute, prepare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class StartFailed(Exception):
    """The child ended before the program began; `report` is what `SetupError` holds."""

    def __init__(self, report: dict[str, Any]) -> None:
        super().__init__(str(report))
        self.report = report


def fork(
    request: dict[str, Any],
    fds: list[int],
    abandon: Callable[[], None],
    become: Callable[[dict[str, Any], int], None],
) -> int:
    """Starts a child that prepares itself as `request` says and then calls `become`; returns its pid.

    `abandon` lets go of what is the server's. `become` gets the request and the descriptor that must be closed
    when the program begins (by exec or by hand), and does not return. Raises StartFailed.
    """
    read_end, write_end = os.pipe()
    # A signal that hits the child before it has its own handlers would run ours.
    old = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        pid = os.fork()
        if pid == 0:
            os.close(read_end)
            _child(request, fds, abandon, become, write_end)
    except OSError as error:  # no more processes or memory
        os.close(read_end)
        os.close(write_end)
        raise StartFailed(SetupError("fork", error).report) from error
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)
    os.close(write_end)
    report = _read_all(read_end)
    if report:
        os.waitpid(pid, 0)
        raise StartFailed(json.loads(report))
    return pid


def start_program(request: dict[str, Any], fds: list[int], abandon: Callable[[], None]) -> int:
    """Starts `request["argv"]` by fork and exec. Raises StartFailed."""
    return fork(request, fds, abandon, lambda wanted, _report: execute(wanted))


def _child(
    request: dict[str, Any],
    fds: list[int],
    abandon: Callable[[], None],
    become: Callable[[dict[str, Any], int], None],
    report: int,
) -> None:
    try:
        abandon()
        prepare(request, fds)
        become(request, report)
    except SetupError as error:
        os.write(report, json.dumps(error.report).encode())
    except BaseException as error:
        text = f"{type(error).__name__}: {error}"
        os.write(report, json.dumps({"step": "setup", "errno": 0, "reason": text, "what": ""}).encode())
    finally:
        os._exit(127)


def _read_all(fd: int) -> bytes:
    parts = []
    try:
        while part := os.read(fd, 65536):
            parts.append(part)
    finally:
        os.close(fd)
    return b"".join(parts)
