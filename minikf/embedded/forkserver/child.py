"""What a forked child does before it becomes the program: session, streams, limits, namespaces, folder, signals."""

from __future__ import annotations

import os
import resource
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_LIMITS = {name: getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")}
# Python ignores these two; a program started by exec would inherit that.
_IGNORED_BY_PYTHON = (signal.SIGPIPE, getattr(signal, "SIGXFSZ", None))


class SetupError(Exception):
    """A step of the set-up failed; `step` is what the daemon words its message by."""

    def __init__(self, step: str, error: OSError, what: str = "") -> None:
        super().__init__(f"{step}: {error}")
        self.report = {"step": step, "errno": error.errno or 0, "reason": error.strerror or str(error), "what": what}


def prepare(request: dict[str, Any], fds: list[int]) -> None:
    """Turns the forked child into the process that `request` describes. Raises SetupError."""
    os.setsid()
    _streams(fds, tty=bool(request.get("tty")))
    _step("cgroup", _join_cgroups, request.get("cgroups") or [])
    if request.get("mounts") or request.get("join"):
        # ctypes costs the launcher a megabyte; only children that need it pay.
        from minikf.embedded.forkserver import mounts

        _step("mount", mounts.enter, request)
    for name, (soft, hard) in (request.get("rlimits") or {}).items():
        if name in _LIMITS:
            _step("rlimit", _limit, _LIMITS[name], soft, hard, what=name)
    os.umask(request.get("umask", 0o022))
    if request.get("affinity") and hasattr(os, "sched_setaffinity"):
        _step("affinity", os.sched_setaffinity, 0, request["affinity"])
    _step("chdir", os.chdir, request["cwd"], what=request["cwd"])


def reset_signals(*, for_exec: bool) -> None:
    """Default actions, nothing blocked; Python code keeps what the interpreter sets up for itself."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if number not in (signal.SIGKILL, signal.SIGSTOP) and signal.getsignal(number) is not None:
            signal.signal(number, signal.SIG_DFL)
    if not for_exec:
        for ignored in _IGNORED_BY_PYTHON:
            if ignored is not None:
                signal.signal(ignored, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def execute(request: dict[str, Any]) -> NoReturn:
    """Becomes the program. Raises SetupError when it cannot be executed."""
    argv, env = request["argv"], request["env"]
    reset_signals(for_exec=True)
    try:
        os.execvpe(argv[0], argv, env)
    except OSError as error:
        raise SetupError("exec", error, argv[0]) from error
    except ValueError as error:  # an embedded null byte
        raise SetupError("exec", OSError(22, str(error)), argv[0]) from error


def _step(step: str, action: Any, *args: Any, what: str = "") -> None:
    try:
        action(*args)
    except OSError as error:
        raise SetupError(step, error, what) from error


def _streams(fds: list[int], *, tty: bool) -> None:
    for number, fd in enumerate(fds[:3]):
        os.dup2(fd, number, inheritable=True)
    for fd in fds:
        if fd > 2:
            os.close(fd)
    if tty:
        import fcntl
        import termios

        fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _join_cgroups(files: list[str]) -> None:
    for path in files:
        with open(path, "w", encoding="ascii") as file:  # noqa: PTH123
            file.write("0")


def _limit(number: int, soft: int, hard: int) -> None:
    """Sets a limit, never above what this process may have."""
    _soft, most = resource.getrlimit(number)
    if most != resource.RLIM_INFINITY and (hard == resource.RLIM_INFINITY or hard > most):
        hard = most
    if hard != resource.RLIM_INFINITY and (soft == resource.RLIM_INFINITY or soft > hard):
        soft = hard
    resource.setrlimit(number, (soft, hard))
