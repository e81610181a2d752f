"""What a platform takes of this machine now: processors and memory of its processes, or of its nodes' containers."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from minikf.engine import record, strays
from minikf.engine.record import Platform
from minikf.engine.spawn import STATE_VARIABLE
from minikf.errors import MinikfError
from minikf.paths import PlatformPaths
from minikf.plan import CLUSTERS, EMBEDDED

PROCESSES = "its processes"
CONTAINERS = "docker stats of its nodes"
_MOST_KNOWN = 10_000


@dataclass(frozen=True)
class Taken:
    """`cpu_seconds` are processor time since each began: differences of two answers count. `count` is how many
    processes or nodes, `measured` says of what; where nothing could be measured, `why_not` says why."""

    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    count: int = 0
    measured: str = ""
    why_not: str = ""


def taken(platform: str) -> Taken:
    """Never raises a typed error: what cannot be measured is said. An existing cluster is not on this machine."""
    paths = PlatformPaths.of(platform)
    try:
        made = Platform.read(paths)
        if made is None:
            return Taken(why_not=f"there is no platform '{platform}'")
        if made.engine == EMBEDDED:
            return _processes(paths)
        if made.engine in CLUSTERS and made.cluster is not None:
            return _containers(made)
    except MinikfError as error:
        return Taken(why_not=error.cause or error.message)
    return Taken(why_not="its nodes are not ours to measure")


# A process's marks never change, and reading its environment costs most.
_known: dict[tuple[int, float], tuple[str, str]] = {}


def _processes(paths: PlatformPaths) -> Taken:
    """All that carry the platform's mark: the daemon, its fork servers and the processes of pods."""
    try:
        import psutil
    except ImportError:
        return Taken(why_not="psutil is not installed")
    if record.running(paths) is None:
        return Taken(why_not="it does not run")
    cpu, memory, count, state, pods = 0.0, 0, 0, str(paths.state), strays.uids(paths)
    if len(_known) > _MOST_KNOWN:
        _known.clear()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            key = (process.pid, process.create_time())
            if key not in _known:
                marks = process.environ()
                _known[key] = marks.get(STATE_VARIABLE, ""), marks.get(strays.POD_VARIABLE, "")
            of_platform, of_pod = _known[key]
            if of_platform == state or of_pod in pods:
                times = process.cpu_times()
                cpu, count = cpu + times.user + times.system, count + 1
                memory += _share(process.pid) or int(process.memory_info().rss)
    return Taken(cpu, memory, count, PROCESSES)


def _share(pid: int) -> int:
    """A process's share of the memory that it has together with others, in bytes; 0 where the kernel does not tell.

    Forked pods share what their server has loaded: their resident sizes would count it once for each. Field Pss of
    /proc/PID/smaps_rollup (proc_pid_smaps(5)).
    """
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    found = next((line for line in text.splitlines() if line.startswith("Pss:")), "")
    return int(found.split()[1]) * 1024 if found else 0


def _containers(made: Platform) -> Taken:
    from minikf.engine.clusters import owned
    from minikf.engine.clusters.tools import tool_of
    from minikf.engine.docker.client import connect

    assert made.cluster is not None
    with connect() as docker:
        nodes = [one for one in owned.containers(docker, tool_of(made.engine), made.cluster) if one.running]
        used = [docker.used_by(one.id) for one in nodes]
    if not nodes:
        return Taken(why_not="its nodes do not run")
    return Taken(sum(one for one, _ in used), sum(one for _, one in used), len(nodes), CONTAINERS)
