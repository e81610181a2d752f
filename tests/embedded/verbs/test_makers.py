"""Which data and which code made the model that answers now? Of each way in which a model comes about; a pipeline's is
in test_lineage_verb."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from minikf.datasets import store
from minikf.errors import ExitCode
from minikf.kube.rest import RestClient
from tests.embedded.verbs.conftest import Minikf
from tests.embedded.verbs.test_lineage_verb import SERVICES

JOBS = "/apis/trainer.kubeflow.org/v1alpha1/namespaces/default/trainjobs"

# What users write: it reads a version of a data set, trains, keeps the model's file and registers it.
SCRIPT = """
import argparse, os, pathlib
import joblib, numpy
from sklearn.linear_model import Ridge
from kubeflow.hub import ModelRegistryClient
from minikf import datasets

said = argparse.ArgumentParser()
for name in ("--data", "--out", "--name", "--job"):
    said.add_argument(name, default="")
said.add_argument("--alpha", type=float, default=1.0)
said = said.parse_args()
job = said.job or os.environ["KATIB_TRIAL_NAME"]
folder = pathlib.Path(said.out) / job
folder.mkdir(parents=True)
version = datasets.store().resolve(said.data)
datasets.store().checkout(said.data, folder / "data")
table = numpy.loadtxt(folder / "data" / "points.csv", delimiter=",")
model = Ridge(alpha=said.alpha).fit(table[:, :1], table[:, 1])
joblib.dump(model, folder / "model.joblib")
ModelRegistryClient(os.environ["MODEL_REGISTRY_URL"], author="me").register_model(
    said.name, f"file://{folder}/model.joblib", version=job, model_format_name="sklearn", model_format_version="1",
    metadata={"minikf.trainjob": f"default/{job}", "minikf.data": str(version.uri)},
)
print(f"score={model.score(table[:, :1], table[:, 1]):.6f}")
"""


@pytest.fixture
def script(tmp_path: Path) -> str:
    (tmp_path / "points.csv").write_text("".join(f"{x},{3 * x + 1}\n" for x in range(20)))
    store("default").add("points", [tmp_path / "points.csv"])
    (tmp_path / "fit.py").write_text(SCRIPT)
    return str(tmp_path / "fit.py")


def served(minikf: Minikf, api: RestClient, model: str, name: str) -> tuple[Any, str]:
    """What is said of the service that serves the model."""
    minikf("serve", model, "--name", name, "--wait")
    told = minikf("lineage", f"isvc/{name}", "--json").json, minikf("lineage", f"isvc/{name}").out
    api.call("DELETE", f"{SERVICES}/{name}")
    return told


def of(told: Any, identity: str) -> Any:
    (found,) = [one for one in told["nodes"] if one["id"] == identity]
    return found


def test_a_trainjob(minikf: Minikf, api: RestClient, script: str, tmp_path: Path) -> None:
    given = (
        "--data",
        "points@latest",
        "--out",
        str(tmp_path / "models"),
        "--name",
        "line-of-a-job",
        "--job",
        "fit-line",
    )
    minikf("train", script, "--name", "fit-line", "--wait", "--", *given)
    told, text = served(minikf, api, "line-of-a-job", "line-of-a-job")
    job = of(told, "TrainJob/default/fit-line")
    assert told["code"] == [job["id"]] and len(job["codeSha256"]) == 64
    uri = str(store("default").resolve("points").uri)
    assert told["data"] == [f"Source/{uri}"] and f"address {uri}" in text
    assert "TrainJob default/fit-line (Complete)" in text
    api.call("DELETE", f"{JOBS}/fit-line")


def test_a_tuned_trial(minikf: Minikf, api: RestClient, script: str, tmp_path: Path) -> None:
    """Its Trial says of which experiment it is, and with which parameters it ran."""
    given = ("--data", "points", "--out", str(tmp_path / "models"), "--name", "line-of-a-trial", "--alpha", "{alpha}")
    asked = ("--param", "alpha=uniform(0.1,10)", "--maximize", "score", "--trials", "3", "--name", "lines", "--follow")
    minikf("tune", script, *asked, "--", *given)
    best = minikf("experiment", "best", "lines", "--json").json
    trial = best["bestTrialName"]
    told, text = served(minikf, api, f"line-of-a-trial/{trial}", "line-of-a-trial")
    job = of(told, f"TrainJob/default/{trial}")
    assert told["code"] == [job["id"]] and len(job["codeSha256"]) == 64 and job["experiment"] == "lines"
    (alpha,) = [one["value"] for one in best["parameterAssignments"]]
    assert job["parameters"] == {"alpha": alpha}
    assert told["data"] == [f"Source/{store('default').resolve('points').uri}"]
    assert "a trial of experiment lines: score=" in text and f"alpha={alpha}" in text
    minikf("experiment", "delete", "lines")
    gone = minikf("lineage", f"model/line-of-a-trial/{trial}").out
    assert "the TrainJob was deleted" in gone and str(store("default").resolve("points").uri) in gone


def test_a_bare_file_says_that_nothing_is_known(minikf: Minikf, api: RestClient, tmp_path: Path) -> None:
    import joblib
    from sklearn.linear_model import Ridge

    joblib.dump(Ridge().fit([[0.0], [1.0]], [0.0, 1.0]), tmp_path / "model.joblib")
    told, text = served(minikf, api, str(tmp_path / "model.joblib"), "bare")
    assert told["code"] == [] and told["data"] == [f"Source/{tmp_path}/model.joblib"]
    assert "nothing says which code made it" in text
    assert told["focus"] == ["InferenceService/default/bare"]
    assert minikf("lineage", "isvc/bare", code=ExitCode.REFUSED)
