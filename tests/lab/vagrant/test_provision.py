"""The provisioning script on real Debians: what the virtual machine has after its first start, a second, and another.

Not in `core`: each machine downloads Docker and all packages of MiniKF, which takes minutes.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable, Iterator

import pytest
from dockerd import engine
from keep import Unavailable

from .machine import Machine, image, machine

API = "127.0.0.1:26443"
CLIENT = "~/.local/share/minikf/venv/bin/python"
CORE = 'eval "$(minikf env)"; ' + CLIENT + " -c 'from kubernetes import client, config; config.load_kube_config(); %s'"


@pytest.fixture(scope="module")
def debian(say: Callable[[str], None], no_lab: Callable[[str], None]) -> str:
    try:
        engine.ensure(say)
        return image(say)
    except Unavailable as why:
        no_lab(f"no Debian to provision: {why}")
        raise  # not reached: the test is skipped or fails


@pytest.fixture
def bare(debian: str) -> Iterator[Machine]:
    with machine(debian, systemd=False) as made:
        yield made


@pytest.fixture
def booted(debian: str) -> Iterator[Machine]:
    with machine(debian, systemd=True) as made:
        yield made


def test_without_systemd_it_goes_on_without_docker_and_after_an_interruption_where_it_was(bare: Machine) -> None:
    cut = bare.sh("timeout 15 sh /minikf/scripts/vm/provision.sh")
    assert cut.code == 124, cut.out

    first = bare.provision()
    assert first.code == 0, first.out
    assert "no systemd runs here" in first.out
    assert "platform 'default' (embedded) is up" in first.out
    status = bare.sh("minikf status", user="vagrant")
    assert status.code == 0, status.out
    assert "platform 'default' (embedded): running" in status.out

    second = bare.provision()
    assert second.code == 0, second.out
    assert "packages: all there" in second.out
    assert "already installed in /home/vagrant/.local/share/minikf/venv: nothing to do" in second.out
    assert "already running" in second.out
    assert bare.sh("find / -xdev -user root -path '/home/vagrant/*'").out == ""


def test_with_systemd_it_has_docker_its_ports_are_led_on_and_all_comes_back_with_the_machine(booted: Machine) -> None:
    first = booted.provision()
    assert first.code == 0, first.out
    docker = booted.sh("docker version --format '{{.Server.Version}}'", user="vagrant")
    assert docker.code == 0, docker.out
    assert booted.sh("sysctl -n -e --system >/dev/null; cat /etc/sysctl.d/60-minikf.conf").out.split("\n")[:-1] == [
        "fs.inotify.max_user_watches = 1255360",
        "fs.inotify.max_user_instances = 2280",
    ]
    assert _get(booted, "/healthz") == (200, b"ok")
    assert _get(booted, "/api/v1/namespaces")[0] == 401, "who comes by the port needs the credential, too"
    assert _get(booted, "/healthz", host="elsewhere.example:26443")[0] == 421

    made = 'client.CoreV1Api().create_namespace({"metadata": {"name": "kept"}})'
    assert booted.sh(CORE % made, user="vagrant").code == 0
    booted.restart()
    assert booted.sh("minikf status", user="vagrant").code == 12, "nothing starts it but the script"
    again = booted.provision()
    assert again.code == 0, again.out
    assert "nothing to do" in again.out
    kept = booted.sh(CORE % 'print(client.CoreV1Api().read_namespace("kept").metadata.name)', user="vagrant")
    assert kept.out == "kept\n"
    assert _get(booted, "/healthz") == (200, b"ok")


def _get(machine: Machine, path: str, host: str = API) -> tuple[int, bytes]:
    """By the port that the hypervisor's forwarding arrives at."""
    unverified = ssl._create_unverified_context()  # it is the way that is looked at here
    connection = http.client.HTTPSConnection(machine.address, 9443, timeout=20, context=unverified)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
