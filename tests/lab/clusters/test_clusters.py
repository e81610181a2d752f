"""Real clusters come up, run what they are given, and leave nothing behind."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from dockerd.engine import docker
from lab import Lab

from .cluster import Cluster, ClusterFailed, cluster
from .fixtures import TwoClusters
from .names import clusters, dead, is_dead, new_name, remove

LAB = Path(__file__).resolve().parents[1]


def _pod(image: str, script: str, **more: Any) -> dict[str, Any]:
    """A pod's spec with one container that runs a line of shell."""
    container = {"name": "main", "image": image, "command": ["sh", "-c", script]}
    return {"containers": [container | more], "terminationGracePeriodSeconds": 0}


def _object(kind: str, name: str, version: str = "v1", **fields: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}} | fields


def _keeps_its_promises(made: Cluster) -> None:
    """A pod writes to a volume of the default class and reaches the API by its name; a Deployment becomes available."""
    image = made.lab.userland_image
    claim = _object("PersistentVolumeClaim", "data")
    claim["spec"] = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    writer = _pod(image, "echo kept > /data/file && cat /data/file", volumeMounts=[{"name": "d", "mountPath": "/data"}])
    writer |= {"restartPolicy": "Never", "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}
    labels = {"app": "sleeper"}
    sleeper = {"metadata": {"labels": labels}, "spec": _pod(image, "sleep 1000000")}
    deployment = _object("Deployment", "sleeper", "apps/v1")
    deployment["spec"] = {"replicas": 2, "selector": {"matchLabels": labels}, "template": sleeper}
    made.apply(claim, _object("Pod", "writer", spec=writer), deployment)
    made.kubectl("rollout", "status", "deployment/sleeper", "--timeout=90s")
    made.kubectl("wait", "pod/writer", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=90s")
    assert made.kubectl("logs", "writer") == "kept\n"
    assert made.get("pvc", "data")["status"]["phase"] == "Bound"
    (volume,) = made.get("pv")["items"]
    assert volume["spec"]["storageClassName"] == "standard"


@pytest.mark.core
@pytest.mark.parametrize("engine", ["kind", "k3d"])
def test_a_cluster_works_and_leaves_nothing(engine: str, lab: Lab, tmp_path: Path) -> None:
    name = new_name()
    with cluster(engine, name, lab, tmp_path) as made:
        assert made.kubectl("config", "current-context", "--kubeconfig", str(made.kubeconfig)) == f"{made.context}\n"
        assert made.kubeconfig.stat().st_mode & 0o077 == 0
        assert made.get("nodes")["items"][0]["status"]["nodeInfo"]["kubeletVersion"] in lab.node_image
        assert name in [one.name for one in clusters()] and not is_dead(name)
        volumes = _volumes(made.node)
        assert volumes, "what containerd keeps should be on a volume"
        _keeps_its_promises(made)
    assert docker("ps", "--all", "--quiet", "--filter", f"name={name}") == ""
    assert docker("network", "ls", "--quiet", "--filter", f"name={name}") == ""
    assert not volumes & set(docker("volume", "ls", "--quiet").split())
    assert docker("volume", "ls", "--quiet", "--filter", f"name={name}") == ""


def _volumes(container: str) -> set[str]:
    mounts = json.loads(docker("inspect", "--format", "{{json .Mounts}}", container))
    return {mount["Name"] for mount in mounts if mount["Type"] == "volume"}


def test_kind_loads_an_image_once(kind_cluster: Cluster, lab: Lab) -> None:
    """`kind load` asks crictl in the node whether the image is there already."""
    image = f"minikf-lab-test/{kind_cluster.name}:1"
    command = ["kind", "load", "docker-image", image, "--name", kind_cluster.name]
    with_image = _own_image(image, lab)
    try:
        first, second = (subprocess.run(command, capture_output=True, text=True, check=True).stderr for _ in range(2))
    finally:
        docker("rmi", with_image)
    assert "loading" in first and "not yet present" in first
    assert "loading" not in second
    _runs(kind_cluster, f"docker.io/{image}")


def test_k3d_imports_an_image(k3d_cluster: Cluster, lab: Lab) -> None:
    image = f"minikf-lab-test/{k3d_cluster.name}:1"
    with_image = _own_image(image, lab)
    try:
        for mode in ("tools-node", "direct"):
            command = ["k3d", "image", "import", image, "--cluster", k3d_cluster.name, "--mode", mode]
            said = subprocess.run(command, capture_output=True, text=True, check=True)
            assert "Successfully imported" in said.stderr + said.stdout, said
    finally:
        docker("rmi", with_image)
    _runs(k3d_cluster, f"docker.io/{image}")


def _own_image(name: str, lab: Lab) -> str:
    """A small image that no node has: pause, and nothing else."""
    folder = lab.bin.resolve()
    tar = subprocess.run(
        ["tar", "--create", "--dereference", "--directory", folder, "pause"], capture_output=True, check=True
    )
    command = ["docker", "import", "--change", 'ENTRYPOINT ["/pause"]', "-", name]
    subprocess.run(command, input=tar.stdout, capture_output=True, check=True)
    return name


def _runs(made: Cluster, image: str) -> None:
    spec = {"containers": [{"name": "main", "image": image, "imagePullPolicy": "Never"}]}
    made.apply(_object("Pod", "own", spec=spec))
    made.kubectl("wait", "pod/own", "--for=condition=Ready", "--timeout=60s")


@pytest.mark.core
def test_two_clusters_are_two(two_clusters: TwoClusters) -> None:
    laptop, cloud = two_clusters.laptop, two_clusters.cloud
    laptop.apply(_object("ConfigMap", "mine", data={"where": "laptop"}))
    assert (laptop.engine, cloud.engine) == ("k3d", "kind")
    assert laptop.get("configmap", "mine")["data"] == {"where": "laptop"}
    with pytest.raises(subprocess.CalledProcessError) as missing:
        cloud.get("configmap", "mine")
    assert "not found" in missing.value.stderr


def test_a_cluster_that_cannot_come_up_says_why(lab: Lab, tmp_path: Path) -> None:
    broken = dataclasses.replace(lab, node_image="Not/a-name-of-an-image:1")
    name = new_name()
    with (
        pytest.raises(ClusterFailed, match=r"did not come up(.|\n)*a-name-of-an-image"),
        cluster("kind", name, broken, tmp_path),
    ):
        pass
    assert docker("ps", "--all", "--quiet", "--filter", f"name={name}") == ""


_KILLED = """
import sys
from pathlib import Path
from clusters.cluster import coming
from clusters.names import new_name
from lab import Lab
name = new_name()
with coming("kind", name, Lab(Path(sys.argv[1]), sys.argv[2], "", ""), Path(sys.argv[3])) as up:
    print(name, flush=True)
    sys.stdin.read()
"""


@pytest.mark.core
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_cluster_goes_when_its_run_is_ended_while_it_comes(number: int, lab: Lab, tmp_path: Path) -> None:
    """SIGKILL leaves no fixture time to clean up; and nobody waits for a cluster that nobody wants any more."""
    run = subprocess.Popen(
        [sys.executable, "-c", _KILLED, lab.bin, lab.node_image, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # the traceback of the interrupted one
        text=True,
        env=os.environ | {"PYTHONPATH": str(LAB)},
    )
    assert run.stdout is not None and run.stdin is not None
    name = run.stdout.readline().strip()
    _until(lambda: any(one.name == name for one in clusters()), f"{name} has no container")
    run.send_signal(number)
    assert run.wait() != 0
    run.stdin.close()
    run.stdout.close()
    assert is_dead(name)
    _until(lambda: not any(one.name == name for one in clusters()), f"{name} is still there")
    assert not re.search("Ready after", (tmp_path / f"{name}.log").read_text()), "it was waited for"


def _until(met: Any, complaint: str) -> None:
    end = time.monotonic() + 60
    while not met():
        assert time.monotonic() < end, complaint
        time.sleep(0.2)


@pytest.mark.core
def test_clusters_of_dead_runs_are_removed_and_no_others(lab: Lab) -> None:
    """Made of one container each, not started: an engine knows its own by labels."""
    mine = new_name()
    scope = mine.split("-")[1]
    gone, strange = f"lab-{scope}-{os.getpid()}-1-0", f"lab-ffffff-{os.getpid()}-1-1"
    for name in (mine, gone, strange):
        labels = ("--label", f"io.x-k8s.kind.cluster={name}", "--label", "io.x-k8s.kind.role=control-plane")
        docker("create", "--name", f"{name}-control-plane", *labels, lab.node_image)
    try:
        assert [one.name for one in dead()] == [gone]
        remove(dead(), lab.bin, lambda _: None)
        assert {mine, strange} <= {one.name for one in clusters()} and not dead()
    finally:
        for name in (mine, strange):
            docker("rm", "--force", f"{name}-control-plane")
