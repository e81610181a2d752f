"""Promotion of real objects from a real platform, to a second one that never saw the first one's files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from minikf.errors import Refused, Unreachable
from minikf.promote import export
from minikf.spec import Access

KUBECTL = shutil.which("kubectl")
pytestmark = pytest.mark.skipif(KUBECTL is None, reason="kubectl, which renders and applies, is not on PATH")
OBJECTS = (Path(__file__).parent / "objects.yaml").read_text()
ANSWERS = "overlays/default/answers.env"


def kubectl(access: Access, *arguments: str, stdin: str = "", code: int = 0) -> str:
    done = subprocess.run(
        [str(KUBECTL), "--kubeconfig", str(access.kubeconfig), *arguments],
        input=stdin, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def models() -> Path:
    """A folder in the user's home."""
    folder = Path.home() / "models"
    (folder / "fraud").mkdir(parents=True)
    (folder / "fraud/model.joblib").write_bytes(b"model")
    return folder


@pytest.fixture(scope="module")
def bank(platform: Access, models: Path) -> Iterator[Access]:
    """The platform with the objects of objects.yaml, one server-side applied, the others as most people do."""
    documents = yaml.safe_load_all(OBJECTS.replace("/MODELS", str(models)))
    for each in documents:
        way = ["apply", "--server-side", "-f", "-"] if each["kind"] == "TrainJob" else ["apply", "-f", "-"]
        kubectl(platform, *way, stdin=json.dumps(each))
    yield platform
    kubectl(platform, "delete", "namespace", "bank", "--wait=false")


def loaded(out: Path) -> dict[str, Any]:
    found = [yaml.safe_load(path.read_text()) for path in sorted((out / "base/resources").iterdir())]
    return {f"{each['kind']}/{each['metadata']['name']}": each for each in found}


def generations(access: Access) -> dict[str, int]:
    kinds = "inferenceservices,trainjobs,trainingruntimes"
    found = json.loads(kubectl(access, "get", kinds, "-n", "prod", "-o", "json"))["items"]
    return {f"{each['kind']}/{each['metadata']['name']}": each["metadata"]["generation"] for each in found}


def test_a_service_is_written_with_what_it_references_and_nothing_of_the_laptop(
    bank: Access, models: Path, tmp_path: Path
) -> None:
    out = tmp_path / "promote"
    report = export("isvc/fraud", out, "default")
    objects = loaded(out)
    assert sorted(objects) == ["ConfigMap/fraud-settings", "InferenceService/fraud", "ServiceAccount/fraud"]
    assert objects["InferenceService/fraud"]["metadata"] == {"name": "fraud", "annotations": {"owner": "risk-team"}}
    model = objects["InferenceService/fraud"]["spec"]["predictor"]["model"]
    assert model["storageUri"] == "${MODEL_URI_FRAUD}"
    assert "status" not in objects["InferenceService/fraud"]
    assert [(need.kind, need.name) for need in report.needs] == [
        ("Secret", "bucket"),
        ("runtime for model format", "sklearn"),
    ]
    written = "".join(path.read_text() for path in out.rglob("*") if path.is_file())
    for mark in (str(models), str(Path.home()), "localhost", "127.0.0.1", "file://", "tops3cret", "dG9wczNjcmV0"):
        assert mark not in written, mark


def test_what_the_server_filled_in_is_left_out_where_managed_fields_tell(bank: Access, tmp_path: Path) -> None:
    export("fraud-training", tmp_path / "promote", "default", "bank")
    job = loaded(tmp_path / "promote")["TrainJob/fraud-training"]
    assert job["spec"]["runtimeRef"] == {"name": "plain-python", "kind": "TrainingRuntime"}
    assert job["spec"].keys() == {"suspend", "runtimeRef", "trainer", "podTemplateOverrides"}


@pytest.mark.parametrize("root", ["isvc/fraud", "trainjob/fraud-training"])
def test_the_filled_in_overlay_is_taken_by_a_platform_that_never_saw_the_laptop(
    bank: Access, fresh_platform: Access, root: str, tmp_path: Path
) -> None:
    out = tmp_path / "promote"
    report = export(root, out, "default")
    answers = (out / ANSWERS).read_text()
    for name in report.unanswered:
        answers = answers.replace(f"${{{name}}}", f"https://cloud.example/{name.lower()}")
    (out / ANSWERS).write_text(answers)
    kubectl(fresh_platform, "create", "namespace", "prod")
    kubectl(fresh_platform, "create", "secret", "generic", "bucket", "-n", "prod", "--from-literal=x=y")
    kubectl(fresh_platform, "apply", "-k", str(out / "overlays/default"), "-n", "prod")
    kind, name = root.split("/")
    arrived = json.loads(kubectl(fresh_platform, "get", kind, name, "-n", "prod", "-o", "json"))
    if kind == "isvc":
        assert arrived["spec"]["predictor"]["model"]["storageUri"] == "https://cloud.example/model_uri_fraud"
    else:
        assert arrived["spec"]["trainer"]["args"] == ["open('https://cloud.example/path_fraud_training')"]
        kubectl(fresh_platform, "get", "trainingruntime", "plain-python", "-n", "prod")
        kubectl(fresh_platform, "get", "pvc", "features", "-n", "prod")
    before = generations(fresh_platform)
    kubectl(fresh_platform, "apply", "-k", str(out / "overlays/default"), "-n", "prod")
    assert generations(fresh_platform) == before, "the same folder a second time changes nothing"


def test_a_secret_that_was_pasted_into_a_config_map_is_refused(bank: Access, tmp_path: Path) -> None:
    patch = '{"data": {"pasted": "key=tops3cret/value"}}'
    kubectl(bank, "patch", "cm", "fraud-settings", "-n", "bank", "--type=merge", "-p", patch)
    with pytest.raises(Refused, match="key 'AWS_SECRET_ACCESS_KEY' of Secret 'bucket'"):
        export("isvc/fraud", tmp_path / "promote", "default")
    assert not (tmp_path / "promote").exists()
    kubectl(bank, "patch", "cm", "fraud-settings", "-n", "bank", "--type=merge", "-p", '{"data": {"pasted": null}}')
    assert export("isvc/fraud", tmp_path / "promote", "default").changed


def test_the_command_writes_says_and_refuses_with_its_exit_codes(bank: Access, tmp_path: Path) -> None:
    def minikf(*arguments: str, code: int) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "minikf", "promote", *arguments],
            cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done

    said = minikf("fraud", "--out", "promote", code=0).stdout
    assert "InferenceService fraud written to promote: 3 objects" in said
    assert "Secret bucket" in said
    report = json.loads(minikf("fraud", "--out", "promote", "--json", code=0).stdout)
    assert report["changed"] is False
    assert report["unanswered"] == ["MODEL_URI_FRAUD", "PATH_FRAUD_SETTINGS", "ADDRESS_FRAUD_SETTINGS"]
    refused = minikf("nothing", "--out", "promote", code=10).stderr
    assert "InferenceService bank/fraud" in refused
    assert "Traceback" not in refused
    minikf("pods/x", "--out", "promote", code=2)
    minikf("fraud", "--out", ".", code=10)


def test_a_platform_that_does_not_run_is_unreachable(session_home: object, tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        export("fraud", tmp_path / "promote", "not-there")
    assert not (tmp_path / "promote").exists()
