"""A cluster that is made for a profile: what does not fit or is not to be had fails before anything is made."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lab import Lab

from .minikf import Ended, Home, docker, things

BUNDLE = """bundle: stall
version: "1"
sources:
  stall: {repo: acme/stall, ref: v1}
profiles:
  lite: {does: what a stall wants, variant: lite, components: [lamp]}
  full: {does: what nobody has, variant: standard, components: [lamp, sun]}
components:
- id: lamp
  title: Lamp
  group: House
  does: gives light
  licence: {spdx: Apache-2.0, source: acme/stall/v1/LICENSE}
  standard: {paths: [stall/lamp]}
- id: sun
  title: Sun
  group: House
  does: gives more light
  licence: {spdx: Apache-2.0, source: acme/stall/v1/LICENSE}
  standard: {paths: [stall/sun]}
  needs: [lamp]
"""
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: stall}\n---\n"
WORKLOAD = """apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME, namespace: stall}
spec:
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec:
      containers:
      - {name: main, image: "IMAGE", command: [sh, -c, "while :; do sleep 1; done"], resources: {requests: {cpu: CPU}}}
"""
NO_WAY = {"HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
"""GitHub cannot be reached, wherever the test runs: nothing listens at port 9."""

CORE_KIND = pytest.param("kind", "Starting control-plane", marks=pytest.mark.core)


@pytest.fixture(scope="module")
def stall(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle in `bundle`, locked, and the mirror of its files in `mirror`; its pods run what every node has."""
    folder = tmp_path_factory.mktemp("stall")
    (folder / "bundle").mkdir()
    (folder / "bundle/bundle.yaml").write_text(BUNDLE)
    workload = WORKLOAD.replace("IMAGE", lab.userland_image)
    files = {
        "lamp": NAMESPACE + workload.replace("NAME", "lamp").replace("CPU", "10m"),
        "sun": workload.replace("NAME", "sun").replace("CPU", "10000"),
    }
    for name, text in files.items():
        place = folder / "mirror/acme/stall/v1" / name
        place.mkdir(parents=True)
        (place / "all.yaml").write_text(text)
        (place / "kustomization.yaml").write_text("resources: [all.yaml]\n")
    (folder / "mirror/acme/stall/v1/LICENSE").write_text("as it says\n")
    locking = Home(tmp_path_factory.mktemp("locking"), lab.bin, {})
    words = ("--bundle", str(folder / "bundle"), "--mirror", str(folder / "mirror"))
    locked = locking.minikf("bundle", "lock", *words)
    assert locked.code == 0, locked.err
    return folder


@pytest.fixture
def seller(home: Home, stall: Path) -> Home:
    """A user who knows the mirror."""
    return replace(home, variables=home.variables | {"MINIKF_MIRROR": str(stall / "mirror")})


def up(home: Home, stall: Path, platform: str, *words: str) -> Ended:
    """With what `up` itself takes where no profile is named."""
    return home.minikf(*words_of(home, stall, platform), *words)


def words_of(home: Home, stall: Path, platform: str, engine: str = "kind") -> tuple[str, ...]:
    made = ("--engine", engine, "--node-image", home.images[engine], "--bundle", str(stall / "bundle"))
    return ("up", "--json", "--platform", platform, *made)


def lamp(home: Home, platform: str) -> str:
    """How many of it are ready; "" where there is none."""
    words = ("-n", "stall", "get", "deployment", "lamp", "-o", "jsonpath={.status.readyReplicas}")
    return home.kubectl(platform, *words).out


def of(platform: str) -> list[str]:
    return [one for one in things(f"minikf-{platform}") if one]


def nothing_is_left(home: Home, platform: str) -> bool:
    """Neither in Docker nor of the platform's own files."""
    return of(platform) == [] and not home.state(platform).exists() and not home.record(platform)


