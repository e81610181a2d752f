"""What the machine and the platform use, as samples, and what follows from two of them."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minikf.engine.usage import Taken, taken
from minikf.errors import MinikfError
from minikf.install.room import of_objects, requested
from minikf.kube.rest import RestClient
from minikf.paths import data_home
from minikf.plan import EMBEDDED
from minikf.quantity import parse
from minikf.spec import Access
from minikf.views.home.gpus import Gpu, gpus

TIMEOUT_SECONDS = 3.0
KEPT = 120
"""Samples that a history keeps: ten minutes at one in five seconds."""


@dataclass(frozen=True)
class Machine:
    """`busy_seconds` is processor time of all processors since the machine started, of which differences count; None
    where the system does not tell. Sizes in bytes, 0 where unknown. The disk is that of MiniKF's data."""

    cpus: int
    busy_seconds: float | None = None
    memory_bytes: int = 0
    memory_total: int = 0
    disk_bytes: int = 0
    disk_total: int = 0


@dataclass(frozen=True)
class Asked:
    """What the pods of a cluster have asked for of what its nodes have for pods: thousandths of processors, bytes."""

    cpu_milli: int = 0
    cpu_total: int = 0
    memory_bytes: int = 0
    memory_total: int = 0


@dataclass(frozen=True)
class Usage:
    """One sample. `at` is in seconds, of a clock that is never set. `cores` is what the cluster's metrics API says of
    processors in use, None where it has none; `no_gpu` says why `gpus` are empty."""

    at: float
    machine: Machine
    platform: Taken = field(default_factory=Taken)
    asked: Asked | None = None
    cores: float | None = None
    cluster_memory: int = 0
    gpus: tuple[Gpu, ...] = ()
    no_gpu: str = ""


def usage(platform: str, access: Callable[[], Access] | None = None) -> Usage:
    """A sample of now. `access` is asked where the platform runs; what does not answer is left out. Raises nothing."""
    found, why_not = gpus()
    asked: Asked | None = None
    cores, memory = None, 0
    if access is not None:
        try:
            reached = access()
            if reached.engine != EMBEDDED:
                client = RestClient(reached, TIMEOUT_SECONDS)
                asked = _asked(client)
                cores, memory = _metrics(client)
        except MinikfError:
            asked = None
    return Usage(time.monotonic(), machine(), taken(platform), asked, cores, memory, found, why_not)


def machine() -> Machine:
    """Of this machine; by psutil where it is, else by /proc."""
    try:
        disk = shutil.disk_usage(next(one for one in (data_home(), *data_home().parents) if one.exists()))
    except (MinikfError, OSError, StopIteration):
        disk = None
    used, total = (disk.used, disk.total) if disk is not None else (0, 0)
    cpus = os.cpu_count() or 1
    try:
        import psutil
    except ImportError:
        return _of_proc(cpus, used, total)
    times, memory = psutil.cpu_times(), psutil.virtual_memory()
    idle = times.idle + getattr(times, "iowait", 0.0)
    guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)  # counted in user already
    busy = sum(times) - idle - guests
    return Machine(cpus, busy, int(memory.total - memory.available), int(memory.total), used, total)


