"""Three hundred small objects into the lab's API server, by a promotion and by nothing but calls, in turn.

The peer is what the server can take: server-side applies of the same objects over open connections, as many at once as
we make. A promotion writes down each object on the disk before the next depends on it, and what it has in the target.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.bench.labs import CACHE
from tests.bench.measure import Row
from tests.bench.world import World

RUNS = int(os.environ.get("MINIKF_BENCH_RUNS", "5"))
OBJECTS = 300
MOST = 1.3
_LAB = Path(__file__).resolve().parents[1] / "lab"


def rows(_: World) -> Iterator[Row]:
    """Nothing where the lab cannot be had."""
    if str(_LAB) not in sys.path:
        sys.path.insert(0, str(_LAB))
    os.environ["MINIKF_LAB_CACHE"] = CACHE
    from binaries.build import ensure  # type: ignore[import-not-found]
    from promoting.target import COMMANDS, target  # type: ignore[import-not-found]

    binaries = ensure(lambda line: print(f"lab: {line}", flush=True), COMMANDS)
    with tempfile.TemporaryDirectory(prefix="minikf-bench-") as folder, target(binaries, Path(folder) / "t") as made:
        ours, plain, tried, again = [], [], [], []
        for turn in range(RUNS + 1):  # the first is to warm both up
            plain.append(_plain(made, f"plain-{turn}"))
            for found, seconds in zip((tried, ours, again), _promoted(made, f"ours-{turn}"), strict=True):
                found.append(seconds)
        a, b = statistics.median(ours[1:]), statistics.median(plain[1:])
        yield Row(
            f"apply of {OBJECTS} objects", a, "s", MOST, peer=b, peer_name="the same by calls alone", of_ratio=True
        )
        c = statistics.median(tried[1:])
        yield Row(f"dry run of {OBJECTS} objects before it", c, "s", None, peer=b, peer_name="the same by calls alone")
        yield Row(f"promotion of {OBJECTS} objects again", statistics.median(again[1:]), "s", 2.0)


def _objects(namespace: str) -> list[dict[str, Any]]:
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": f"c{number}", "namespace": namespace, "labels": {"app": "bench"}},
            "data": {"number": str(number), "words": "of a setting " * 10},
        }
        for number in range(OBJECTS)
    ]


def _plain(made: Any, name: str) -> float:
    from promoting.target import room

    from minikf.kube.apply import Calls
    from minikf.promote.apply.run import WORKERS

    here = room(made, name)
    calls = Calls(here.access)
    texts = [(one["metadata"]["name"], json.dumps(one).encode()) for one in _objects(name)]

    def send(one: tuple[str, bytes]) -> None:
        path = f"/api/v1/namespaces/{name}/configmaps/{one[0]}?fieldManager=bench&force=false"
        assert calls.send("PATCH", path, one[1], {"Content-Type": "application/apply-patch+yaml"}).status == 201

    begin = time.perf_counter()
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(send, texts))
    return time.perf_counter() - begin


def _promoted(made: Any, name: str) -> tuple[float, float, float]:
    """Seconds of the dry run, of all else until the receipt is written, and of the same promotion once more."""
    from install.doing import done  # type: ignore[import-not-found]
    from promoting.target import room

    from minikf.promote.apply import Intended, promote, rehearse

    here = room(made, name)
    intended = Intended.of("bench", name, name, _objects(name))
    begin = time.perf_counter()
    done(rehearse(here.access, intended))
    tried = time.perf_counter()
    marks: dict[str, float] = {}
    steps = promote(here.access, intended)
    try:
        while True:
            event = next(steps)
            marks[f"{event.what} {event.state}"] = time.perf_counter()
    except StopIteration as end:
        assert end.value.applied == OBJECTS
    ended = time.perf_counter()
    again = Intended.of("bench", name, name, _objects(name))
    assert not done(promote(here.access, again)).changed
    return tried - begin, ended - marks["dry run done"], time.perf_counter() - ended
