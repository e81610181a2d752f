"""What a container is doing, as frozen data; and how an exit becomes Kubernetes' words. Pure."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass

from minikf.embedded.forkserver.client import CannotStart, Exit

COMPLETED, ERROR, OOM_KILLED, UNKNOWN, START_ERROR = (
    "Completed",
    "Error",
    "OOMKilled",
    "ContainerStatusUnknown",
    "StartError",
)
# Ended because the platform was stopped.
STOPPED = "Terminated"
# containerd v2, internal/cri/server/container_start.go: errorStartExitCode.
START_ERROR_CODE = 128
# kubelet v1.34, pkg/kubelet/status and kubelet_pods.go: what it reports of a container it lost.
UNKNOWN_CODE = 137


@dataclass(frozen=True)
class Waiting:
    reason: str
    message: str = ""


@dataclass(frozen=True)
class Running:
    started_at: float


@dataclass(frozen=True)
class Terminated:
    """Times are epoch seconds; `started_at` is 0 when the program never began."""

    exit_code: int
    reason: str
    message: str
    started_at: float
    finished_at: float

    @property
    def succeeded(self) -> bool:
        return self.exit_code == 0


State = Waiting | Running | Terminated


@dataclass(frozen=True)
class ContainerView:
    """Everything that a containerStatus tells."""

    name: str
    image: str
    container_id: str
    state: State
    last: Terminated | None = None
    restarts: int = 0
    ready: bool = False
    started: bool = False
    restarts_always: bool = False


def terminated(ended: Exit | None, note: Mapping[str, str], started_at: float, now: float) -> Terminated:
    """The state after an end; `ended` is None when nobody saw how, `note` why we killed it, if we did."""
    reason, message = note.get("reason", ""), note.get("message", "")
    if ended is None:
        why = message or "how it ended is not known: the process that waited for it had died before"
        return Terminated(UNKNOWN_CODE, reason or UNKNOWN, why, started_at, max(now, started_at))
    code = 128 + ended.signal if ended.signal else ended.code
    if not message and ended.signal and ended.signal != signal.SIGTERM:
        message = f"ended by signal {ended.signal} ({_signal_name(ended.signal)})"
    return Terminated(code, reason or (COMPLETED if code == 0 else ERROR), message, ended.started_at, ended.finished_at)


def not_started(error: CannotStart, now: float) -> Terminated:
    """The state when the program could not be executed, worded like runc's messages."""
    texts = {
        ("exec", 2): f'exec: "{error.what}": executable file not found in $PATH',
        ("exec", 13): f'exec: "{error.what}": permission denied',
        ("exec", 8): f'exec: "{error.what}": exec format error',
    }
    text = texts.get((error.step, error.errno)) or f'{error.step} "{error.what}": {error.reason}'
    if error.step == "exec" and error.errno == 2 and "/" in error.what:
        text = f'exec: "{error.what}": stat {error.what}: no such file or directory'
    message = f"unable to start container process: {text}"
    return Terminated(START_ERROR_CODE, START_ERROR, message, 0.0, now)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"SIG{number}"
