"""All of the distribution on the lab's API server, against what that server needs for the definitions alone.

Each run has a fresh cluster; the two sides take turns. Upstream's own loop, `kubectl apply` again and again, is timed
with MINIKF_BENCH_LOOP=1: it lasts a minute and more. Processor seconds of the API server are told beside the times,
which depend on what else the machine does.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.labs import CACHE
from tests.bench.measure import Row
from tests.bench.world import World

RUNS = int(os.environ.get("MINIKF_BENCH_RUNS", "3"))
LOOP = os.environ.get("MINIKF_BENCH_LOOP") == "1"
MOST_MB = 300
PLAIN_WRITERS = 16
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_UPSTREAM = os.environ.get("MINIKF_UPSTREAM", "")  # the world of a benchmark has none of the user's variables
_LAB = Path(__file__).resolve().parents[1] / "lab"


@dataclass(frozen=True)
class Run:
    """Seconds of the clock, of the API server's processor and of all processes' on the lab's side; memory in MB."""

    seconds: float
    server: float
    memory: float = 0.0
    again: float = 0.0


def rows(_: World) -> Iterator[Row]:
    """As MINIKF_UPSTREAM names it, or beside the checkout; nothing without a mirror."""
    if str(_LAB) not in sys.path:
        sys.path.insert(0, str(_LAB))
    from binaries.build import ensure  # type: ignore[import-not-found]
    from install.cluster import COMMANDS  # type: ignore[import-not-found]
    from install.upstream import example, mirror  # type: ignore[import-not-found]

    os.environ |= {"MINIKF_UPSTREAM": _UPSTREAM, "MINIKF_LAB_CACHE": CACHE}
    where = mirror()
    if where is None:
        print("bench_install: no mirror of Kubeflow's files; name it with MINIKF_UPSTREAM")
        return
    binaries = ensure(lambda line: print(f"lab: {line}", flush=True), COMMANDS)
    prepared = example(where, binaries)
    plain, floor, full = [], [], []
    for _ in range(RUNS):
        plain.append(_plain(binaries, prepared))
        floor.append(_run(binaries, prepared, alone=True))
        full.append(_run(binaries, prepared, alone=False))
    a, b = statistics.median(one.seconds for one in full), statistics.median(plain)
    peer = "its definitions alone, side by side, until Established"
    yield Row("install all of 26.03", a, "s", 1.25, peer=b, peer_name=peer, of_ratio=True)
    b = statistics.median(one.seconds for one in floor)
    peer = "its definitions alone, as we write them, until served"
    yield Row("install all of 26.03", a, "s", None, peer=b, peer_name=peer)
    a, b = (statistics.median(one.server for one in side) for side in (full, floor))
    yield Row("install all of 26.03, processor of the API server", a, "s", None, peer=b, peer_name=peer)
    again, first = (statistics.median(found) for found in zip(*((one.again, one.seconds) for one in full), strict=True))
    yield Row("install again, nothing to do", again, "s", 0.1, peer=first, peer_name="the first time", of_ratio=True)
    yield Row("install, memory", max(one.memory for one in full), "MB", MOST_MB)
    if LOOP:
        loop = _loop(binaries, prepared)
        yield Row("install all of 26.03", statistics.median(one.seconds for one in full), "s", 0.3,
                  peer=loop, peer_name="kubectl apply until nothing fails", of_ratio=True)  # fmt: skip


def _run(binaries: Path, prepared: Any, *, alone: bool) -> Run:
    from install.doing import done  # type: ignore[import-not-found]
    from install.upstream import definitions

    from minikf.install.run import install
    from minikf.paths import PlatformPaths

    with ExitStack() as stack:
        cluster, parts = _prepared(stack, binaries, prepared)
        parts = definitions(parts) if alone else parts
        before = _processor(cluster.folder)
        begin = time.perf_counter()
        found = done(install(cluster.access, PlatformPaths.of("bench"), parts, patience=300))
        seconds, server = time.perf_counter() - begin, _processor(cluster.folder) - before
        assert found.retried == 0, f"{found.retried} objects were sent again"
        begin = time.perf_counter()
        assert done(install(cluster.access, PlatformPaths.of("bench"), parts, patience=300)).applied == 0
        again = time.perf_counter() - begin
    return Run(seconds, server, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, again)


def _plain(binaries: Path, prepared: Any) -> float:
    """The definitions as anybody would write them who wants to be quick: all of them side by side, then wait."""
    from install.upstream import definitions

    from minikf.kube.apply.calls import Calls

    with ExitStack() as stack:
        cluster, parts = _prepared(stack, binaries, prepared)
        items = definitions(parts)[0].objects
        calls = Calls(cluster.access, 300)

        def write(item: Any) -> None:
            path = f"{CRDS}/{item.name}?fieldManager=bench"
            headers = {"Content-Type": "application/apply-patch+yaml"}
            assert calls.send("PATCH", path, item.text.encode(), headers).status == 201, item.name

        begin = time.perf_counter()
        with ThreadPoolExecutor(PLAIN_WRITERS) as threads:
            list(threads.map(write, items))
        for item in items:  # kubectl wait ends with an error where a definition has no conditions yet
            while not _established(cluster.get(f"{CRDS}/{item.name}")):
                time.sleep(0.2)
        return time.perf_counter() - begin


def _established(body: Any) -> bool:
    conditions = body.get("status", {}).get("conditions") or ()
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)


def _loop(binaries: Path, prepared: Any) -> float:
    """As upstream's README has it: all at once, again after 20 s until kubectl finds no fault."""
    with ExitStack() as stack:
        cluster, parts = _prepared(stack, binaries, prepared)
        file = cluster.folder / "all.yaml"
        file.write_text("---\n".join(item.text for part in parts for item in part.objects))
        words = [str(binaries / "kubectl"), "--kubeconfig", str(cluster.server.kubeconfig)]
        words += ["apply", "--server-side", "--force-conflicts", "-f", str(file)]
        begin, passes = time.perf_counter(), 1
        while subprocess.run(words, capture_output=True, check=False, env={"HOME": str(cluster.folder)}).returncode:
            passes += 1
            time.sleep(20)
        print(f"bench_install: the loop took {passes} passes")
        return time.perf_counter() - begin


def _prepared(stack: ExitStack, binaries: Path, prepared: Any) -> tuple[Any, Any]:
    """A fresh cluster, and the parts whose webhooks trust the server that is here for them."""
    from install.cluster import cluster, own_address
    from install.upstream import PORTS, example_parts, services, volumes
    from install.webhook import webhook  # type: ignore[import-not-found]

    from minikf.paths import PlatformPaths

    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    made = stack.enter_context(cluster(binaries, folder))
    volumes(made)
    names = services(example_parts(made.access, PlatformPaths.of("bench"), prepared, ""))
    hook = stack.enter_context(webhook(folder, own_address(), names, PORTS))
    time.sleep(3)  # its controllers have begun by then
    return made, example_parts(made.access, PlatformPaths.of("bench"), prepared, hook.bundle)


def _processor(folder: Path) -> float:
    """Seconds that the API server in `folder` has computed for."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words = (place / "cmdline").read_bytes().split(b"\0")
            if words[0].endswith(b"kube-apiserver") and any(str(folder).encode() in word for word in words):
                ticks = (place / "stat").read_text().rpartition(")")[2].split()[11:13]
                return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
        except (OSError, IndexError):
            continue
    return 0.0
