"""Platforms on kind whose node has the images of the lab's controllers, by the names that upstream asks for."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import binaries.build
import pytest
from binaries.recipe import API, CLUSTERS, CONTROLLERS
from controllers import images, upstream
from engines.minikf import Ended, Home
from keep import Unavailable
from lab import Lab

from examples import workload
from minikf.bundle import shelf
from minikf.bundle.lock import locked
from minikf.bundle.model import LITE

REAL = ("trainer", "kserve")
"""The components of the profile lite whose controllers the lab can build."""

_numbers = count()
# What comes and goes by itself.
_PASSING = (
    "events",
    "events.events.k8s.io",
    "leases.coordination.k8s.io",
    "endpoints",
    "endpointslices.discovery.k8s.io",
)


@dataclass(frozen=True)
class Platform:
    """`image` is what pods of tests and of users run."""

    home: Home
    name: str
    image: str
    commands: Path

    @property
    def node(self) -> str:
        return f"minikf-{self.name}-control-plane"

    @property
    def kubeconfig(self) -> Path:
        return self.home.folder / ".config/minikf/platforms" / self.name / "kubeconfig"

    def minikf(self, *words: str) -> Ended:
        """With --json; whatever comes of it."""
        return self.home.minikf(*words, "--json", "--platform", self.name, seconds=500)

    def done(self, *words: str) -> Any:
        """What a command that has to succeed prints."""
        ended = self.minikf(*words)
        assert ended.code == 0, ended.err[-3000:]
        return ended.json

    def kubectl(self, *words: str, stdin: str = "") -> str:
        ended = self.home.kubectl(self.name, *words, stdin=stdin)
        assert ended.code == 0, f"kubectl {' '.join(words)}: {ended.err}"
        return ended.out

    def get(self, *words: str) -> Any:
        return json.loads(self.kubectl("get", *words, "-o", "json"))

    def everything(self) -> set[str]:
        """Kind, namespace and name of every object, but those that come and go by themselves."""
        kinds = set(self.kubectl("api-resources", "--verbs=list", "-o", "name").split()) - {*_PASSING}
        line = '{{range .items}}{{.kind}} {{or .metadata.namespace "-"}} {{.metadata.name}}{{"\\n"}}{{end}}'
        return set(
            self.kubectl("get", ",".join(sorted(kinds)), "-A", "-o", "go-template", "--template", line).splitlines()
        )

    def tested(self) -> dict[str, str]:
        """The outcome of the test of each component whose controllers are real."""
        found = self.done("test", *REAL, "--image", self.image)
        return {one["component"]: one["outcome"] for one in found}


Make = Callable[[], contextlib.AbstractContextManager[Platform]]


@pytest.fixture(scope="session")
def furnishing(
    lab: Lab, say: Callable[[str], None], no_lab: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory
) -> Make:
    """Makes a platform with nothing of the bundle yet, that is gone after the block."""
    try:
        mirror = upstream.mirror()
        commands = binaries.build.ensure(say, API + CLUSTERS + CONTROLLERS)
        made = workload.ensure(say)
    except Unavailable as why:
        no_lab(f"no Kubeflow on a cluster here: {why}")
        raise  # not reached: the test is skipped or fails
    bundle = shelf.bundle()
    lock = locked(bundle)
    facts = [lock.variant(bundle.components[name], LITE).facts for name in REAL]
    folder = tmp_path_factory.mktemp("furnished")
    archive = images.archive({image for one in facts if one for image in one.images}, commands, folder / "images.tar")

    @contextlib.contextmanager
    def platform() -> Iterator[Platform]:
        name = f"fur-{os.getpid() % 100000}-{next(_numbers)}"
        home = Home(tmp_path_factory.mktemp(name), lab.bin, {"kind": lab.node_image}, {"MINIKF_MIRROR": str(mirror)})
        found = Platform(home, name, made.tag, commands)
        try:
            up = home.up(name, "kind", "--profile", "none")
            assert up.code == 0, up.err
            there = subprocess.run(["docker", "image", "inspect", made.tag], capture_output=True, check=False)
            build = ("build", str(made.folder), "--tag", made.tag, "--from", made.base)
            found.done("image", *(build if there.returncode else ("load", made.tag)))
            found.done("image", "load", str(archive))
            yield found
        finally:
            down = home.minikf("down", "--yes", "--platform", name)
        assert down.code == 0, down.err
        left = subprocess.run(
            ["docker", "ps", "-aq", "--filter", f"name={found.node}"], capture_output=True, check=True
        )
        assert not left.stdout

    return platform
