"""`minikf train` beside the official SDK, and `minikf serve`, on a real platform."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from kubeflow.common.types import KubernetesBackendConfig
from kubeflow.trainer import CustomTrainer, TrainerClient
from kubeflow.trainer.options import Name

from minikf.errors import ExitCode
from minikf.kube.rest import RestClient
from minikf.spec import Access
from tests.embedded.serving.conftest import Digits, digits
from tests.embedded.trainjob import functions
from tests.embedded.verbs.conftest import Minikf

__all__ = ["digits"]  # the fixture

JOBS = "/apis/trainer.kubeflow.org/v1alpha1/namespaces/default/trainjobs"
SERVICES = "/apis/serving.kserve.io/v1beta1/namespaces/default/inferenceservices"


def spec(api: RestClient, name: str) -> Any:
    return api.get(f"{JOBS}/{name}")["spec"]


@pytest.mark.parametrize("runtime", ["plain-python", "torch-distributed"])
def test_the_trainjob_is_the_one_that_the_official_sdk_makes(
    runtime: str, platform: Access, api: RestClient, minikf: Minikf
) -> None:
    trainer = TrainerClient(backend_config=KubernetesBackendConfig(config_file=str(platform.kubeconfig)))
    custom = CustomTrainer(
        func=functions.say,
        func_args={"word": "hello", "times": 2},
        env={"FLAVOUR": "vanilla"},
        num_nodes=1,
        resources_per_node={"cpu": "1", "memory": "512Mi"},
    )
    theirs, ours = f"by-sdk-{runtime}", f"by-verb-{runtime}"
    trainer.train(runtime=runtime, trainer=custom, options=[Name(theirs)])
    what = f"{Path(functions.__file__)}:say"
    asked = ("train", what, "--runtime", runtime, "-e", "FLAVOUR=vanilla", "--cpu", "1", "--memory", "512Mi")
    given = ("--name", ours, "--", "word=hello", "times=2")
    dry = yaml.safe_load(minikf(*asked, "--dry-run", *given).out)
    said = minikf(*asked, "--follow", *given)
    assert said.out.splitlines() == ["hello vanilla", "hello vanilla", f"TrainJob default/{ours} is complete"]
    assert spec(api, ours) == spec(api, theirs)
    assert dry["spec"]["trainer"] == spec(api, theirs)["trainer"]
    for name in (theirs, ours):
        trainer.delete_job(name)


def test_a_script_that_fails(minikf: Minikf, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys\nprint('args', sys.argv[1:], flush=True)\nsys.exit(3)\n")
    said = minikf("train", str(script), "--name", "fails", "-f", "--", "a b", "$x", code=ExitCode.WORK_FAILED)
    assert said.out == "args ['a b', '$x']\n"
    assert "TrainJob default/fails failed" in said.err and "minikf logs fails-node-0-0" in said.err
    assert minikf("logs", "trainjob/fails").out == minikf("logs", "trainjob/fails", "--follow").out == said.out
    assert "not found" in minikf("logs", "trainjob/nobody", code=ExitCode.REFUSED).err
    told = minikf("train", str(script), "--name", "fails", code=ExitCode.REFUSED).err
    assert "already exists" in told
    assert "there are " in minikf("train", str(script), "--runtime", "none", code=ExitCode.USAGE).err


def test_a_model_is_served_and_replaced(minikf: Minikf, api: RestClient, digits: Digits) -> None:
    dry = yaml.safe_load(minikf("serve", str(digits.sklearn), "--name", "by-verb", "--dry-run").out)
    said = minikf("serve", str(digits.sklearn), "--name", "by-verb", "--wait", "--json").json
    model = dry["spec"]["predictor"]["model"]
    assert model.items() <= said["spec"]["predictor"]["model"].items()
    answer = httpx.post(f"{said['status']['url']}/v1/models/by-verb:predict", json={"instances": digits.rows})
    assert answer.json() == {"predictions": digits.expected}
    told = minikf("serve", str(digits.onnx), "--name", "by-verb", code=ExitCode.REFUSED).err
    assert "already exists" in told
    minikf("serve", str(digits.onnx), "--name", "by-verb", "--replace", "--wait")
    found = api.get(f"{SERVICES}/by-verb")
    assert found["spec"]["predictor"]["model"]["modelFormat"]["name"] == "onnx"
    api.call("DELETE", f"{SERVICES}/by-verb")


def test_a_model_that_cannot_be_served(minikf: Minikf, api: RestClient, tmp_path: Path) -> None:
    (tmp_path / "model.joblib").write_bytes(b"no pickle")
    said = minikf("serve", str(tmp_path), "--name", "broken", "--wait", code=ExitCode.WORK_FAILED)
    assert "does not serve its model" in said.err
    api.call("DELETE", f"{SERVICES}/broken")
    assert "no model" in minikf("serve", "not-registered", "--name", "x", code=ExitCode.REFUSED).err
    assert "say it: --format" in minikf("serve", sys.executable, "--name", "x", code=ExitCode.REFUSED).err
