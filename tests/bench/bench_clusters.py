"""`minikf up` with k3d and kind against the bare commands, on the lab's clusters; and `up` of one that runs already."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.labs import lab
from tests.bench.measure import Row, command, environment, median, timed
from tests.bench.world import World

RUNS = int(os.environ.get("MINIKF_BENCH_RUNS", "3"))
PLATFORM = "bench"


def rows(world: World) -> Iterator[Row]:
    """In turn, each side on an engine that has nothing else to do. What `up` waits for and a bare command does not, DNS
    that answers, is timed apart: the row that ends in "until DNS" has both sides wait for it."""
    made_of = lab()
    for engine, image in (("kind", made_of.node_image), ("k3d", made_of.k3s_image)):
        yield from _engine(world, engine, image, os.environ["PATH"])


def _engine(world: World, engine: str, image: str, path: str) -> Iterator[Row]:
    env = world.env | {"PATH": path}
    kubeconfig = world.home / "bare.kubeconfig"
    ours, bare, dns = [], [], []
    for _ in range(RUNS):
        bare.append(timed(_bare(engine, image, kubeconfig, env)))
        dns.append(bare[-1] + timed(_until_dns(kubeconfig, env)))
        _delete(engine, kubeconfig, env)
        ours.append(timed(command(*_up(engine, image), env=env)))
        again = median(command(*_up(engine, image), env=env), runs=5)
        command(sys.executable, "-m", "minikf", "down", "--yes", "--platform", PLATFORM, env=env)()
    name = f"minikf up --engine {engine}"
    peer = {"kind": "kind create cluster --wait", "k3d": "k3d cluster create --no-lb"}[engine]
    over = statistics.median(a - b for a, b in zip(ours, bare, strict=True))
    over_dns = statistics.median(a - b for a, b in zip(ours, dns, strict=True))
    yield Row(name, statistics.median(ours), "s", None, peer=statistics.median(bare), peer_name=peer)
    yield Row(f"{name}, seconds over it", over, "s", 1.5)
    yield Row(f"{name}, seconds over it until DNS", over_dns, "s", None, peer=statistics.median(dns), peer_name=peer)
    yield Row(f"{name}, of one that runs", again, "s", 2)


def _up(engine: str, image: str) -> tuple[str, ...]:
    words = ("up", "--profile", "none", "--platform", PLATFORM, "--engine", engine, "--node-image", image)
    return (sys.executable, "-m", "minikf", *words)


def _bare(engine: str, image: str, kubeconfig: Path, env: dict[str, str]) -> Callable[[], None]:
    """The command as a user types it who wants his kubeconfig left alone."""
    make = {
        "kind": ("kind", "create", "cluster", "--name", "bare", "--image", image, "--wait", "90s", "--kubeconfig"),
        "k3d": ("k3d", "cluster", "create", "bare", "--image", image, "--no-lb"),
    }[engine]
    if engine == "kind":
        return command(_found(make[0], env), *make[1:], str(kubeconfig), env=env)

    def k3d() -> None:
        command(_found(make[0], env), *make[1:], "--kubeconfig-update-default=false", env=env)()
        told = subprocess.run(
            [_found("k3d", env), "kubeconfig", "get", "bare"], env=environment() | env, check=True, capture_output=True
        )
        kubeconfig.write_bytes(told.stdout)

    return k3d


def _until_dns(kubeconfig: Path, env: dict[str, str]) -> Callable[[], None]:
    """Until one replica answers, as `minikf up` waits."""
    kubectl = (_found("kubectl", env), "--kubeconfig", str(kubeconfig), "-n", "kube-system")

    def wait() -> None:
        command(*kubectl, "wait", "--for=create", "deployment/coredns", "--timeout=120s", env=env)()
        reached = "--for=jsonpath={.status.availableReplicas}"
        command(*kubectl, "wait", reached, "deployment/coredns", "--timeout=120s", env=env)()

    return wait


def _delete(engine: str, kubeconfig: Path, env: dict[str, str]) -> None:
    words = {"kind": ("delete", "cluster", "--name", "bare"), "k3d": ("cluster", "delete", "bare")}[engine]
    command(_found(engine, env), *words, env=env | {"KUBECONFIG": str(kubeconfig)})()


def _found(name: str, env: dict[str, str]) -> str:
    found = shutil.which(name, path=env["PATH"])
    if found is None:
        raise FileNotFoundError(f"{name} is not in {env['PATH']}")
    return found
