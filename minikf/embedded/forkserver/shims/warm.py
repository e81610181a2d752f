"""The shim's talk with a warm server: start, forward signals, end as the program ended."""

from __future__ import annotations

# What `signal` and `socket` import for their enums takes longer than all that is done here.
import _signal as signal  # type: ignore[import-not-found]
import _socket as socket
import os
import resource
import sys
import time

from minikf.embedded.forkserver import protocol, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from minikf.embedded.forkserver.shims.place import Place

_FORWARDED = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCONT", "SIGWINCH")
# A server that meets the request later than this does not start it any more.
START_SECONDS = 10.0
# As a shell says it of a process that was killed; Kubernetes uses the same for a container that was lost.
UNKNOWN_EXIT = 137


def connect(path: str) -> socket.socket | None:
    """The warm server at `path`, or None when there is none that answers."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(START_SECONDS + 3.0)  # beyond that it is stuck, and a fresh interpreter does it
    try:
        sock.connect(path)
    except OSError:
        sock.close()
        return None
    return sock


def request(place: Place, args: list[str], env: dict[str, str], executable: str) -> dict[str, Any]:
    """What makes the warm child run as if we had become it."""
    mask = os.umask(0)
    os.umask(mask)
    limits = [name for name in dir(resource) if name.startswith("RLIMIT_")]
    cgroups = env.get("MINIKF_CGROUPS", "")
    return {
        "verb": "start",
        "until": time.monotonic() + START_SECONDS,
        "tied": True,
        "args": args,
        "env": env,
        "cwd": os.getcwd(),  # noqa: PTH109
        "umask": mask,
        "rlimits": {name: resource.getrlimit(getattr(resource, name)) for name in limits},
        "affinity": sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [],
        "cgroups": cgroups.split(os.pathsep) if cgroups else [],
        "join": "peer",
        "executable": executable,
        "orphanRecord": place.orphan,
    }


def run(sock: socket.socket, place: Place, args: list[str], executable: str) -> None:
    """Runs `python *args` and ends as it ends. Returns only when it could not be started."""
    # The program may run, and be told to end, before we know its pid: until then signals wait.
    forwarded = [getattr(signal, name) for name in _FORWARDED]
    signal.pthread_sigmask(signal.SIG_BLOCK, forwarded)
    child: dict[str, Any] = {}
    try:
        protocol.send(sock, request(place, args, dict(os.environ), executable), [0, 1, 2])
        child, _none = protocol.receive(sock)
    except (OSError, protocol.ProtocolError):
        pass  # hanging up ends the child, should it have begun after all
    if "pid" not in child:
        sock.close()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, forwarded)
        return
    sock.settimeout(None)
    for number in forwarded:
        signal.signal(number, lambda number, _frame: _pass_on(child["pid"], number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, forwarded)
    try:
        ended = protocol.receive(sock)[0]["exit"]
    except protocol.ProtocolError:
        ended = _wait_for_orphan(child, place)
    end_like(ended)


def end_like(ended: dict[str, Any]) -> NoReturn:
    """Ends this process as another one ended: with its code, or by its signal."""
    number = ended["signal"]
    if number:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the program has left its core, if any
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(ended["exitCode"] or 0)


def _pass_on(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return  # its end is on the way to us


def _wait_for_orphan(child: dict[str, Any], place: Place) -> dict[str, Any]:
    """The warm server died. The program goes on; how it ends we learn only if it can write that down itself."""
    while record.is_alive(child["pid"], child["token"]):
        time.sleep(0.05)
    ended = record.read(place.orphan + record.EXIT) if place.orphan else None
    if ended is None:
        text = f"the warm server died, so how process {child['pid']} ended is not known"
        print(f"minikf: {text}", file=sys.stderr, flush=True)
        return {"exitCode": UNKNOWN_EXIT, "signal": 0}
    return ended
