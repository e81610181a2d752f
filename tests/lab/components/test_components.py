"""A profile of a bundle by `minikf up`, components by `minikf addon`, on a real API server; `down` takes all away."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from engines.minikf import Home
from install.cluster import Cluster

from .joined import objects, up

pytestmark = pytest.mark.core

BUNDLE = """bundle: shop
version: "1"
sources:
  shop: {repo: acme/shop, ref: v1}
profiles:
  lite: {does: what a small shop wants, variant: lite, components: [till]}
components:
- id: hall
  title: Hall
  group: House
  does: where all else stands
  licence: {spdx: Apache-2.0, source: acme/shop/v1/LICENSE}
  standard: {paths: [shop/hall]}
- id: till
  title: Till
  group: House
  does: takes the money
  licence: {spdx: Apache-2.0, source: acme/shop/v1/LICENSE}
  standard: {paths: [shop/till]}
  needs: [hall]
- id: lamp
  title: Lamp
  group: House
  does: gives light
  licence: {spdx: Apache-2.0, source: acme/shop/v1/LICENSE}
  standard: {paths: [shop/lamp]}
  needs: [hall]
- id: fern
  title: Fern
  group: House
  does: was never read by who made the lock
  licence: {spdx: Apache-2.0, source: acme/shop/v1/LICENSE}
  standard: {paths: [shop/fern]}
  needs: [hall]
  locked: false
  why_not: nobody had it
- id: film
  title: Film
  group: House
  does: belongs to somebody
  licence: {spdx: BUSL-1.1, source: acme/shop/v1/LICENSE, free: false}
  standard: {paths: [shop/film]}
  needs: [hall]
"""
WORKLOAD = """apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec: {containers: [{name: main, image: "registry.example.com/NAME:1", resources: {requests: {cpu: CPU}}}]}
"""
CERTIFICATE = """---
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: {name: own, namespace: shop}
spec: {selfSigned: {}}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: till, namespace: shop}
spec: {secretName: till-tls, dnsNames: [till.shop.svc], issuerRef: {kind: Issuer, name: own}}
"""
FILES = {
    "hall": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
    "till": WORKLOAD.replace("NAME", "till").replace("CPU", "1") + CERTIFICATE,
    **{name: WORKLOAD.replace("NAME", name).replace("CPU", "10m") for name in ("lamp", "fern", "film")},
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle in `bundle`, and the mirror of its files in `mirror`."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "bundle").mkdir()
    (folder / "bundle/bundle.yaml").write_text(BUNDLE)
    for name, text in FILES.items():
        place = folder / "mirror/acme/shop/v1" / name
        place.mkdir(parents=True)
        (place / "all.yaml").write_text(text)
        (place / "kustomization.yaml").write_text("resources: [all.yaml]\n")
    (folder / "mirror/acme/shop/v1/LICENSE").write_text("as it says\n")
    return folder


@pytest.fixture(scope="module")
def home(real: Cluster, shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A user who has locked the bundle and knows the mirror."""
    made = Home(tmp_path_factory.mktemp("home"), real.binaries, {}, {"MINIKF_MIRROR": str(shop / "mirror")})
    locked = made.minikf("bundle", "lock", "--bundle", str(shop / "bundle"))
    assert locked.code == 0, locked.err
    return made


def test_a_profile_comes_with_up_and_goes_with_down(home: Home, real: Cluster, shop: Path) -> None:
    before = objects(real)
    made = up(home, real, "--profile", "lite", "--bundle", str(shop / "bundle"))
    assert made.code == 0, made.err
    found = real.get("/apis/apps/v1/namespaces/shop/deployments/till")
    assert found["spec"]["replicas"] == 1, "lite has one of each"
    assert found["status"]["availableReplicas"] == 1, "up waits until it is ready"
    secret = real.get("/api/v1/namespaces/shop/secrets/till-tls")
    assert b"BEGIN CERTIFICATE" in base64.b64decode(secret["data"]["tls.crt"])

    version = found["metadata"]["resourceVersion"]
    again = up(home, real)
    assert again.code == 0, again.err
    assert real.get("/apis/apps/v1/namespaces/shop/deployments/till")["metadata"]["resourceVersion"] == version
    assert real.get("/api/v1/namespaces/shop/secrets/till-tls")["data"] == secret["data"], "certificates stay"

    shown = {one["name"]: one for one in home.minikf("status", "--json").json["components"]}
    assert (shown["till"]["healthy"], shown["till"]["state"]) == (True, "1 of 1 ready")

    other = up(home, real, "--profile", "full")
    assert other.code == 10 and "has lite of" in other.error["message"], other.err

    added = home.minikf("addon", "enable", "lamp", "--json")
    assert added.code == 0 and added.json["component"] == "lamp" and added.json["applied"] == 1, added.err
    told = {one["id"]: one["enabled"] for one in home.minikf("addon", "list", "--json").json}
    assert told == {"hall": True, "till": True, "lamp": True, "fern": False, "film": False}
    needed = home.minikf("addon", "disable", "hall", "--json")
    assert needed.code == 10 and "till, lamp need it" in needed.error["cause"], needed.err
    gone = home.minikf("addon", "disable", "lamp", "--json")
    assert gone.code == 0 and gone.json["removed"] == 1, gone.err
    assert ("deployments", "lamp") not in objects(real) and ("deployments", "till") in objects(real)

    down = home.minikf("down", "--yes", "--json")
    assert down.code == 0, down.err
    assert objects(real) == before
    assert not home.state("default").exists(), "a platform of the same name would begin with what is left"


