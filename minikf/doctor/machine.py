"""Checks of the machine: Python, disk, memory, clock, kernel limits."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

from minikf.doctor.finding import Finding, Level
from minikf.engine import parts
from minikf.errors import MinikfError
from minikf.install import limits
from minikf.paths import cache_home, data_home

GIB = 1024**3

# The installed environment and its cache take less than 1 GiB together; a demo's data a few megabytes.
DISK_NEEDED = 1 * GIB
DISK_WANTED = 5 * GIB

# The daemon with its warm fork server takes up to 400 MiB, and a pod about 35 MiB and what its own code needs.
MEMORY_NEEDED = GIB // 2
MEMORY_WANTED = 2 * GIB

# 9 October 2025, before the first release: a clock before it makes fresh certificates "not yet valid" elsewhere.
EARLIEST_CLOCK = 1_760_000_000


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if not parts.in_range(sys.version_info[:2]):
        first, last = (".".join(map(str, v)) for v in (parts.FIRST_PYTHON, parts.LAST_PYTHON))
        return Finding(
            "python",
            Level.WARNING,
            version,
            f"the embedded engine's parts support Python {first} to {last}; cluster engines work",
            f"install Python {last} and run install.sh again",
        )
    absent = parts.missing()
    if absent:
        return Finding(
            "python",
            Level.WARNING,
            version,
            f"the embedded engine is not installed: {', '.join(absent)} missing",
            "pip install 'minikf[embedded]'",
        )
    return Finding("python", Level.OK, f"{version} with the embedded engine")


def disk() -> list[Finding]:
    """One finding for each file system that MiniKF writes to."""
    found: dict[int, Finding] = {}
    for folder in (data_home(), cache_home()):
        existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
        free = shutil.disk_usage(existing).free
        if not os.access(existing, os.W_OK):
            finding = Finding(
                "disk",
                Level.ERROR,
                f"{existing} is not writable",
                "MiniKF cannot keep its files there",
                f"make {existing} writable, or set XDG_DATA_HOME and XDG_CACHE_HOME",
            )
        else:
            level = Level.ERROR if free < DISK_NEEDED else Level.WARNING if free < DISK_WANTED else Level.OK
            cause = "" if level is Level.OK else "environments, models and volumes need room"
            fix = "" if level is Level.OK else "free some space, or set XDG_DATA_HOME and XDG_CACHE_HOME"
            finding = Finding("disk", level, f"{free / GIB:.1f} GiB free for {folder}", cause, fix)
        found.setdefault(existing.stat().st_dev, finding)
    return list(found.values())


def memory() -> Finding:
    free = _available_memory()
    if free is None:
        return Finding("memory", Level.INFO, "unknown", "the system does not say how much is available")
    level = Level.ERROR if free < MEMORY_NEEDED else Level.WARNING if free < MEMORY_WANTED else Level.OK
    fixes = {Level.ERROR: "close other programs", Level.WARNING: "MINIKF_WARM=0 minikf up saves about 270 MiB"}
    cause = "" if level is Level.OK else "the daemon with warm starts takes up to 400 MiB, each pod more"
    return Finding("memory", level, f"{free / GIB:.1f} GiB available", cause, fixes.get(level, ""))


def clock() -> Finding:
    now = time.time()
    if now < EARLIEST_CLOCK:
        return Finding(
            "clock",
            Level.ERROR,
            time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now)),
            "it is before this release was made: certificates are not valid yet",
            "set the clock",
        )
    return Finding("clock", Level.OK, time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now)))


def inotify() -> list[Finding]:
    """The kernel's limits on file watching, where the system has them (Linux)."""
    return [
        Finding(
            f"inotify {one.name}",
            Level.WARNING if one.low else Level.OK,
            str(one.there),
            f"below {one.wanted}, pods of a cluster may fail with 'too many open files'" if one.low else "",
            one.change if one.low else "",
        )
        for one in limits.inotify()
    ]


def home() -> Finding:
    try:
        folder = data_home()
    except MinikfError as error:
        return Finding("home", Level.ERROR, error.message, error.cause, error.advice)
    return Finding("home", Level.OK, str(folder))


def _available_memory() -> int | None:
    try:
        import psutil
    except ImportError:
        return _linux_memory()
    return int(psutil.virtual_memory().available)


def _linux_memory() -> int | None:
    """Without psutil, which only the embedded extra brings: proc_meminfo(5)."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return int(fields["MemAvailable"].split()[0]) * 1024 if "MemAvailable" in fields else None
