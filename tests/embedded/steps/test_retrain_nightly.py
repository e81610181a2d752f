"""The nightly pipeline of the examples: its steps as pods, the gate, and what the gate lets through."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.datasets import load_breast_cancer

from minikf.datasets import store
from minikf.spec import Access
from tests.embedded.wire import Wire

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "retrain-nightly" / "retrain_nightly.py"


def run(access: Access, *argv: str, code: int = 0) -> str:
    env = {**os.environ, "KUBECONFIG": str(access.kubeconfig)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(EXAMPLE), *argv],
        env=env, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout.rsplit("run ", 1)[-1].split(":")[0]


def data(folder: Path, name: str, *, rows: int = 569, wrong: int = 0, faulty: bool = False) -> str:
    """Adds a version: of the first `rows`, with the first `wrong` labels turned round."""
    frame = load_breast_cancer(as_frame=True).frame.head(rows)
    frame.columns = [column.replace(" ", "_") for column in frame.columns]
    frame.loc[: wrong - 1, "target"] = 1 - frame.loc[: wrong - 1, "target"]
    if faulty:
        frame.loc[7, "mean_area"] = -1.0
    frame.to_csv(folder / "tumours.csv", index=False)
    return str(store("default").add(name, [folder / "tumours.csv"]).version.uri)


async def states(access: Access, run_id: str) -> dict[str, str]:
    found = (await Wire(access).ask("GET", f"/apis/v2beta1/runs/{run_id}")).json
    return {task["display_name"]: task["state"] for task in found["run_details"]["task_details"]}


async def served(access: Access, name: str) -> str:
    path = f"/apis/serving.kserve.io/v1beta1/namespaces/default/inferenceservices/{name}"
    return str((await Wire(access).ask("GET", path)).json["spec"]["predictor"]["model"]["storageUri"])


async def test_the_first_model_is_pushed_and_the_same_one_is_kept(platform: Access, tmp_path: Path) -> None:
    data(tmp_path, "night")
    names = ("data=night", "model_name=night")
    first = await states(platform, run(platform, "--now", *names))
    steps = {"resolve-dataset", "ingest", "validate", "transform", "split", "train", "compare-and-gate"}
    assert {first[step] for step in (*steps, "register", "serve")} == {"SUCCEEDED"}
    address = await served(platform, "night")
    assert address.startswith("model-registry://night/")
    second = await states(platform, run(platform, "--now", *names))
    assert {second[step] for step in steps - {"resolve-dataset", "compare-and-gate"}} <= {
        "SUCCEEDED",
        "CACHED",
        "SKIPPED",
    }
    assert second.get("register") != "SUCCEEDED" and second.get("serve") != "SUCCEEDED"
    assert await served(platform, "night") == address


async def test_every_night_is_a_recurring_run_and_there_is_one(platform: Access, tmp_path: Path) -> None:
    run(platform)
    run(platform)
    found = (await Wire(platform).ask("GET", "/apis/v2beta1/recurringruns")).json["recurringRuns"]
    (nightly,) = [one for one in found if one["display_name"] == "retrain-nightly"]
    assert nightly["trigger"]["cron_schedule"]["cron"] == "0 0 3 * * *" and nightly["no_catchup"] is True
    await Wire(platform).ask("DELETE", f"/apis/v2beta1/recurringruns/{nightly['recurring_run_id']}")


@pytest.mark.slow
async def test_a_better_model_is_pushed_a_worse_one_and_faulty_data_are_not(platform: Access, tmp_path: Path) -> None:
    names = ("data=slow-night", "model_name=slow-night")
    data(tmp_path, "slow-night", rows=300, wrong=120)
    run(platform, "--now", *names)
    poor = await served(platform, "slow-night")
    data(tmp_path, "slow-night")
    run(platform, "--now", *names)
    good = await served(platform, "slow-night")
    assert good != poor
    data(tmp_path, "slow-night", wrong=200)
    worse = await states(platform, run(platform, "--now", *names))
    assert worse["compare-and-gate"] == "SUCCEEDED" and await served(platform, "slow-night") == good
    data(tmp_path, "slow-night", faulty=True)
    faulty = await states(platform, run(platform, "--now", *names, code=1))
    assert faulty["validate"] == "FAILED" and await served(platform, "slow-night") == good
