"""The nightly pipeline of the examples: its steps as pods, the gate, and what the gate lets through."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from sklearn.datasets import load_breast_cancer

from minikf.datasets import store
from minikf.spec import Access
from tests.embedded.steps.example import as_a_user, load, runs, tasks
from tests.embedded.wire import Wire

STEPS = {
    "resolve-dataset", "ingest", "validate", "transform", "split", "train", "compare-and-gate", "register", "serve",
}  # fmt: skip


@pytest.fixture
def nightly(platform: Access, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    as_a_user(platform, monkeypatch)
    return load("retrain-nightly/retrain_nightly.py")


async def run(access: Access, nightly: ModuleType, name: str, code: int = 0) -> dict[str, str]:
    """One run now; the state of each of its tasks."""
    assert nightly.main(["--now", f"data={name}", f"model_name={name}"]) == code
    return await tasks(access, (await runs(access))[0])


def data(folder: Path, name: str, *, rows: int = 569, wrong: int = 0, faulty: bool = False) -> str:
    """Adds a version: of the first `rows`, with the first `wrong` labels turned round."""
    frame = load_breast_cancer(as_frame=True).frame.head(rows)
    frame.columns = [column.replace(" ", "_") for column in frame.columns]
    frame.loc[: wrong - 1, "target"] = 1 - frame.loc[: wrong - 1, "target"]
    if faulty:
        frame.loc[7, "mean_area"] = -1.0
    frame.to_csv(folder / "tumours.csv", index=False)
    return str(store("default").add(name, [folder / "tumours.csv"]).version.uri)


async def served(access: Access, name: str) -> str:
    path = f"/apis/serving.kserve.io/v1beta1/namespaces/default/inferenceservices/{name}"
    return str((await Wire(access).ask("GET", path)).json["spec"]["predictor"]["model"]["storageUri"])


@pytest.mark.slow
async def test_what_is_better_is_pushed_and_nothing_else(platform: Access, nightly: ModuleType, tmp_path: Path) -> None:
    data(tmp_path, "night", rows=300, wrong=120)
    first = await run(platform, nightly, "night")
    assert {first[step] for step in STEPS} == {"SUCCEEDED"}
    poor = await served(platform, "night")
    assert poor.startswith("model-registry://night/")

    same = await run(platform, nightly, "night")
    assert same["compare-and-gate"] == "SUCCEEDED" and same.get("register") != "SUCCEEDED"
    assert await served(platform, "night") == poor

    data(tmp_path, "night")
    better = await run(platform, nightly, "night")
    good = await served(platform, "night")
    assert better["register"] == "SUCCEEDED" and good != poor

    data(tmp_path, "night", wrong=200)
    worse = await run(platform, nightly, "night")
    assert worse["compare-and-gate"] == "SUCCEEDED" and await served(platform, "night") == good

    data(tmp_path, "night", faulty=True)
    faulty = await run(platform, nightly, "night", code=1)
    assert faulty["validate"] == "FAILED" and await served(platform, "night") == good


async def test_every_night_is_one_recurring_run_however_often_it_is_asked_for(
    platform: Access, nightly: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert nightly.main([]) == nightly.main([]) == 0
    found = (await Wire(platform).ask("GET", "/apis/v2beta1/recurringruns")).json["recurringRuns"]
    (made,) = [one for one in found if one["display_name"] == "retrain-nightly"]
    assert made["trigger"]["cron_schedule"]["cron"] == "0 0 3 * * *" and made["no_catchup"] is True
    assert list(tmp_path.iterdir()) == []
    await Wire(platform).ask("DELETE", f"/apis/v2beta1/recurringruns/{made['recurring_run_id']}")
