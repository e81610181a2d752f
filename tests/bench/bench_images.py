"""Loading an image of 500 MB and ten layers into a cluster, beside the peers' own commands and the floor.

Clusters are the lab's: real kind and k3d, Docker with the driver overlay2. Each layer is 50 MB in about 770 files of
very different sizes (log-normal, median 13 kB); half of the bytes are words, half random. They are the same in every
run. The floor is `tar -x` of the ten layers from files in the node: writing the content once.

kind looks with crictl whether an image is there; k3d does not look. k3d copies through a tools container unless it is
told `--mode direct`; both are timed.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import random
import shlex
import statistics
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from minikf.engine.docker.images import ImageEngine
from minikf.engine.images import load
from minikf.engine.images.deliver import Route
from tests.bench.labs import lab
from tests.bench.measure import Row, timed
from tests.bench.world import World

LAYERS, LAYER_BYTES = 10, 50_000_000
RUNS = int(os.environ.get("MINIKF_BENCH_RUNS", "3"))
FIRST, SECOND = "minikf-bench/images:1", "minikf-bench/images:2"


def rows(world: World) -> Iterator[Row]:
    made_of = lab()
    from clusters.cluster import cluster
    from clusters.names import new_name

    tars = [_layer(number) for number in range(LAYERS)]
    with _images(tars), ImageEngine.connect() as engine:
        for name in ("kind", "k3d"):
            with cluster(name, new_name(), made_of, world.home) as made:
                yield from _Bench(engine, made).rows(tars)


class _Bench:
    """The figures of one cluster."""

    def __init__(self, engine: ImageEngine, cluster: Any) -> None:
        self._engine = engine
        self._cluster = cluster
        self._node = cluster.node

    def rows(self, tars: list[bytes]) -> Iterator[Row]:
        peers = self._peers()
        times, unpacked, floor = self._times(peers, tars)
        what, ours, first = f"image load, {self._cluster.engine}", times[""], next(iter(peers))
        for name in peers:
            cold, there, changed = times[name]
            yield Row(f"{what}, 500 MB", ours[0], "s", 3, True, cold, name, True, True)
            yield Row(f"{what}, already there", ours[1], "s", *_there(ours[1], floor), there, name, True, True)
            yield Row(f"{what}, 1 layer of 10 new", ours[2], "s", 3, True, changed, name, True, True)
        yield Row(f"{what}, 500 MB, unpacked by Docker", unpacked, "s", 1, True, times[first][0], first, True, True)
        yield Row(f"{what}, 500 MB, floor", ours[0], "s", None, False, floor, "tar -x in the node", True)
        yield Row(f"{what}, already there, floor", ours[1], "s", None, False, floor, "tar -x in the node", True)

    def _peers(self) -> dict[str, list[str]]:
        name = self._cluster.name
        if self._cluster.engine == "kind":
            return {"kind load docker-image": ["kind", "load", "docker-image", "--name", name]}
        command = ["k3d", "image", "import", "--cluster", name]
        return {"k3d image import": command, "k3d image import --mode direct": [*command, "--mode", "direct"]}

    def _times(self, peers: dict[str, list[str]], tars: list[bytes]) -> tuple[dict[str, list[float]], float, float]:
        """Medians of runs in turn. By the peer's name, "" for ours: into a node that has nothing of the image, into one
        that has it, and with nine of ten layers there. Then our second route into an empty node, and the floor.
        """
        steps: dict[str, list[Callable[[], object]]] = {
            name: [self._call(command, image) for image in (FIRST, FIRST, SECOND)] for name, command in peers.items()
        }
        steps[""] = [partial(self._ours, image) for image in (FIRST, FIRST, SECOND)]
        taken: dict[str, list[list[float]]] = {name: [] for name in steps}
        unpacked, floor = [], []
        for _ in range(RUNS):
            for name, three in steps.items():
                self._forget()
                taken[name].append([timed(one) for one in three])
            self._forget()
            unpacked.append(timed(partial(self._ours, FIRST, Route.UNPACK)))
            floor.append(self._floor(tars))
        medians = {name: [statistics.median(of) for of in zip(*turns, strict=True)] for name, turns in taken.items()}
        return medians, statistics.median(unpacked), statistics.median(floor)

    def _ours(self, image: str, *routes: Route) -> None:
        for _ in load(self._engine, [self._node], [image], routes or tuple(Route)):
            pass

    def _call(self, command: list[str], image: str) -> Callable[[], object]:
        return lambda: subprocess.run([*command, image], check=True, capture_output=True)

    def _forget(self) -> None:
        """Removes the images from the node, with all that hangs on them, under whatever name they came."""
        ids = [json.loads(_docker("image", "inspect", name))[0]["Id"] for name in (FIRST, SECOND)]
        script = f"""
        for space in k8s.io default; do
          ctr -n $space images ls -q | while read -r name; do
            case $name in *minikf-bench/images*|import-*|{"|".join(ids)}) ctr -n $space images rm --sync $name ;; esac
          done
        done"""
        _docker("exec", self._node, "sh", "-c", script)

    def _floor(self, tars: list[bytes]) -> float:
        root = "/var/lib/containerd/bench-floor"
        _docker("exec", self._node, "mkdir", "-p", root)
        try:
            for number, content in enumerate(tars):
                command = ["docker", "exec", "-i", self._node, "sh", "-c", f"cat > {root}/{number}.tar"]
                subprocess.run(command, input=content, check=True)
            each = f"mkdir {root}/$i && tar -xf {root}/$i.tar -C {root}/$i"
            script = f"for i in {' '.join(map(str, range(len(tars))))}; do {each} || exit; done"
            return timed(lambda: _docker("exec", self._node, "sh", "-c", script))
        finally:
            _docker("exec", self._node, "rm", "-rf", root)


def _there(ours: float, floor: float) -> tuple[float | None, bool]:
    """What was promised of an image that is there already: 20 times a peer, or within 1.2 times the floor."""
    return (None if ours <= 1.2 * floor else 20), True


@contextlib.contextmanager
def _images(tars: list[bytes]) -> Iterator[None]:
    """Two images in the engine that differ in the last layer."""
    for name, layers in ((FIRST, tars), (SECOND, [*tars[:-1], _layer(LAYERS)])):
        subprocess.run(["docker", "load"], input=_archive(name, layers), check=True, capture_output=True)
    try:
        yield
    finally:
        _docker("rmi", FIRST, SECOND)


def _layer(number: int) -> bytes:
    chance = random.Random(number)
    words = [bytes(chance.choices(b"abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 10))) for _ in range(2000)]
    pool = b"".join(b" ".join(chance.choices(words, k=1000)) + chance.randbytes(6500) for _ in range(160))
    packed, left, count = io.BytesIO(), LAYER_BYTES, 0
    with tarfile.open(fileobj=packed, mode="w") as tar:
        while left:
            info = tarfile.TarInfo(f"opt/{number}/{count % 40}/{count}")
            info.size = min(int(chance.lognormvariate(9.5, 1.8)) + 1, left)
            start = chance.randrange(len(pool) // 2)
            content = (pool[start:] + pool * (info.size // len(pool) + 1))[: info.size]
            tar.addfile(info, io.BytesIO(content))
            left, count = left - info.size, count + 1
    return packed.getvalue()


def _archive(name: str, tars: list[bytes]) -> bytes:
    """What `docker load` takes."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
    diff_ids = [f"sha256:{hashlib.sha256(one).hexdigest()}" for one in tars]
    config = {"architecture": machine, "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": diff_ids}}
    files = {f"{number}.tar": content for number, content in enumerate(tars)}
    told = [{"Config": "config.json", "RepoTags": [name], "Layers": list(files)}]
    files |= {"config.json": json.dumps(config).encode(), "manifest.json": json.dumps(told).encode()}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path, content in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def _docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"docker {shlex.join(words)} failed: {done.stderr}")
    return done.stdout
