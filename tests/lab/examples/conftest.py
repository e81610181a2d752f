"""One platform of each engine for all examples; removed when the last of them has ended."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import binaries.build
import pytest
import yaml
from binaries.recipe import API, CLUSTERS, CONTROLLERS
from controllers import upstream
from controllers.install import KSERVE, TRAINER, TRAINING_OPERATOR, Target, install
from keep import Unavailable
from lab import Lab

from . import workload
from .home import Home
from .sides import Embedded, Kind
from .table import markdown

_RUNTIME = Path(__file__).resolve().parents[3] / "minikf" / "embedded" / "runtimes" / "plain-python.yaml"
_NAME = f"same-{os.getpid() % 100000}"


@pytest.fixture(scope="session", autouse=True)
def told(report: Any) -> None:
    """The table stands in the last lines of the run."""
    report.notes.extend(markdown())


@pytest.fixture(scope="session")
def embedded(lab_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    home = Home(tmp_path_factory.mktemp("embedded"), lab_binaries, {}, {"MINIKF_WARM": "0"})
    done = home.minikf("up", "--engine", "embedded", "--platform", _NAME)
    assert done.code == 0, done.err
    try:
        yield Embedded(home, _NAME)
    finally:
        done = home.minikf("down", "--yes", "--platform", _NAME)
    assert done.code == 0, done.err


@pytest.fixture(scope="session")
def kind(
    lab: Lab,
    say: Callable[[str], None],
    no_lab: Callable[[str], None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Kind]:
    """A platform on kind with Trainer, JobSet, KServe and Training Operator, and the workloads' image in its node."""
    try:
        upstream.mirror()
        commands = binaries.build.ensure(say, API + CLUSTERS + CONTROLLERS)
        made = workload.ensure(say)
    except Unavailable as why:
        no_lab(f"no Kubeflow on a cluster here: {why}")
        raise  # not reached: the test is skipped or fails
    home = Home(tmp_path_factory.mktemp("kind"), lab.bin, {"kind": lab.node_image})
    try:
        done = home.up(_NAME, "kind")
        assert done.code == 0, done.err
        built = home.minikf(
            "image", "build", str(made.folder), "--tag", made.tag, "--from", made.base, "--platform", _NAME, seconds=600
        )
        assert built.code == 0, built.err
        target = Target(_kubeconfig(home), commands, lambda archive: _load(home, archive))
        install(target, (TRAINER, KSERVE, TRAINING_OPERATOR), say)
        target.apply(_with_image(target, made.tag))
        yield Kind(home, _NAME, made.tag)
    finally:
        done = home.minikf("down", "--yes", "--platform", _NAME)
    assert done.code == 0, done.err


def _kubeconfig(home: Home) -> Path:
    return home.folder / ".config/minikf/platforms" / _NAME / "kubeconfig"


def _load(home: Home, archive: Path) -> None:
    done = home.minikf("image", "load", str(archive), "--platform", _NAME)
    assert done.code == 0, done.err


def _with_image(target: Target, image: str) -> list[dict[str, Any]]:
    """The runtimes that examples name, with an image that is here: the platform's own one for plain Python, and
    KServe's for scikit-learn, whose arguments stay."""
    plain = yaml.safe_load(_RUNTIME.read_text())
    pod = plain["spec"]["template"]["spec"]["replicatedJobs"][0]["template"]["spec"]["template"]["spec"]
    pod["containers"][0]["image"] = image
    found = yaml.safe_load(target.kubectl("get", "clusterservingruntime", "kserve-sklearnserver", "-o", "yaml"))
    found["metadata"] = {"name": found["metadata"]["name"]}
    server = found["spec"]["containers"][0]
    server |= {"image": image, "command": ["python", "/app/server.py"], "imagePullPolicy": "IfNotPresent"}
    server["resources"] = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}}
    return [plain, found]
