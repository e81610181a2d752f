"""Memory and idle CPU of a platform: the daemon alone, after an experiment, and with its fork server."""

from __future__ import annotations

import time

import psutil

from minikf.engine import record, strays
from minikf.kube.rest import RestClient
from minikf.paths import PlatformPaths
from tests.bench.bench_tuning import TRIALS, our_seconds
from tests.bench.measure import Row
from tests.bench.world import World

IDLE_SECONDS = 20.0
MIB = 1024 * 1024


def processes() -> list[psutil.Process]:
    """The platform's daemon, launcher and warm servers."""
    found = strays.find(PlatformPaths.of())
    daemon = record.running(PlatformPaths.of())
    pids = {process.pid for process in found} | ({daemon.pid} if daemon else set())
    return [psutil.Process(pid) for pid in sorted(pids)]


def memory(found: list[psutil.Process]) -> float:
    """Megabytes held: shared pages counted once (proportional set size), where the system tells it."""
    return sum(getattr(process.memory_full_info(), "pss", process.memory_info().rss) for process in found) / MIB


def cpu_seconds(found: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in found)


def rows(world: World) -> list[Row]:
    world.up(MINIKF_WARM="0")
    time.sleep(2)
    alone = memory(processes())
    world.minikf("stop")
    access = world.up()
    world.until_warm()
    time.sleep(3)
    found = processes()
    both = memory(found)
    before, begin = cpu_seconds(found), time.monotonic()
    time.sleep(IDLE_SECONDS)
    idle = 100 * (cpu_seconds(found) - before) / (time.monotonic() - begin)
    our_seconds(RestClient(access))
    after = memory([process for process in processes() if "minikf.embedded.daemon" in process.cmdline()])
    return [
        Row("daemon without fork server", alone, "MiB", 120),
        Row("daemon with fork server", both, "MiB", 400),
        Row(f"daemon after an experiment of {TRIALS} trials", after, "MiB", 120),
        Row(f"idle for {IDLE_SECONDS:.0f} s", idle, "%", 1.0),
    ]
