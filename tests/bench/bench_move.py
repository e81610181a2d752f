"""A model to an object store, beside the plain upload of the same file by the same library to the same store.

The store is the lab's versitygw, an S3 server over a folder of this machine: there is no network in it, so what the
copy computes (SHA-256 and MD5 of all bytes) shows as it would on no line slower than this machine's cores.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from minikf.promote.move import copy
from tests.bench.labs import CACHE
from tests.bench.measure import Row, median, paired
from tests.bench.world import World

BYTES = 256 << 20
PART = 8 << 20
RUNS = int(os.environ.get("MINIKF_BENCH_RUNS", "5"))


def rows(world: World) -> Iterator[Row]:
    lab = str(Path(__file__).resolve().parents[1] / "lab")
    if lab not in sys.path:
        sys.path.insert(0, lab)
    os.environ["MINIKF_LAB_CACHE"] = CACHE
    from stores.server import known, program, store

    binary = program(lambda line: print(f"lab: {line}", flush=True))
    model = world.home / "model"
    model.write_bytes(os.urandom(BYTES))
    with tempfile.TemporaryDirectory() as folder, store(binary, Path(folder) / "store") as url, known():
        yield from _rows(model, url)


def _rows(model: Path, url: str) -> Iterator[Row]:
    import obstore
    from obstore.store import S3Store

    sha256 = hashlib.sha256(model.read_bytes()).hexdigest()
    plain = S3Store("bucket", config={"endpoint": url, "region": "us-east-1"}, client_options={"allow_http": True})
    numbers = itertools.count()

    def ours(to: str = "") -> None:
        for _ in copy(model, f"s3://bucket/{to or next(numbers)}", sha256, {"endpoint": url}):
            pass

    def raw() -> None:
        obstore.put(plain, f"raw-{next(numbers)}", model, chunk_size=PART, max_concurrency=6)

    mine, theirs = (BYTES / 1e6 / seconds for seconds in paired(ours, raw, runs=RUNS))
    yield Row("model copy, 256 MiB", mine, "MB/s", 0.8, True, theirs, "the library's own upload", of_ratio=True)
    yield Row("model copy, already there", median(lambda: ours("there"), runs=RUNS), "s", 1.0)