def test_what_no_lock_holds_and_what_is_not_free_wants_the_users_word(home: Home, real: Cluster, shop: Path) -> None:
    made = up(home, real, "--platform", "word", "--profile", "lite", "--bundle", str(shop / "bundle"))
    assert made.code == 0, made.err
    on = ("--platform", "word", "--json")
    for component, option, words in (("fern", "--yes", "nobody had it"), ("film", "--accept-licence", "BUSL-1.1")):
        asked = home.minikf("addon", "enable", component, *on)
        assert asked.code == 10 and asked.error["error"] == "NotAgreed", asked.err
        assert words in asked.error["message"] + asked.error["cause"] and option in asked.error["advice"]
        assert ("deployments", component) not in objects(real)
        given = home.minikf("addon", "enable", component, option, *on)
        assert given.code == 0, given.err
        assert ("deployments", component) in objects(real)
    assert home.minikf("addon", "enable", "lamp", *on).code == 0, "who has agreed once is not asked again"
    # What was locked here at its first use is held to it from then on.
    (home.folder / ".cache/minikf/bundles").rename(home.folder / "old-store")
    file = shop / "mirror/acme/shop/v1/fern/all.yaml"
    right = file.read_text()
    file.write_text(right.replace("fern:1", "fern:2"))
    try:
        refused = home.minikf("addon", "enable", "lamp", *on)
    finally:
        file.write_text(right)
    assert refused.code == 10 and "acme/shop/v1/fern/all.yaml" in refused.error["message"], refused.err
    assert home.minikf("down", "--yes", "--platform", "word").code == 0


def test_components_come_and_go_without_a_profile(home: Home, real: Cluster, shop: Path) -> None:
    assert up(home, real, "--platform", "bare").code == 0
    chosen = {"bundle": str(shop / "bundle"), "profile": "none", "add": [], "remove": []}
    (home.state("bare") / "bundle.json").write_text(json.dumps(chosen))
    for verb in ("enable", "disable"):
        done = home.minikf("addon", verb, "lamp", "--platform", "bare", "--json")
        assert done.code == 0, done.err
        assert (("deployments", "lamp") in objects(real)) == (verb == "enable")
    assert home.minikf("down", "--yes", "--platform", "bare").code == 0


def test_what_a_newer_bundle_no_longer_has_goes(home: Home, real: Cluster, shop: Path, tmp_path: Path) -> None:
    """The bundle's lock is made anew with a file that has one object less, and the platform is brought up again."""
    folder, file = tmp_path / "bundle", shop / "mirror/acme/shop/v1/till/all.yaml"
    folder.mkdir()
    (folder / "bundle.yaml").write_text(BUNDLE)
    right = file.read_text()
    extra = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: drawer, namespace: shop}\n"
    words = ("--platform", "newer", "--profile", "lite", "--bundle", str(folder))
    try:
        file.write_text(right + extra)
        assert home.minikf("bundle", "lock", "--bundle", str(folder)).code == 0
        made = up(home, real, *words)
        assert made.code == 0, made.err
        assert ("configmaps", "drawer") in objects(real)
    finally:
        file.write_text(right)
    assert home.minikf("bundle", "lock", "--bundle", str(folder)).code == 0
    made = up(home, real, *words)
    assert made.code == 0 and "ConfigMap shop/drawer" in made.err, made.err
    assert ("configmaps", "drawer") not in objects(real) and ("deployments", "till") in objects(real)
    assert home.minikf("down", "--yes", "--platform", "newer").code == 0


def test_what_does_not_fit_is_refused_with_the_figures_before_anything_is_made(
    home: Home, real: Cluster, shop: Path, tmp_path: Path
) -> None:
    before = objects(real)
    big = tmp_path / "bundle"
    big.mkdir()
    (big / "bundle.yaml").write_text(
        BUNDLE.replace("lite: {does", "full: {does").replace("variant: lite", "variant: standard")
    )
    file = shop / "mirror/acme/shop/v1/till/all.yaml"
    small = file.read_text()
    # The node of this cluster has 64 processors; cert-manager's kinds are not there, and are not needed to be refused.
    file.write_text(small.replace("cpu: 1", "cpu: 30"))
    try:
        assert home.minikf("bundle", "lock", "--bundle", str(big)).code == 0
        refused = up(home, real, "--platform", "big", "--profile", "full", "--bundle", str(big))
    finally:
        file.write_text(small)
    assert refused.code == 10 and "does not fit this cluster" in refused.error["message"], refused.err
    assert "processors: 90 wanted, 64 there" in refused.error["cause"]
    assert "give the machine or Docker 26 more processors" in refused.error["advice"]
    assert objects(real) == before
    assert home.minikf("down", "--yes", "--platform", "big").code == 0


def test_a_changed_byte_is_refused_by_its_name(home: Home, real: Cluster, shop: Path, tmp_path: Path) -> None:
    file = shop / "mirror/acme/shop/v1/lamp/all.yaml"
    right = file.read_text()
    file.write_text(right.replace("lamp:1", "lamp:2"))
    try:
        made = up(home, real, "--platform", "bent", "--profile", "lite", "--bundle", str(shop / "bundle"))
        assert made.code == 0, made.err
        stranger = Home(tmp_path, home.bin, {}, home.variables)
        (tmp_path / ".local").symlink_to(home.folder / ".local")
        (tmp_path / ".config").symlink_to(home.folder / ".config")
        refused = stranger.minikf("addon", "enable", "lamp", "--platform", "bent", "--json")
    finally:
        file.write_text(right)
    assert refused.code == 10 and "acme/shop/v1/lamp/all.yaml" in refused.error["message"], refused.err
    assert ("deployments", "lamp") not in objects(real)
    assert home.minikf("down", "--yes", "--platform", "bent").code == 0
