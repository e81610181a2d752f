"""`minikf demo`: the whole journey as a user runs it, and what can be asked of what it leaves behind."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import pytest
import requests
from kubernetes import client, config

from minikf.spec import Access
from tests.embedded.homes import Home

STEPS = {
    "ingest", "validate", "transform", "split", "tune", "train", "analyse", "register", "serve", "ask", "detect-drift",
}  # fmt: skip
ACTS_OUTSIDE = {"register", "serve"}

Object = dict[str, Any]


def demo(home: Home, access: Access) -> dict[str, Object]:
    """What each step told."""
    done = home.minikf("demo", "--platform", access.platform, "--json")
    return {one["step"]: one for one in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(scope="module")
def others(platform: Access) -> set[str]:
    """Experiments that other tests have left on the platform."""
    return {one["metadata"]["name"] for one in experiments(platform)}


@pytest.fixture(scope="module")
def first_run(session_home: Home, platform: Access, others: set[str]) -> dict[str, Object]:
    return demo(session_home, platform)


def experiments(access: Access, without: Collection[str] = ()) -> list[Object]:
    found = objects(access, "kubeflow.org", "v1beta1", "experiments")
    return [one for one in found if one["metadata"]["name"] not in without]


def objects(access: Access, group: str, version: str, plural: str) -> list[Object]:
    api = client.CustomObjectsApi(config.new_client_from_config(config_file=str(access.kubeconfig)))
    return list(api.list_namespaced_custom_object(group, version, "default", plural)["items"])


def test_every_step_succeeds(first_run: dict[str, Object]) -> None:
    assert {name for name in STEPS if first_run.get(name, {}).get("state") == "SUCCEEDED"} == STEPS
    assert first_run["data"]["uri"].startswith("dataset://tumours@sha256:")
    assert first_run["model"]["registered"].startswith("model-registry://tumours/")
    assert 0.9 < first_run["model"]["accuracy"] < 1.0


def test_twenty_trials_were_run_by_an_experiment(
    first_run: dict[str, Object], platform: Access, others: set[str]
) -> None:
    assert first_run["tune"]["state"] == "SUCCEEDED"
    (experiment,) = experiments(platform, others)
    assert experiment["status"]["trialsSucceeded"] == 20
    metrics = experiment["status"]["currentOptimalTrial"]["observation"]["metrics"]
    assert 0.9 < max(float(metric["latest"]) for metric in metrics) <= 1.0


def test_the_model_answers(first_run: dict[str, Object]) -> None:
    row = [15.0, 20.0, 95.0, 700.0, 0.1, 0.1, 17.0, 26.0, 0.3, 95.0 * 95.0 / 700.0]
    answer = requests.post(first_run["served"]["url"], json={"instances": [row]}, timeout=20)
    assert answer.status_code == 200, answer.text
    assert answer.json()["predictions"][0] in (0, 1)


def test_which_data_and_which_code_made_the_model_that_answers_now(
    first_run: dict[str, Object], session_home: Home, platform: Access
) -> None:
    said = session_home.minikf("lineage", "isvc/tumours", "--platform", platform.platform).stdout
    assert first_run["data"]["uri"] in said
    assert first_run["model"]["registered"].rsplit("/", 1)[1] in said
    for step in ("ingest", "train"):
        assert step in said
    assert "code" in said


def test_again_only_what_acts_on_the_world_is_done_again(
    first_run: dict[str, Object], session_home: Home, platform: Access, others: set[str]
) -> None:
    second = demo(session_home, platform)
    done = {name for name in STEPS if second[name]["seconds"] > 0}  # what comes from the cache takes no time
    assert done >= ACTS_OUTSIDE
    assert not done & {"ingest", "validate", "transform", "split", "tune", "train", "analyse"}
    assert second["model"] == first_run["model"], "the same model is not registered twice"
    assert second["served"] == first_run["served"]
    assert len(experiments(platform, others)) == 1
