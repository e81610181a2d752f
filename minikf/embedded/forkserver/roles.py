"""The roles of the fork server program, and what each does before it serves."""

from __future__ import annotations

import os
import sys

from minikf.embedded.forkserver.ahead import Ahead
from minikf.embedded.forkserver.forking import fork, start_program
from minikf.embedded.forkserver.server import AlreadyRuns, Server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LAUNCHER, WARM, POOL, SPARE = "launcher", "warm", "pool", "spare"
USAGE = "usage: forkserver (launcher|warm|pool) NAME HOME [MODULE ...]"


def main(argv: list[str]) -> int:
    """Runs a server until it is drained. 0 then, and when one of this name already runs; 2 on bad arguments."""
    role = argv[0] if argv else ""
    if role == SPARE:
        from minikf.embedded.forkserver import spare

        return spare.main(argv[1:])
    if role not in (LAUNCHER, WARM, POOL) or len(argv) < 3:
        print(USAGE, file=sys.stderr)
        return 2
    name, home, *modules = argv[1:]
    about = {"role": role, "version": os.environ.get("MINIKF_FORKSERVER_VERSION", "")}
    try:
        server = Server(home, name, about)
    except AlreadyRuns as error:
        print(f"{error} already runs", file=sys.stderr)
        return 0
    if role == LAUNCHER:
        _adopt_orphans()
        server.open(start_program)
        server.say("ready")
    elif role == WARM:
        _warm_up(server, modules)
    else:
        from minikf.embedded.forkserver.pool import Pool

        pool = Pool(server, modules)
        server.open(pool.start)
        pool.fill()
    server.serve()
    return 0


def _warm_up(server: Server, modules: list[str]) -> None:
    from minikf.embedded.forkserver import loaded, program

    _import_in_background_priority(server, modules)
    if sys.platform == "linux":
        from minikf.embedded.forkserver import mounts as _mounts  # noqa: F401 - children that need it have it at once
    loaded.settle()
    snapshot = loaded.Loaded()
    me = os.getpid()

    def become(wanted: dict[str, Any], report: int) -> None:
        program.run(wanted, report, snapshot, me, f"{server.base}.sock")

    def on_demand(request: dict[str, Any], fds: list[int], abandon: Callable[[], None]) -> int:
        return fork(request, fds, abandon, become)

    ahead = Ahead(server, on_demand, program.get_ready, become)
    server.open(ahead.start)
    server.say("ready")
    ahead.fill()


def _import_in_background_priority(server: Server, modules: list[str]) -> None:
    """Imports in a thread of low priority: on Linux niceness is per thread, and children fork from the main one.

    An unprivileged process could never raise its own priority again.
    """
    import threading

    from minikf.embedded.forkserver import loaded

    def work() -> None:
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        server.about |= loaded.load(modules, lambda name: server.say("starting", importing=name))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    server.about.pop("importing", None)


def _adopt_orphans() -> None:
    """Descendants that lose their parent come to us instead of to process 1, which in many containers reaps nothing."""
    if sys.platform != "linux":
        return
    import ctypes

    # PR_SET_CHILD_SUBREAPER, prctl(2). It can fail only on kernels before 3.4; then process 1 gets them.
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
