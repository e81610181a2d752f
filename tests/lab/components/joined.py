"""A platform on the cluster that the tests of components share."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from engines.minikf import Home
from install.cluster import Cluster


def up(home: Home, real: Cluster, *words: str) -> Any:
    joined = ("--engine", "context", "--kubeconfig", str(real.server.kubeconfig))
    return home.minikf("up", *joined, *words, "--json")


def objects(real: Cluster) -> set[tuple[str, str]]:
    """What is on the cluster beyond what it is born with: names of the kinds that the tests make."""
    paths = ("/api/v1/namespaces", "/apis/apps/v1/deployments", "/api/v1/secrets", "/api/v1/configmaps")
    own = {"default", "kube-system", "kube-public", "kube-node-lease"}
    born = {"kube-root-ca.crt"}
    return {
        (path.rpartition("/")[2], one["metadata"]["name"])
        for path in paths
        for one in real.get(path)["items"]
        if one["metadata"]["name"] not in own | born and one["metadata"].get("namespace") not in own
    }


def strict(real: Cluster, file: Path) -> None:
    """Fails where the API server knows one of the fields in a file's objects less well than who wrote them."""
    words = ("apply", "--server-side", "--force-conflicts", "--validate=strict", "--dry-run=server", "-f", str(file))
    called = [str(real.server.kubectl), "--kubeconfig", str(real.server.kubeconfig), *words]
    done = subprocess.run(called, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and "arning" not in done.stderr, done.stderr


def volume(real: Cluster, name: str) -> None:
    """For the claim: nobody provisions any here."""
    spec: dict[str, Any] = {
        "capacity": {"storage": "10Gi"},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "standard",
        "hostPath": {"path": "/nowhere"},
    }
    body = {"metadata": {"name": name}, "spec": spec}
    code, said = real.server.request("POST", "/api/v1/persistentvolumes", body)
    assert code == 201, said
