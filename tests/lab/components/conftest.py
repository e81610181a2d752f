"""A cluster as MiniKF joins it: with a default storage class, and DNS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from binaries.build import ensure
from install.cluster import COMMANDS, Cluster, cluster
from keep import Unavailable

# What MiniKF wants of any cluster that it joins.
STORAGE = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
    "provisioner": "kubernetes.io/no-provisioner",
}
DNS_PATH, LABELS = "/apis/apps/v1/namespaces/kube-system", {"k8s-app": "kube-dns"}
DNS: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "coredns", "labels": LABELS},
    "spec": {
        "selector": {"matchLabels": LABELS},
        "template": {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "main", "image": "dns:1"}]}},
    },
}


@pytest.fixture(scope="session")
def real(
    say: Callable[[str], None], no_lab: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    try:
        binaries = ensure(say, COMMANDS)
    except Unavailable as why:
        no_lab(f"no cluster to install on here: {why}")
        raise  # not reached: the test is skipped or fails
    with cluster(binaries, tmp_path_factory.mktemp("components")) as made:
        for path, body in (("/apis/storage.k8s.io/v1/storageclasses", STORAGE), (f"{DNS_PATH}/deployments", DNS)):
            code, said = made.server.request("POST", path, body)
            assert code == 201, said
        yield made
