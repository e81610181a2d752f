"""The demo's whole journey from a real platform in one folder: pipeline and schedule, training, tuning, service,
notebook."""

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

from minikf.kube.rest import RestClient
from minikf.promote import export, plan
from minikf.promote.model import Bundle
from minikf.spec import Access
from minikf.views.promotion.showing import preview

KUBECTL = shutil.which("kubectl")
pytestmark = pytest.mark.skipif(KUBECTL is None, reason="kubectl, which renders the folder, is not on PATH")
EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
ROOTS = ("pipeline/journey", "isvc/tumours", "notebook/work", "recurringrun/nightly")


def run(*command: str) -> str:
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def minikf(*arguments: str) -> str:
    return run(sys.executable, "-P", "-m", "minikf", *arguments)


@pytest.fixture(scope="module")
def journey(platform: Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ...]]:
    """The roots that the demos have left on the platform, with a pipeline uploaded and a schedule made."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in json.loads(minikf("env", "--json")).items():
            patch.setenv(name, str(value))
        run(sys.executable, str(EXAMPLES / "journey/journey.py"), "trials=2")
        file = tmp_path_factory.mktemp("compiled") / "journey.yaml"
        run(sys.executable, str(EXAMPLES / "journey/journey.py"), "--compile", str(file))
    minikf("demo", "first-model")
    minikf("pipeline", "upload", str(file))
    minikf("notebook", "create", "work")
    client = RestClient(platform)
    (pipeline,) = [each for each in client.get("/apis/v2beta1/pipelines")["pipelines"] if each["name"] == "journey"]
    (data,) = {
        (each.get("runtime_config") or {}).get("parameters", {}).get("data")
        for each in client.get("/apis/v2beta1/runs")["runs"]
        if each["display_name"].startswith("journey")
    }
    assert data.startswith("dataset://")
    schedule = {
        "display_name": "nightly",
        "pipeline_version_reference": {"pipeline_id": pipeline["pipeline_id"]},
        "runtime_config": {"parameters": {"data": data}},
        "trigger": {"cron_schedule": {"cron": "0 0 2 * * *"}},
        "mode": "DISABLE",
    }
    client.call("POST", "/apis/v2beta1/recurringruns", schedule)
    experiments = client.get("/apis/kubeflow.org/v1beta1/namespaces/default/experiments")["items"]
    jobs = client.get("/apis/trainer.kubeflow.org/v1alpha1/namespaces/default/trainjobs")["items"]
    search = next(each for each in experiments if each["spec"]["maxTrialCount"] == 2)
    trained = next(each for each in jobs if each["metadata"]["name"].startswith("first-model-"))
    yield (*ROOTS, f"experiment/{search['metadata']['name']}", f"trainjob/{trained['metadata']['name']}")
    minikf("notebook", "delete", "work")


def rendered(folder: Path) -> dict[str, Any]:
    done = run(str(KUBECTL), "kustomize", str(folder))
    found = [each for each in yaml.safe_load_all(done) if each]
    return {f"{each['kind']}/{each['metadata']['name']}": each for each in found}


def test_the_whole_journey_is_one_folder_that_renders_and_holds_nothing_of_the_laptop(
    journey: tuple[str, ...], tmp_path: Path
) -> None:
    out = tmp_path / "promote"
    report = export(journey, out, "default", "default")
    assert [root.kind for root in report.roots] == [
        "Experiment", "InferenceService", "Notebook", "Pipeline", "RecurringRun", "TrainJob",
    ]  # fmt: skip
    found = rendered(out / "overlays/default")
    kinds = {name.partition("/")[0] for name in found}
    assert kinds == {
        "ConfigMap", "Experiment", "InferenceService", "Notebook", "PersistentVolumeClaim", "TrainJob",
        "TrainingRuntime",
    }  # fmt: skip
    told = "".join(path.read_text() for path in out.rglob("*") if path.is_file())
    for mark in (str(Path.home()), "file:///", "dataset://tumours"):
        assert mark not in told, mark
    spec, *_ = yaml.safe_load_all((out / "base/pipelines/journey.ir.yaml").read_text())
    assert spec["pipelineInfo"]["name"] == "journey"
    schedule = yaml.safe_load((out / "base/pipelines/nightly.recurring.yaml").read_text())["spec"]
    assert schedule["runtime_config"]["parameters"]["data"] == "${DATA_URI_NIGHTLY}"
    again = export(tuple(reversed(journey)), out, "default", "default")
    assert not again.changed, "named in another order it is the same"
    shown = preview(journey, out, "default", "default")
    assert not shown.changes and any(one.ref.startswith("Pipeline ") for one in shown.exports)


def test_its_images_and_contents_are_known_with_their_places(journey: tuple[str, ...], tmp_path: Path) -> None:
    bundle: Bundle = plan(journey, tmp_path / "promote", "default", "default").bundle
    assert {use.ref.kind for use in bundle.images} >= {"Notebook", "PipelineVersion"}
    contents = {use.address.partition("://")[0]: use for use in bundle.contents}
    assert {"dataset", "model-registry", "pvc"} <= contents.keys()
    assert contents["dataset"].ref.kind == "RecurringRun" and len(contents["dataset"].sha256) == 64
    claims = [use for use in bundle.contents if use.kind == "claim"]
    assert {use.ref.name for use in claims} == {"first-model", "work-workspace"}
    assert all(Path(use.local).is_dir() for use in claims)


def test_the_uploaded_package_is_what_the_folder_holds(journey: tuple[str, ...], tmp_path: Path) -> None:
    """A target without objects of pipelines takes the file as it stands."""
    out = tmp_path / "promote"
    export("pipeline/journey", out, "default", "default")
    shutil.copy(out / "base/pipelines/journey.ir.yaml", tmp_path / "carried.yaml")
    minikf("pipeline", "upload", str(tmp_path / "carried.yaml"), "--name", "carried")
    export("pipeline/carried", tmp_path / "second", "default", "default")
    first, second = (
        (folder / f"base/pipelines/{name}.ir.yaml").read_bytes()
        for folder, name in ((out, "journey"), (tmp_path / "second", "carried"))
    )
    assert first == second
