"""What a machine does to a cluster in Docker: no Docker, no rights, ports and names taken, no room, no network."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from dockerd.engine import Place
from dockerd.engine import ensure as start_engine
from dockerd.engine import stop as stop_engine
from lab import Lab

from .minikf import Home, docker, things
from .socketproxy import DockerProxy

NOBODY = 65534
BARE = ("up", "--profile", "none")


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[DockerProxy]:
    """A Docker engine that can be taken away: a socket that leads to the real one."""
    with DockerProxy(tmp_path / "d.sock") as made:
        yield made


def through(home: Home, proxy: DockerProxy) -> Home:
    return replace(home, variables=home.variables | {"DOCKER_HOST": f"unix://{proxy.path}"})


@pytest.mark.core
@pytest.mark.parametrize("engine", ["kind", "k3d"])
def test_no_docker_is_told_with_the_way_out_and_nothing_is_written(home: Home, engine: str) -> None:
    without = replace(home, variables={"DOCKER_HOST": f"unix://{home.folder}/none.sock"})
    refused = without.up("default", engine)
    assert refused.code == 12 and refused.error["message"] == "no Docker engine answers", refused.err
    assert "--engine embedded" in refused.error["advice"]
    assert home.record("default") == {}


@pytest.mark.core
def test_without_docker_the_automatic_choice_is_the_embedded_engine(home: Home) -> None:
    without = replace(home, variables={"DOCKER_HOST": f"unix://{home.folder}/none.sock"})
    made = without.minikf("up", "--json")
    assert made.code == 0, made.err
    assert made.json["engine"] == "embedded" and "no container engine answers" in made.err


AS_NOBODY = """
import os, sys
from minikf.cli.main import main
words = sys.argv[1:]
home = os.environ["HOME"]
os.environ.update(DOCKER_HOST="unix:///nowhere.sock", HOME=home + "-of-root")
main(words)  # what is imported late cannot be read any more below
del os.environ["DOCKER_HOST"]
os.environ["HOME"] = home
os.setgroups([]); os.setgid(65534); os.setuid(65534)
sys.exit(main(words))
"""


@pytest.mark.core
def test_a_user_outside_the_docker_group_is_told_the_command(home: Home, tmp_path: Path) -> None:
    """The program is loaded by root, since nobody else may read this user's home, and then gives up its rights."""
    for parent in (tmp_path, *tmp_path.parents):
        if parent.is_relative_to("/tmp") and parent != Path("/tmp"):
            parent.chmod(parent.stat().st_mode | 0o055)
    folder = tmp_path / "nobody"
    folder.mkdir()
    shutil.chown(folder, NOBODY)
    words = home.up_words("default", "kind")
    done = subprocess.run(
        [sys.executable, "-P", "-c", AS_NOBODY, *words],
        env=replace(home, folder=folder).environment | {"USER": "somebody", "PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    error = json.loads(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 12 and error["message"] == "you may not talk to the Docker engine", done.stderr
    assert error["advice"] == "sudo usermod -aG docker somebody && newgrp docker"


@pytest.mark.parametrize("engine", ["kind", "k3d"])
def test_docker_that_goes_away_during_up(
    home: Home, proxy: DockerProxy, platform_name: Callable[[str], str], engine: str
) -> None:
    name, gone = platform_name("gone"), through(home, proxy)
    words = home.up_words(name, engine)
    with gone.started(*words) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Starting control-plane" in line or "Starting servers" in line:
                proxy.take_away()
        code = process.wait()
    assert code in (9, 11, 12), lines
    error = json.loads(lines[-1])
    assert error["cause"] and error["advice"], error
    told = gone.minikf("status", "--platform", name, "--json")
    assert told.code == 12 and told.json["advice"], told.out
    proxy.give_back()
    again = gone.up(name, engine)
    assert again.code == 0, again.err


@pytest.mark.core
def test_docker_that_goes_away_after_up(home: Home, proxy: DockerProxy, platform_name: Callable[[str], str]) -> None:
    name, gone = platform_name("after"), through(home, proxy)
    assert gone.up(name, "kind").code == 0
    cluster = home.record(name)["cluster"]["name"]
    docker("stop", "-t", "1", f"{cluster}-control-plane")
    proxy.take_away()
    told = gone.minikf("status", "--platform", name, "--json")
    assert told.code == 12 and "no Docker engine answers" in told.json["cause"]
    for verb in (("stop",), ("start",), ("down", "--yes")):
        refused = gone.minikf(*verb, "--platform", name, "--json")
        assert refused.code == 12 and "Docker" in refused.error["message"], refused.err
    assert home.record(name), "a platform whose Docker is away was forgotten"
    proxy.give_back()
    assert gone.minikf("status", "--platform", name, "--json").json["cause"].endswith("is exited")
    again = gone.minikf("up", "--platform", name, "--json")
    assert again.code == 0, again.err


@contextmanager
def listening(port: int) -> Iterator[None]:
    """The port is taken, by this process where nobody else has it."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            taken.bind(("127.0.0.1", port))
            taken.listen()
        yield


@pytest.mark.parametrize("engine", ["kind", "k3d"])
def test_ports_and_names_that_are_taken(
    home: Home, lab: Lab, platform_name: Callable[[str], str], engine: str, tmp_path: Path
) -> None:
    """A port that is taken before `up` is not chosen; one that is taken while the cluster is stopped is told."""
    name = platform_name("taken")
    label, value = {"kind": ("io.x-k8s.kind.cluster", f"minikf-{name}"), "k3d": ("k3d.cluster", f"minikf-{name}")}[
        engine
    ]
    stranger = docker("run", "-d", "--label", f"{label}={value}", "--label", "app=k3d", "--network", "none",
                      "--entrypoint", "sleep", lab.node_image, "600")[0]  # fmt: skip
    try:
        with listening(8080), listening(26443):
            made = home.up(name, engine)
        assert made.code == 0, made.err
        record = home.record(name)
        assert record["cluster"]["http_port"] != 8080 and record["port"] != 26443
        assert record["cluster"]["name"] != f"minikf-{name}" and "is not ours" in made.err
        assert home.minikf("stop", "--platform", name).code == 0
        with listening(record["port"]):
            refused = home.minikf("start", "--platform", name, "--json")
        assert refused.code == 10 and f"its port {record['port']} is taken" in refused.error["message"], refused.err
        assert f"process {os.getpid()}" in refused.error["cause"]
        started = home.minikf("start", "--platform", name)
        assert started.code == 0, started.err
        assert home.minikf("down", "--yes", "--platform", name).code == 0
        assert docker("inspect", "--format", "{{.State.Running}}", stranger) == ["true"], "it was not ours to remove"
    finally:
        docker("rm", "-f", "-v", stranger)


@pytest.mark.core
def test_no_network_is_told_by_the_image_that_cannot_be_pulled(home: Home) -> None:
    refused = home.minikf(*BARE, "--engine", "kind", "--node-image", "registry.invalid/node:1", "--json")
    assert refused.code == 10 and "registry.invalid/node:1 cannot be pulled" in refused.error["message"], refused.err
    assert "docker pull registry.invalid/node:1" in refused.error["advice"]
    assert home.minikf("down", "--yes").code == 0
    assert things("minikf-default") == []


@pytest.fixture
def foreign_image(tmp_path: Path) -> Iterator[str]:
    """An image for another processor, in the Docker engine."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    tag = f"minikf-test-arch:{os.getpid()}"
    other = "amd64" if platform.machine() in ("aarch64", "arm64") else "arm64"
    docker("build", "-q", "--platform", f"linux/{other}", "-t", tag, str(tmp_path))
    try:
        yield tag
    finally:
        docker("rmi", tag)


@pytest.mark.core
def test_an_image_of_another_architecture_is_refused_before_anything_runs(home: Home, foreign_image: str) -> None:
    refused = home.minikf(*BARE, "--engine", "kind", "--node-image", foreign_image, "--json")
    assert refused.code == 10 and f"{foreign_image} is for " in refused.error["message"], refused.err
    assert home.minikf("down", "--yes").code == 0


@pytest.mark.core
def test_an_automatic_choice_that_fails_ends_on_the_embedded_engine(home: Home, foreign_image: str) -> None:
    """k3d is taken, since the node image is here; that turns out to be for another processor."""
    made = home.minikf(*BARE, "--node-image", foreign_image, "--json")
    assert made.code == 0, made.err
    told = [json.loads(line)["message"] for line in made.err.splitlines()]
    assert told[0].startswith("k3d: Docker ") and told[0].endswith("its node image is here"), told
    assert any(line.startswith("embedded, in place of k3d: ") for line in told), told
    assert made.json["engine"] == "embedded" and things("minikf-default") == []


def test_the_automatic_choice_is_k3d_where_its_node_image_is_here(
    home: Home, platform_name: Callable[[str], str]
) -> None:
    name = platform_name("auto")
    made = home.minikf(*BARE, "--platform", name, "--node-image", home.images["k3d"], "--json")
    assert made.code == 0 and made.json["engine"] == "k3d", made.err
    again = home.minikf("up", "--platform", name, "--json")
    assert again.json["engine"] == "k3d" and "already running" in again.err


@contextmanager
def small_engine(folder: Path) -> Iterator[str]:
    """A Docker engine whose disk has 512 MiB; its address."""
    place = Place(folder / "s.sock", folder / "data", folder / "run", folder / "log", ("unshare", "--net"))
    place.data.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512m", "tmpfs", str(place.data)], check=True)
    try:
        start_engine(print, place)
        yield f"unix://{place.socket}"
    finally:
        stop_engine(print, place)
        subprocess.run(["umount", "--recursive", str(place.data)], check=True)


@pytest.mark.parametrize("engine", ["kind", "k3d"])
def test_a_disk_that_is_nearly_full_is_refused_before_anything_is_made(
    home: Home, engine: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with small_engine(tmp_path_factory.mktemp("d")) as address:
        full = replace(home, variables={"DOCKER_HOST": address})
        refused = full.up("default", engine)
        networks = subprocess.run(
            ["docker", "-H", address, "network", "ls", "--format", "{{.Name}}"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    assert refused.code == 10 and "GiB free" in refused.error["message"], refused.err
    assert "GiB needed" in refused.error["message"] and "docker system df" in refused.error["advice"]
    assert home.record("default") == {} and "minikf" not in networks