def _of_proc(cpus: int, disk_used: int, disk_total: int) -> Machine:
    """proc_stat(5) counts in ticks: user, nice, system, idle, iowait, irq, softirq, steal."""
    if sys.platform != "linux":
        return Machine(cpus, disk_bytes=disk_used, disk_total=disk_total)
    try:
        ticks = [int(part) for part in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines() if ":" in line)
        total, free = (int(fields[key].split()[0]) * 1024 for key in ("MemTotal", "MemAvailable"))
    except (OSError, ValueError, KeyError, IndexError):
        return Machine(cpus, disk_bytes=disk_used, disk_total=disk_total)
    busy = (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")
    return Machine(cpus, busy, total - free, total, disk_used, disk_total)


def _asked(client: RestClient) -> Asked:
    """Raises Unreachable or ApiAnswer."""
    nodes = client.get("/api/v1/nodes").get("items") or []
    pods = client.get("/api/v1/pods?fieldSelector=spec.nodeName%21%3D").get("items") or []  # those that have a node
    whole, (cpu, memory) = of_objects(nodes, ()), requested(pods)
    return Asked(cpu, whole.cpu_milli, memory, whole.memory_bytes)


def _metrics(client: RestClient) -> tuple[float | None, int]:
    """Processors in use and bytes of memory of all nodes, where the cluster has a metrics server."""
    try:
        items = client.get("/apis/metrics.k8s.io/v1beta1/nodes").get("items") or []
        used = [one.get("usage") or {} for one in items]
        cpu = float(sum(parse(one.get("cpu", 0)) for one in used))
        return (cpu if items else None), int(sum(parse(one.get("memory", 0)) for one in used))
    except (MinikfError, ValueError):
        return None, 0


@dataclass(frozen=True)
class Rates:
    """What follows from two samples, in per cent of the whole machine; None where it is not known."""

    machine: float | None
    platform: float | None


def rates(before: Usage, now: Usage) -> Rates:
    """Processes that ended in between took their time with them: that is no negative use."""
    seconds = now.at - before.at
    if seconds <= 0:
        return Rates(None, None)
    whole = None
    if before.machine.busy_seconds is not None and now.machine.busy_seconds is not None:
        whole = _percent(now.machine.busy_seconds - before.machine.busy_seconds, seconds, now.machine.cpus)
    if now.cores is not None and now.asked is not None and now.asked.cpu_total:
        return Rates(whole, 100_000 * now.cores / now.asked.cpu_total)
    if not now.platform.measured or not before.platform.measured:
        return Rates(whole, None)
    mine = _percent(now.platform.cpu_seconds - before.platform.cpu_seconds, seconds, now.machine.cpus)
    return Rates(whole, mine)


def _percent(busy: float, seconds: float, cpus: int) -> float:
    return min(100.0, max(0.0, 100 * busy / (seconds * cpus)))


def share(part: int, whole: int) -> float | None:
    """In per cent; None where the whole is not known."""
    return 100 * part / whole if whole else None


@dataclass(frozen=True)
class History:
    """The last samples, oldest first."""

    samples: tuple[Usage, ...] = field(default=())

    def with_(self, sample: Usage) -> History:
        return History((*self.samples, sample)[-KEPT:])

    @property
    def last(self) -> Usage | None:
        return self.samples[-1] if self.samples else None

    @property
    def rates(self) -> list[Rates]:
        """One for each sample but the first."""
        return [rates(before, now) for before, now in zip(self.samples, self.samples[1:], strict=False)]

    def cpu(self) -> list[float | None]:
        return [one.machine for one in self.rates]

    def platform_cpu(self) -> list[float | None]:
        return [one.platform for one in self.rates]

    def memory(self) -> list[float | None]:
        return [share(one.machine.memory_bytes, one.machine.memory_total) for one in self.samples]

    def platform_memory(self) -> list[float | None]:
        return [share(one.platform.memory_bytes, one.machine.memory_total) for one in self.samples]

    def disk(self) -> list[float | None]:
        return [share(one.machine.disk_bytes, one.machine.disk_total) for one in self.samples]

    def gpu(self) -> list[float | None]:
        """Of all GPUs together."""
        return [_mean([gpu.percent for gpu in one.gpus if gpu.percent is not None]) for one in self.samples]


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def as_dict(now: Usage, found: Rates) -> dict[str, Any]:
    """What `minikf usage --json` prints."""
    machine, platform, asked = now.machine, now.platform, now.asked
    return {
        "machine": {
            "cpus": machine.cpus,
            "cpuPercent": _rounded(found.machine),
            "memoryBytes": machine.memory_bytes,
            "memoryTotalBytes": machine.memory_total,
            "diskBytes": machine.disk_bytes,
            "diskTotalBytes": machine.disk_total,
        },
        "platform": {
            "measured": platform.measured or ("metrics API" if now.cores is not None else ""),
            "cpuPercent": _rounded(found.platform),
            "memoryBytes": platform.memory_bytes or now.cluster_memory,
            "count": platform.count,
            "whyNot": "" if now.cores is not None else platform.why_not,
        },
        "requests": None
        if asked is None
        else {
            "cpuMilli": asked.cpu_milli,
            "cpuTotalMilli": asked.cpu_total,
            "memoryBytes": asked.memory_bytes,
            "memoryTotalBytes": asked.memory_total,
        },
        "gpus": [
            {
                "index": one.index,
                "name": one.name,
                "percent": one.percent,
                "memoryBytes": one.memory_bytes,
                "memoryTotalBytes": one.memory_total,
            }
            for one in now.gpus
        ],
        "noGpu": now.no_gpu,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
