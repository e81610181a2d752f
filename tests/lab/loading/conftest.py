"""Nodes for tests of loading images: containers that run containerd as a cluster's node does, without a cluster."""

from __future__ import annotations

import contextlib
import json
import os
import random
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from lab import Lab

from minikf.engine.docker.images import ImageEngine
from minikf.engine.images import load
from minikf.engine.images.deliver import Route
from minikf.engine.images.model import chain_ids
from minikf.spec import Event, LoadedImage

from . import strange

CONTAINERD = "/var/lib/containerd"


def docker(*words: str, stdin: bytes = b"") -> str:
    """What a docker command prints. Raises CalledProcessError with its words."""
    run = subprocess.run(["docker", *words], input=stdin, capture_output=True, check=False)
    if run.returncode:
        error = subprocess.CalledProcessError(run.returncode, words)
        error.add_note(run.stderr.decode(errors="replace"))
        raise error
    return run.stdout.decode(errors="replace")


@dataclass(frozen=True)
class Node:
    """A container with containerd in it."""

    name: str

    def ctr(self, *words: str) -> str:
        return docker("exec", self.name, "ctr", "--namespace", "k8s.io", *words)

    def images(self) -> set[str]:
        """All names of images, ids among them."""
        return set(self.ctr("images", "ls", "-q").split())

    def snapshots(self) -> set[str]:
        return {line.split()[0] for line in self.ctr("snapshots", "ls").splitlines()[1:]}

    def kept_for_ever(self) -> list[str]:
        """Snapshots that containerd's garbage collection would never take."""
        layers = [one for one in self.snapshots() if one.startswith("sha256:")]  # others are pods', and come and go
        return [one for one in layers if "gc.root" in self.ctr("snapshots", "info", one)]

    def stages(self) -> str:
        return docker("exec", self.name, "sh", "-c", f"ls -d {CONTAINERD}/minikf-* 2>/dev/null || true")

    def is_clean(self) -> bool:
        """Nothing is there, not even half of something."""
        return not (self.images() or self.snapshots() or self.stages())

    def folders(self, diff_ids: Sequence[str]) -> list[str]:
        """The folders of an image's layers on the engine's machine, the uppermost first.

        A view that nothing refers to is containerd's garbage, and may be collected before it is asked for.
        """
        for chance in (4, 3, 2, 1, 0):
            self.ctr("snapshots", "view", "look", chain_ids(diff_ids)[-1])
            try:
                told = self.ctr("snapshots", "mounts", "/x", "look")
                break
            except subprocess.CalledProcessError:
                if not chance:
                    raise
            finally:
                if "look" in self.snapshots():
                    self.ctr("snapshots", "rm", "look")
        inside = told.split("lowerdir=")[1].split()[0].split(",")[0].split(":")
        mounts = {one["Destination"]: one["Source"] for one in json.loads(docker("inspect", self.name))[0]["Mounts"]}
        return [one.replace(CONTAINERD, mounts[CONTAINERD], 1) for one in inside]


@dataclass(frozen=True)
class Load:
    """What a load said and returned."""

    images: tuple[LoadedImage, ...]
    events: list[Event]


def run(nodes: Sequence[Node], references: Sequence[str], *routes: Route) -> Load:
    """Loads images to the end, by all routes or these. Raises as `load`."""
    events = []
    with ImageEngine.connect() as engine:
        steps = load(engine, [one.name for one in nodes], references, routes or tuple(Route))
        while True:
            try:
                events.append(next(steps))
            except StopIteration as end:
                return Load(end.value, events)


@pytest.fixture
def node(lab: Lab) -> Iterator[Node]:
    """One that has no images at all."""
    with fresh(lab) as made:
        yield made


@contextlib.contextmanager
def fresh(lab: Lab, size: str = "") -> Iterator[Node]:
    """A node whose containerd has a disk of its own, of `size` (as in 64m) and in memory where that is given."""
    name = f"lab-loading-{os.getpid()}-{secrets.token_hex(3)}"
    options = ["--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", f"o=size={size}"] if size else []
    docker("volume", "create", *options, name)
    try:
        disk = f"type=volume,src={name},dst={CONTAINERD},volume-nocopy"
        docker(
            "run", "-d", "--name", name, "--privileged", "--network", "none", "--mount", disk,
            "--entrypoint", "containerd", lab.node_image,
        )  # fmt: skip
        made = Node(name)
        deadline = time.monotonic() + 60
        while True:
            try:
                made.images()
                break
            except subprocess.CalledProcessError:
                assert time.monotonic() < deadline, docker("logs", name)
                time.sleep(0.2)
        yield made
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            docker("rm", "-f", "-v", name)
        docker("volume", "rm", "-f", name)


@pytest.fixture
def tag() -> Iterator[Callable[[str], str]]:
    """Makes names of images that are removed from the engine in the end."""
    made: list[str] = []

    def new(version: str) -> str:
        made.append(f"minikf-loading/{os.getpid()}-{secrets.token_hex(3)}:{version}")
        return made[-1]

    yield new
    for one in made:
        with contextlib.suppress(subprocess.CalledProcessError):
            docker("rmi", "-f", one)


@pytest.fixture
def strange_image(tag: Callable[[str], str]) -> str:
    """The image of `strange.py` in the Docker engine."""
    name = tag("strange")
    docker("load", stdin=strange.archive(name, strange.layers()))
    return name


def inspect(image: str) -> dict[str, Any]:
    return dict(json.loads(docker("image", "inspect", image))[0])


def layers_in_docker(image: str) -> list[str]:
    """The folders of an image's layers, the uppermost first."""
    told = inspect(image)["GraphDriver"]["Data"]
    return [told["UpperDir"], *filter(None, told.get("LowerDir", "").split(":"))]


def written(tmp_path: Path, content: bytes, name: str = "image.tar") -> str:
    path = tmp_path / name
    path.write_bytes(content)
    return str(path)


def noise(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)


def image_of(tag: str, *contents: bytes) -> list[bytes]:
    """An image in the engine with a file in each layer; returns the layers' tar files."""
    tars = [strange.Layer().file(f"file-{number}", content).bytes() for number, content in enumerate(contents)]
    docker("load", stdin=strange.archive(tag, tars))
    return tars