@pytest.mark.core
def test_what_no_machine_has_is_refused_before_anything_is_made(
    seller: Home, stall: Path, platform_name: Callable[[str], str]
) -> None:
    name, began = platform_name("big"), time.monotonic()
    before = docker("info", "--format", "{{.NCPU}}")
    refused = up(seller, stall, name, "--profile", "full")
    assert refused.code == 10 and refused.error["message"] == "full of stall 1 does not fit this machine", refused.err
    # The machine's processors less 850m of the control plane, and the 10,000 and 10m that are wanted.
    more = -(-(10_000_010 - (int(before[0]) * 1000 - 850)) // 1000)
    assert f"processors: 10000 wanted, {(int(before[0]) * 1000 - 850) / 1000:.2g} there" in refused.error["cause"]
    assert f"give the machine or Docker {more} more processors" in refused.error["advice"]
    assert nothing_is_left(seller, name) and time.monotonic() - began < 30
    told = [json.loads(line) for line in refused.err.splitlines()]
    (fit,) = [one["data"] for one in told if one.get("what") == "fit"]
    assert fit["largest"] == "lite" and not fit["fit"]["fits"] and fit["room"]["architecture"]

    forced = up(replace(seller, variables={"MINIKF_MIRROR": str(stall)}), stall, name, "--profile", "full", "--force")
    assert forced.code == 10 and "is no file" in forced.error["message"], "it fits by force, and its files are not here"
    assert nothing_is_left(seller, name)


@pytest.mark.core
def test_without_a_way_to_the_files_up_fails_in_seconds_and_leaves_nothing(
    home: Home, platform_name: Callable[[str], str]
) -> None:
    """The bundle is Kubeflow's own, and lite is what `up` takes by itself."""
    name, began = platform_name("away"), time.monotonic()
    away = replace(home, variables=NO_WAY)
    refused = away.minikf("up", "--json", "--platform", name, "--engine", "kind", "--node-image", home.images["kind"])
    assert refused.code == 12 and "raw.githubusercontent.com" in refused.error["message"], refused.err
    assert "--mirror" in refused.error["advice"]
    assert nothing_is_left(home, name) and time.monotonic() - began < 60


@pytest.mark.core
def test_an_unknown_component_or_profile_is_told_at_once(
    seller: Home, stall: Path, platform_name: Callable[[str], str]
) -> None:
    name = platform_name("word")
    refused = up(seller, stall, name, "--profile", "standard")
    assert refused.code == 2 and "has no profile 'standard'" in refused.error["message"], refused.err
    assert nothing_is_left(seller, name)


@pytest.mark.core
def test_a_changed_byte_is_refused_before_anything_is_made(
    seller: Home, stall: Path, platform_name: Callable[[str], str]
) -> None:
    name, file = platform_name("bent"), stall / "mirror/acme/stall/v1/lamp/all.yaml"
    right = file.read_text()
    file.write_text(right.replace("sleep 1", "sleep 2"))
    try:
        refused = up(seller, stall, name)
    finally:
        file.write_text(right)
    assert refused.code == 10 and "acme/stall/v1/lamp/all.yaml" in refused.error["message"], refused.err
    assert nothing_is_left(seller, name)


@pytest.mark.core
def test_the_automatic_choice_takes_the_embedded_engine_where_lite_is_not_to_be_had(
    home: Home, platform_name: Callable[[str], str]
) -> None:
    name = platform_name("auto")
    away = replace(home, variables=NO_WAY)
    made = away.minikf("up", "--json", "--platform", name, "--node-image", home.images["k3d"])
    assert made.code == 0 and made.json["engine"] == "embedded", made.err
    told = [json.loads(line)["message"] for line in made.err.splitlines()]
    assert told[0].startswith("k3d: Docker ") and any("embedded, in place of k3d: " in one for one in told), told
    assert of(name) == []
    asked = away.minikf("up", "--json", "--platform", name + "b", "--profile", "lite")
    assert asked.code == 12 and nothing_is_left(home, name + "b"), "who asks for a profile hears why there is none"


@pytest.mark.parametrize(("engine", "moment"), [CORE_KIND, ("k3d", "Starting servers")])
def test_a_new_cluster_gets_lite_and_an_interrupted_up_goes_on_with_it(
    seller: Home, stall: Path, platform_name: Callable[[str], str], engine: str, moment: str
) -> None:
    name = platform_name("stall")
    with seller.started(*words_of(seller, stall, name, engine)) as process:
        assert process.stdout is not None
        assert next(line for line in process.stdout if moment in line)
        process.send_signal(signal.SIGKILL)
    again = seller.minikf("up", "--json", "--platform", name)
    assert again.code == 0, again.err
    assert lamp(seller, name) == "1"
    kept = seller.minikf("up", "--json", "--platform", name)
    assert kept.code == 0 and "0 to apply" in kept.err, kept.err
    other = seller.minikf("up", "--json", "--platform", name, "--profile", "none")
    assert other.code == 10 and "has lite of" in other.error["message"], other.err
    assert seller.minikf("down", "--yes", "--platform", name).code == 0
    assert nothing_is_left(seller, name)


@pytest.mark.core
def test_fit_says_what_up_would_say(seller: Home, stall: Path) -> None:
    told = seller.minikf("bundle", "fit", "--engine", "kind", "--bundle", str(stall / "bundle"), "--json")
    assert told.code == 0, told.err
    lite, full = told.json["profiles"]
    assert (lite["name"], lite["fits"], full["name"], full["fits"]) == ("lite", True, "full", False)
    assert told.json["largest"] == "lite" and told.json["room"]["cpuMilli"] > 0
    words = seller.minikf("bundle", "fit", "full", "--engine", "kind", "--bundle", str(stall / "bundle"))
    assert words.code == 0 and "lacks processors: 10000 wanted" in words.out and "lite: " not in words.out
