"""A small server on a real cluster, and platforms on that cluster, in a home of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from clusters.cluster import Cluster, cluster
from clusters.names import new_name
from lab import Lab

from minikf.engine import forwarding
from minikf.kube.forward.targets import Target
from minikf.paths import PlatformPaths
from minikf.spec import Access, Wishes
from minikf.status import access
from minikf.up import up

SERVER = Path(__file__).with_name("server.pl")
ECHO = Target("echo", "default", "echo", 80, page=False)
PAGE = Target("page", "default", "echo", 80, "/who")
# The node's own Perl by the node's own loader: the lab's userland has no server.
_RUN = (
    "exec $(echo /node/usr/lib/*-linux-gnu/ld-linux-*.so.*) --library-path $(echo /node/usr/lib/*-linux-gnu) "
    '/node/usr/bin/perl -I$(echo /node/usr/lib/*-linux-gnu/perl-base) -e "$SCRIPT"'
)


@dataclass(frozen=True)
class Shop:
    """A cluster with the server behind Service default/echo."""

    cluster: Cluster

    def pod(self) -> str:
        """The name of the pod that is ready now, once there is exactly one."""
        self.cluster.kubectl("rollout", "status", "deployment/echo", "--timeout=90s")
        pods = self.cluster.get("pods", "--selector", "app=echo")["items"]
        (name,) = (one["metadata"]["name"] for one in pods if "deletionTimestamp" not in one["metadata"])
        return str(name)


@pytest.fixture(scope="module")
def shop(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with cluster("kind", new_name(), lab, tmp_path_factory.mktemp("shop")) as made:
        made.apply(*_server(lab.userland_image))
        found = Shop(made)
        found.pod()
        yield found


@pytest.fixture
def platform(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Access]]:
    """Makes a platform on the cluster whose port-forward carries the server."""
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    names = []

    def make(name: str) -> Access:
        names.append(name)
        steps = up(name, Wishes(engine="context", kubeconfig=str(shop.cluster.kubeconfig)))
        try:
            while True:
                next(steps)
        except StopIteration as ended:
            forwarding.carry(PlatformPaths.of(name), ended.value, [ECHO, PAGE])
        return access(name)

    yield make
    for name in names:
        minikf("down", "--yes", platform=name)


def minikf(*words: str, platform: str) -> subprocess.CompletedProcess[str]:
    """As a user calls it, in the test's home."""
    command = [sys.executable, "-P", "-m", "minikf", *words, "--platform", platform]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ, timeout=120)


def minikf_json(*words: str, platform: str) -> Any:
    done = minikf(*words, "--json", platform=platform)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _server(image: str) -> list[dict[str, Any]]:
    container = {
        "name": "main",
        "image": image,
        "command": ["sh", "-c", _RUN],
        "env": [
            {"name": "SCRIPT", "value": SERVER.read_text()},
            {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ],
        "volumeMounts": [{"name": "node", "mountPath": "/node", "readOnly": True}],
        "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1},
    }
    pod = {
        "containers": [container],
        "volumes": [{"name": "node", "hostPath": {"path": "/"}}],
        "terminationGracePeriodSeconds": 0,
    }
    labels = {"app": "echo"}
    spec = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    return [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "echo"}, "spec": spec},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "echo"},
            "spec": {"selector": labels, "ports": ports},
        },
    ]
