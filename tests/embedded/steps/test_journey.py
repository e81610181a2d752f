"""The journey of the examples: from data to a served model that is watched, and what a second time costs."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from kfp import components

from minikf.datasets import store
from minikf.spec import Access
from tests.embedded.steps.example import as_a_user, load, pods, runs, tasks, wait_until_warm
from tests.embedded.wire import Wire

STEPS = {
    "ingest", "validate", "transform", "split", "tune", "train", "analyse", "register", "serve", "ask", "detect-drift",
}  # fmt: skip
SERVICE = "/apis/serving.kserve.io/v1beta1/namespaces/default/inferenceservices/tumours"
REGISTRY = "/api/model_registry/v1alpha3"


@pytest.mark.slow  # tests/embedded/demo runs the same journey by minikf demo
async def test_all_of_it_and_a_second_time_from_the_cache_and_what_is_gone_is_made_again(
    platform: Access, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    as_a_user(platform, monkeypatch)
    wire = Wire(platform)
    await wait_until_warm(platform)
    journey = load("journey/journey.py")
    assert journey.main(["trials=3"]) == 0, capsys.readouterr().out
    first = (await runs(platform))[0]
    assert {name for name, state in (await tasks(platform, first)).items() if state == "SUCCEEDED"} >= STEPS
    assert await pods(platform, first) == STEPS

    searches = (await wire.ask("GET", "/apis/kubeflow.org/v1beta1/experiments")).json["items"]
    (search,) = [one for one in searches if one["spec"]["maxTrialCount"] == 3 and len(one["spec"]["parameters"]) == 2]
    assert search["status"]["trialsSucceeded"] == 3
    service = (await wire.ask("GET", SERVICE)).json
    address = service["spec"]["predictor"]["model"]["storageUri"]
    version = address.rpartition("/")[2]
    assert address == f"model-registry://tumours/{version}"
    model = (await wire.ask("GET", f"{REGISTRY}/registered_model?name=tumours")).json
    (found,) = (await wire.ask("GET", f"{REGISTRY}/registered_models/{model['id']}/versions")).json["items"]
    told = {key: value.get("string_value") for key, value in found["customProperties"].items()}
    assert found["name"] == version and told["minikf.run"] == first
    assert told["minikf.data"] == str(store("default").resolve("tumours").uri)
    row = [17.0, 20.0, 110.0, 900.0, 0.1, 0.2, 21.0, 27.0, 0.4, 13.4]  # a large tumour, in the order of the features
    answer = requests.post(
        f"{service['status']['url']}/v1/models/tumours:predict", json={"instances": [row]}, timeout=30
    )
    assert answer.json() == {"predictions": [0]}

    assert journey.main(["trials=3"]) == 0
    second = (await runs(platform))[0]
    assert await pods(platform, second) == {"register", "serve"}  # these look whether it is so, and change nothing
    assert (await wire.ask("GET", SERVICE)).json["metadata"]["generation"] == service["metadata"]["generation"]
    kept = (await wire.ask("GET", f"{REGISTRY}/registered_models/{model['id']}/versions")).json["items"]
    assert [one["name"] for one in kept] == [version]

    await wire.ask("DELETE", SERVICE)
    assert journey.main(["trials=3"]) == 0
    third = (await runs(platform))[0]
    assert {"register", "serve"} <= await pods(platform, third) <= {"register", "serve", "ask", "detect-drift"}
    assert (await wire.ask("GET", SERVICE)).json["spec"]["predictor"]["model"]["storageUri"] == address
    await wire.ask("DELETE", SERVICE)


def test_it_compiles_for_any_kubeflow(tmp_path: Path) -> None:
    journey = load("journey/journey.py")
    assert journey.main(["--compile", str(tmp_path / "journey.yaml")]) == 0
    loaded = components.load_component_from_file(str(tmp_path / "journey.yaml"))
    assert set(loaded.component_spec.inputs or {}) == {"data", "sha256", "name", "trials", "parallel"}
