"""Pods of real clusters start from images that were loaded, and go on doing so after a restart of the node."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest
from clusters.cluster import Cluster

from minikf.engine.images.deliver import Route

from . import strange
from .conftest import Node, docker, run


def runs(cluster: Cluster, name: str, image: str) -> str:
    """What a pod of an image prints, which the kubelet must not pull."""
    container: dict[str, Any] = {"name": "main", "image": image, "command": ["/bin/kubectl", "version", "--client"]}
    spec = {"containers": [container | {"imagePullPolicy": "Never"}], "restartPolicy": "Never"}
    cluster.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})
    phase = "{.status.phase}"
    cluster.kubectl("wait", f"pod/{name}", f"--for=jsonpath={phase}=Succeeded", "--timeout=90s")
    return cluster.kubectl("logs", name)


@pytest.mark.parametrize(
    ("engine", "routes"),
    [pytest.param("kind", [Route.DIRECT], marks=pytest.mark.core), ("kind", list(Route)), ("k3d", list(Route))],
    ids=["kind-direct", "kind-all", "k3d-all"],
)
def test_pods_run_loaded_images(
    engine: str, routes: list[Route], request: pytest.FixtureRequest, tag: Callable[[str], str]
) -> None:
    cluster: Cluster = request.getfixturevalue(f"{engine}_cluster")
    node = Node(cluster.node)
    program = ("bin/kubectl", (cluster.lab.bin / "kubectl").read_bytes())
    names = {}
    for number, route in enumerate(routes):
        names[route] = tag(route.value)
        layers = [*strange.layers(program), strange.Layer().file("number", bytes([number])).bytes()]
        # A lowest layer of its own for each, so that none finds another's snapshots.
        layers.insert(0, strange.Layer().file("route", route.value.encode()).bytes())
        docker("load", stdin=strange.archive(names[route], layers))
        run([node], [names[route]], route)
        assert "Client Version" in runs(cluster, f"first-{route.value}", names[route])
    if len(routes) == 1:  # the core is for the promise; a restart is for the full run
        return
    docker("restart", "-t", "5", node.name)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            ready = cluster.get("nodes")["items"][0]["status"]["conditions"]
            if any(one["type"] == "Ready" and one["status"] == "True" for one in ready):
                break
        except subprocess.CalledProcessError as error:  # its server is coming back
            print(error)
        time.sleep(1)
    for route, name in names.items():
        assert run([node], [name]).images[0].sent == 0
        assert "Client Version" in runs(cluster, f"second-{route.value}", name)
    assert not node.kept_for_ever()
