"""`minikf demo` as a user runs it: what it prints, what it leaves behind, and what happens when something is wrong."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from kubernetes import client, config
from sklearn.datasets import load_digits

from minikf.paths import PlatformPaths
from minikf.spec import Access
from tests.embedded.homes import Home

Object = dict[str, Any]
TRAINER = ("trainer.kubeflow.org", "v1alpha1")
SERVING = ("serving.kserve.io", "v1beta1")


def api(access: Access) -> client.ApiClient:
    return config.new_client_from_config(config_file=str(access.kubeconfig))


def demo(home: Home, access: Access, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    return home.minikf("demo", "first-model", "--platform", access.platform, *arguments, code=code)


def steps(text: str) -> dict[str, Object]:
    return {one["step"]: one for one in map(json.loads, text.splitlines())}


def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)


def sha256(*files: Path, but: str = "") -> str:
    """The one hash of all these files, `but` aside."""
    (found,) = {hashlib.sha256(file.read_bytes()).hexdigest() for file in files} - {but}
    return found


def registered(access: Access, version: str) -> Object:
    """The model version in the registry."""
    answer = requests.get(
        f"{access.server}/api/model_registry/v1alpha3/model_versions",
        headers={"Authorization": f"Bearer {access.token.read_text().strip()}"},
        verify=str(access.ca),
        timeout=10,
    )
    (one,) = (item for item in answer.json()["items"] if item["name"] == version)
    return dict(one)


def served_files(access: Access) -> list[Path]:
    """The model files of the predictors that stay."""
    pods = client.CoreV1Api(api(access)).list_namespaced_pod(
        "default", label_selector="serving.kserve.io/inferenceservice=first-model"
    )
    folders = [
        Path(argument.removeprefix("--model_dir="))
        for pod in pods.items
        if pod.metadata.deletion_timestamp is None
        for argument in pod.spec.containers[0].args
        if argument.startswith("--model_dir=")
    ]
    assert folders
    return [folder / "model.joblib" for folder in folders]


@pytest.fixture(scope="module")
def first_run(session_home: Home, platform: Access) -> str:
    return demo(session_home, platform).stdout


def test_it_says_what_it_did_how_well_and_how_long(first_run: str) -> None:
    found = re.search(r"accuracy: (0\.\d+) on 360 digits that training never saw", first_run)
    assert found and 0.95 <= float(found[1]) < 1.0
    for step in ("prepare", "train", "register", "serve", "V1", "V2", "V2 gRPC"):
        assert re.search(rf"^{step} +\d+\.\d\d s ", first_run, re.MULTILINE), step
    assert "cross-validation: 0.9" in first_run
    assert "kubectl get trainjobs,inferenceservices,pods -A" in first_run


def test_its_objects_are_there_to_look_at(first_run: str, platform: Access) -> None:
    custom = client.CustomObjectsApi(api(platform))
    jobs = custom.list_namespaced_custom_object(*TRAINER, "default", "trainjobs")["items"]
    states = {job["metadata"]["name"]: job["status"]["conditions"][0]["type"] for job in jobs}
    assert "Complete" in [state for name, state in states.items() if name.startswith("first-model-")]
    service = custom.get_namespaced_custom_object(*SERVING, "default", "inferenceservices", "first-model")
    assert {one["type"]: one["status"] for one in service["status"]["conditions"]}["Ready"] == "True"


def test_a_second_run_serves_the_model_that_it_trained_itself(
    first_run: str, session_home: Home, platform: Access
) -> None:
    custom = client.CustomObjectsApi(api(platform))
    before = custom.get_namespaced_custom_object(*SERVING, "default", "inferenceservices", "first-model")
    found = steps(demo(session_home, platform, "--json").stdout)
    assert found["result"]["accuracy"] >= 0.95
    version = found["result"]["version"]
    after = custom.get_namespaced_custom_object(*SERVING, "default", "inferenceservices", "first-model")
    assert after["metadata"]["uid"] == before["metadata"]["uid"], "the service was moved on, not made anew"
    uri = after["spec"]["predictor"]["model"]["storageUri"]
    assert uri == f"pvc://first-model/{version}/sklearn"

    # What the TrainJob wrote, what the registry says and what is served are the same bytes, and only of this run.
    volume = PlatformPaths.of(platform.platform).volumes / "default" / "first-model" / version
    digest = sha256(volume / "sklearn" / "model.joblib")
    assert digest == found["train"]["sha256"] != sha256(*volume.parent.glob("*/sklearn/model.joblib"), but=digest)
    assert registered(platform, version)["customProperties"]["sha256"]["string_value"] == digest
    assert sha256(*served_files(platform)) == digest
    assert (volume / "onnx" / "model.onnx").stat().st_size > 0


def test_the_service_answers_plain_requests(first_run: str, platform: Access) -> None:
    custom = client.CustomObjectsApi(api(platform))
    service = custom.get_namespaced_custom_object(*SERVING, "default", "inferenceservices", "first-model")
    images, labels = load_digits(return_X_y=True)
    answer = requests.post(
        f"{service['status']['url']}/v1/models/first-model:predict",
        json={"instances": images[:20].tolist()},
        timeout=10,
    )
    right = sum(int(found == label) for found, label in zip(answer.json()["predictions"], labels, strict=False))
    assert right >= 18


def test_interrupted_it_takes_back_what_it_began(session_home: Home, platform: Access) -> None:
    core, custom = client.CoreV1Api(api(platform)), client.CustomObjectsApi(api(platform))

    def train_jobs() -> set[str]:
        jobs = custom.list_namespaced_custom_object(*TRAINER, "default", "trainjobs")["items"]
        return {job["metadata"]["name"] for job in jobs}

    before = train_jobs()
    process = session_home.start("demo", "first-model", "--platform", platform.platform, start_new_session=True)
    until(lambda: train_jobs() != before, 60)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert "interrupted" in err
    until(lambda: train_jobs() == before)
    running = [pod for pod in core.list_namespaced_pod("default").items if pod.status.phase == "Running"]
    assert not [pod.metadata.name for pod in running if "demo" in pod.metadata.name]
    assert "accuracy" in demo(session_home, platform).stdout, "and the next run works"


def test_without_a_platform_it_says_how_to_get_one(session_home: Home) -> None:
    done = session_home.minikf("demo", "--platform", "not-there", code=None)
    assert done.returncode in (10, 12) and "minikf up --platform not-there" in done.stderr


def test_what_went_wrong_is_named_with_its_reason(session_home: Home, fresh_platform: Access) -> None:
    custom = client.CustomObjectsApi(api(fresh_platform))
    custom.delete_cluster_custom_object(*TRAINER, "clustertrainingruntimes", "plain-python")
    done = demo(session_home, fresh_platform, code=1)
    assert 'clustertrainingruntimes.trainer.kubeflow.org "plain-python" not found' in done.stderr
    assert "Traceback" not in done.stdout + done.stderr

    quota = client.V1ResourceQuota(
        metadata=client.V1ObjectMeta(name="no-pods"), spec=client.V1ResourceQuotaSpec(hard={"pods": "0"})
    )
    client.CoreV1Api(api(fresh_platform)).create_namespaced_resource_quota("default", quota)
    done = demo(session_home, fresh_platform, code=10)
    assert "Pod default/minikf-demo-" in done.stderr and "exceeded quota: no-pods" in done.stderr
