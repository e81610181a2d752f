"""MLflow, whose objects are all MiniKF's own, on a real API server: no file is fetched for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from engines.minikf import Home
from install.cluster import Cluster

from .joined import objects, strict, up, volume

pytestmark = pytest.mark.core

OBJECTS = Path(__file__).parents[3] / "bundles/kubeflow/patches/mlflow.yaml"
CLAIM = "/api/v1/namespaces/mlflow/persistentvolumeclaims/mlflow"


@pytest.fixture
def home(real: Cluster, tmp_path: Path) -> Home:
    """A user whose mirror has nothing."""
    (tmp_path / "empty").mkdir()
    return Home(tmp_path, real.binaries, {}, {"MINIKF_MIRROR": str(tmp_path / "empty")})


@pytest.mark.parametrize("version", ["26.03", "v1.11.0"])
def test_it_comes_whole_and_goes(home: Home, real: Cluster, version: str) -> None:
    volume(real, f"for-mlflow-{version}")
    before = objects(real)
    assert up(home, real).code == 0
    chosen = {"bundle": f"kubeflow@{version}", "profile": "none", "add": [], "remove": []}
    (home.state("default") / "bundle.json").write_text(json.dumps(chosen))
    added = home.minikf("addon", "enable", "mlflow", "--json")
    assert added.code == 0 and added.json["applied"] == 4, added.err

    found = real.get("/apis/apps/v1/namespaces/mlflow/deployments/mlflow")
    assert found["status"]["availableReplicas"] == 1
    # The namespace refuses pods that are not restricted; the claim is bound by the controllers.
    labels = real.get("/api/v1/namespaces/mlflow")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert real.get(CLAIM)["status"]["phase"] == "Bound"
    slices = real.get("/apis/discovery.k8s.io/v1/namespaces/mlflow/endpointslices")["items"]
    assert [(one["ports"][0]["port"], len(one["endpoints"])) for one in slices] == [(5000, 1)]

    strict(real, OBJECTS)
    gone = home.minikf("addon", "disable", "mlflow", "--data", "--json")
    assert gone.code == 0, gone.err
    assert home.minikf("down", "--yes").code == 0
    assert objects(real) == before
