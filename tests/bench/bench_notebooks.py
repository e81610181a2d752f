"""From the create of a Notebook to the page of JupyterLab; the peer is `jupyter lab` started by hand, cold.

Both end when `/lab` answers 200 to a request with the token. The kernel's figure is from asking for a kernel to the
result of the first cell, on the same server.
"""

from __future__ import annotations

import contextlib
import secrets
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import requests

from minikf.spec import Access
from tests.bench.measure import Row, environment
from tests.bench.world import World
from tests.embedded.notebooks.lab import Lab, notebook

RUNS = 5
SECONDS = 120


def rows(world: World) -> list[Row]:
    access = world.up()
    world.until_warm()
    ours, cells, peers = [], [], []
    for number in range(RUNS):  # in turn, so that a machine whose speed drifts is fair to both
        ready, cell = ours_seconds(access, f"bench-{number}")
        ours.append(ready)
        cells.append(cell)
        peers.append(peer_seconds(world.home / f"peer-{number}"))
    return [
        Row(
            "notebook, create to its page",
            statistics.median(ours),
            "s",
            4,
            False,
            statistics.median(peers),
            "jupyter lab",
        ),
        Row("notebook, first cell's result", statistics.median(cells), "s", 4),
    ]


def ours_seconds(access: Access, name: str) -> tuple[float, float]:
    """(create to page, kernel to first result)."""
    begin = time.perf_counter()
    with notebook(access, name) as lab:
        assert lab.ask("/lab").status_code == 200
        ready = time.perf_counter() - begin
        return ready, cell_seconds(lab)


def cell_seconds(lab: Lab) -> float:
    begin = time.perf_counter()
    assert lab.kernel().run("6 * 7") == "42"
    return time.perf_counter() - begin


def peer_seconds(folder: Path) -> float:
    """A server of the same packages, as a user starts it."""
    folder.mkdir()
    begin = time.perf_counter()
    with peer(folder) as address:
        end = begin + SECONDS
        while time.perf_counter() < end:
            with contextlib.suppress(requests.ConnectionError):
                if requests.get(address, timeout=SECONDS).status_code == 200:
                    return time.perf_counter() - begin
            time.sleep(0.02)
    raise TimeoutError("jupyter lab does not answer")


@contextlib.contextmanager
def peer(folder: Path) -> Iterator[str]:
    token = secrets.token_urlsafe()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = [
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        f"--notebook-dir={folder}",
        f"--IdentityProvider.token={token}",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options],
        env=environment() | {"HOME": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}/lab?token={token}"
    finally:
        process.terminate()
        process.wait()
