"""A component that is a Helm chart: from its archive to a real API server, at its first use, and away again."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from binaries.build import ensure
from binaries.recipe import CHARTS
from engines.minikf import Home
from install.cluster import COMMANDS, Cluster
from keep import Unavailable

from tests.charts import packed

from .joined import objects, strict, up, volume

pytestmark = pytest.mark.core

BUNDLE = """bundle: market
version: "1"
kubernetes: "1.34.4"
sources:
  charts: {repo: acme/charts, ref: releases/download/v1}
profiles:
  lite: {does: nothing yet, variant: lite, components: [place]}
components:
- id: place
  title: Place
  group: House
  does: where all else stands
  licence: {spdx: Apache-2.0, source: acme/charts/v1/LICENSE}
  standard: {patches: [place.yaml]}
- id: shop
  title: Shop
  group: House
  does: sells
  licence: {spdx: Apache-2.0, source: acme/charts/v1/LICENSE}
  standard:
    charts:
    - {archive: charts/shop-1.0.0.tgz, release: corner, namespace: market, values: shop-values.yaml}
    patches: [shop.yaml]
    leave_out: [Job/market/bell]
  needs: [place]
  locked: false
  why_not: nobody had it
"""
OURS = {
    "place.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: market}\n",
    "shop-values.yaml": "replicas: 2\nbell: {enabled: true}\n",
    "shop.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ours, namespace: market}\n",
}
SHELF = Path(__file__).parents[3] / "bundles/kubeflow"
ARCHIVE = "acme/charts/releases/download/v1/shop-1.0.0.tgz"
TILL = "/apis/apps/v1/namespaces/market/deployments/corner-till"


@pytest.fixture
def home(real: Cluster, say: Callable[[str], None], no_lab: Callable[[str], None], tmp_path: Path) -> Home:
    """A user with helm on PATH, a bundle of their own and a mirror with the chart."""
    try:
        binaries = ensure(say, (*COMMANDS, *CHARTS))
    except Unavailable as why:
        no_lab(f"no helm here: {why}")
        raise  # not reached: the test is skipped or fails
    (tmp_path / "bundle/patches").mkdir(parents=True)
    (tmp_path / "bundle/bundle.yaml").write_text(BUNDLE)
    for name, text in OURS.items():
        (tmp_path / "bundle/patches" / name).write_text(text)
    archive = tmp_path / "mirror" / ARCHIVE
    archive.parent.mkdir(parents=True)
    archive.write_bytes(packed())
    made = Home(tmp_path, binaries, {}, {"MINIKF_MIRROR": str(tmp_path / "mirror")})
    locked = made.minikf("bundle", "lock", "--bundle", str(tmp_path / "bundle"))
    assert locked.code == 0, locked.err
    return made


def test_a_chart_comes_at_its_first_use_and_goes(home: Home, real: Cluster, tmp_path: Path) -> None:
    before = objects(real)
    made = up(home, real, "--profile", "lite", "--bundle", str(tmp_path / "bundle"))
    assert made.code == 0, made.err
    asked = home.minikf("addon", "enable", "shop", "--json")
    assert asked.code == 10 and asked.error["error"] == "NotAgreed", asked.err
    assert f"1 files of {len(packed()):,} bytes" in asked.error["message"] and "sha256" in asked.error["cause"]

    added = home.minikf("addon", "enable", "shop", "--yes", "--json")
    assert added.code == 0, added.err
    till = real.get(TILL)
    assert (till["spec"]["replicas"], till["status"]["availableReplicas"]) == (1, 1), "lite has one of each"
    assert till["metadata"]["annotations"]["shop.example/kubernetes"] == "v1.34.4"
    assert real.get("/api/v1/namespaces/kube-public/configmaps/elsewhere")["data"]["at"] == "market"
    assert real.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/coins.shop.example")["spec"]["names"]
    assert real.get("/apis/rbac.authorization.k8s.io/v1/clusterroles/corner-counts")["rules"]
    assert not real.get("/apis/batch/v1/namespaces/market/jobs")["items"], "what is left out is not there"
    assert real.get("/api/v1/namespaces/market/configmaps/ours")["metadata"]["name"] == "ours"
    strict(real, rendered(home, "corner-till", tmp_path / "rendered.yaml"))

    gone = home.minikf("addon", "disable", "shop", "--data", "--json")
    assert gone.code == 0, gone.err
    assert home.minikf("down", "--yes").code == 0
    assert objects(real) == before


def rendered(home: Home, word: str, into: Path) -> Path:
    """What lies in the cache of the component in whose objects a word stands."""
    texts = [file.read_text() for file in (home.folder / ".cache/minikf/bundles/rendered").glob("*.yaml")]
    (text,) = (one for one in texts if word in one)
    into.write_text(text)
    return into


def test_a_chart_that_changed_is_refused(home: Home, real: Cluster, tmp_path: Path) -> None:
    on = ("--platform", "bent")
    assert up(home, real, *on, "--profile", "lite", "--bundle", str(tmp_path / "bundle")).code == 0
    assert home.minikf("addon", "enable", "shop", "--yes", *on).code == 0
    assert home.minikf("addon", "disable", "shop", "--data", *on).code == 0
    (home.folder / ".cache/minikf/bundles").rename(home.folder / "old-store")
    (tmp_path / "mirror" / ARCHIVE).write_bytes(packed({"Chart.yaml": "apiVersion: v2\nname: shop\nversion: 6.6.6\n"}))
    refused = home.minikf("addon", "enable", "shop", "--yes", *on, "--json")
    assert refused.code == 10 and ARCHIVE in refused.error["message"], refused.err
    assert home.minikf("down", "--yes", *on).code == 0


PACHYDERM = os.environ.get("MINIKF_PACHYDERM", "")


@pytest.mark.skipif(not PACHYDERM, reason="no chart of Pachyderm; name its archive with MINIKF_PACHYDERM")
def test_pachyderm_is_taken_by_an_api_server(home: Home, real: Cluster, tmp_path: Path) -> None:
    """As the catalogue has it, but for the hash: `helm package` of its repository makes another archive of the same
    files."""
    before = objects(real)
    for number in range(2):
        volume(real, f"for-pachyderm-{number}")
    shipped = (SHELF / "26.03/bundle.yaml").read_text()
    bundle = tmp_path / "pachyderm/bundle.yaml"
    bundle.parent.mkdir()
    bundle.write_text(re.sub(r"^ +sha256: .*\n", "", shipped, flags=re.MULTILINE))
    shutil.copytree(SHELF / "patches", bundle.parent / "patches")
    shutil.copy(SHELF / "26.03/bundle.lock", bundle.parent)
    archive = tmp_path / "mirror/pachyderm/helmchart/releases/download/pachyderm-2.11.5/pachyderm-2.11.5.tgz"
    archive.parent.mkdir(parents=True)
    shutil.copy(PACHYDERM, archive)

    assert up(home, real).code == 0
    chosen = {"bundle": str(bundle.parent), "profile": "none", "add": [], "remove": []}
    (home.state("default") / "bundle.json").write_text(json.dumps(chosen))
    added = home.minikf("addon", "enable", "pachyderm", "--yes", "--json")
    assert added.code == 0 and added.json["applied"] == 33, added.err
    for name in ("console", "pachd", "pachyderm-proxy", "pg-bouncer"):
        assert real.get(f"/apis/apps/v1/namespaces/pachyderm/deployments/{name}")["status"]["availableReplicas"] == 1
    key = base64.b64decode(real.get("/api/v1/namespaces/pachyderm/secrets/postgres")["data"]["postgresql-password"])
    assert len(key) == 24, "this platform's own, and not what everybody can read"
    strict(real, rendered(home, "pachyderm-proxy", tmp_path / "rendered.yaml"))
    assert home.minikf("addon", "disable", "pachyderm", "--data").code == 0
    assert home.minikf("down", "--yes").code == 0
    assert objects(real) == before
