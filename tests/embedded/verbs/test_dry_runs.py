"""What --dry-run prints, applied by kubectl or sent by the official client, makes the object that the verb makes."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from kfp import Client

from minikf.kube.rest import RestClient
from minikf.spec import Access
from tests.embedded.verbs.conftest import Minikf, pipeline

KUBECTL = shutil.which("kubectl")
ROOT = "/apis/v2beta1"
PLACES = {
    "TrainJob": "/apis/trainer.kubeflow.org/v1alpha1/namespaces/default/trainjobs",
    "InferenceService": "/apis/serving.kserve.io/v1beta1/namespaces/default/inferenceservices",
    "Experiment": "/apis/kubeflow.org/v1beta1/namespaces/default/experiments",
    "Notebook": "/apis/kubeflow.org/v1/namespaces/default/notebooks",
    "PersistentVolumeClaim": "/api/v1/namespaces/default/persistentvolumeclaims",
}
# What the platform or kubectl adds, and what differs between any two objects.
_OWN = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink", "finalizers")
_ADDED = ("kubectl.kubernetes.io/last-applied-configuration",)


def stored(api: RestClient, obj: dict[str, Any]) -> dict[str, Any]:
    """The stored object without what is of the moment."""
    found = api.get(f"{PLACES[obj['kind']]}/{obj['metadata']['name']}")
    found.pop("status", None)
    found["spec"].pop("volumeName", None)  # a claim's own folder
    meta = {key: value for key, value in found["metadata"].items() if key not in _OWN}
    meta["annotations"] = {key: value for key, value in (meta.get("annotations") or {}).items() if key not in _ADDED}
    return {**found, "metadata": meta}


def remove(api: RestClient, objects: list[dict[str, Any]]) -> None:
    for obj in reversed(objects):  # a claim goes after the notebook that uses it
        path = f"{PLACES[obj['kind']]}/{obj['metadata']['name']}"
        api.request("DELETE", path)
        end = time.monotonic() + 60
        while api.request("GET", path).ok:
            assert time.monotonic() < end, path
            time.sleep(0.05)


@pytest.mark.skipif(KUBECTL is None, reason="no kubectl here")
@pytest.mark.parametrize(
    "typed",
    [
        ("train", "{script}", "--name", "dry-job", "--nodes", "2", "-e", "A=b c", "--cpu", "1", "--", "$x", "`y`",
         "a\\b"),
        ("tune", "{script}", "--name", "dry-search", "--param", "lr=loguniform(0.001,1)", "--param", "kind=choice(a,b)",
         "--minimize", "loss", "--algorithm", "tpe", "--trials", "3", "--", "--lr", "{{lr}}", "--kind", "{{kind}}"),
        ("serve", "{model}", "--format", "sklearn", "--name", "dry-model", "--protocol", "v2", "--log", "all"),
        pytest.param(  # two notebooks are started
            ("notebook", "create", "dry-lab", "--env", "GREETING=grüß dich", "--cpu", "0.5"), marks=pytest.mark.slow
        ),
    ],
    ids=["train", "tune", "serve", "notebook"],
)  # fmt: skip
def test_kubernetes_objects(
    typed: tuple[str, ...], minikf: Minikf, api: RestClient, platform: Access, tmp_path: Path
) -> None:
    (tmp_path / "script.py").write_text("print('loss=1')\n")
    given = {"script": str(tmp_path / "script.py"), "model": str(tmp_path / "script.py")}
    words = [word.format(**given) for word in typed]
    cut = words.index("--") if "--" in words else len(words)
    printed = minikf(*words[:cut], "--dry-run", "-o", "yaml", *words[cut:]).out
    objects = [one for one in yaml.safe_load_all(printed) if one]
    again = minikf(*words[:cut], "--dry-run", "-o", "json", *words[cut:]).json
    assert again["items"] == objects
    assert not any(api.request("GET", f"{PLACES[one['kind']]}/{one['metadata']['name']}").ok for one in objects)
    command = [str(KUBECTL), "--kubeconfig", str(platform.kubeconfig), "apply", "-f", "-"]
    subprocess.run(command, input=printed, text=True, check=True, capture_output=True, timeout=60)
    applied = [stored(api, one) for one in objects]
    remove(api, objects)
    minikf(*words)
    assert [stored(api, one) for one in objects] == applied
    remove(api, objects)


# Of a run or pipeline: what the server gives anew to each.
_GIVEN = (
    "run_id", "created_at", "scheduled_at", "finished_at", "state", "state_history", "run_details", "error",
    "pipeline_id", "pipeline_version_id", "pipeline_version_reference", "tags",
)  # fmt: skip


def kept(found: Any) -> Any:
    if isinstance(found, list):
        return [kept(one) for one in found]
    if isinstance(found, dict):
        return {key: kept(value) for key, value in found.items() if key not in _GIVEN}
    return found


def test_runs_and_pipelines(
    minikf: Minikf, api: RestClient, platform: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = pipeline(tmp_path, "dry", "true", n={"parameterType": "NUMBER_INTEGER"})
    asked = ("run", str(file), "-a", "n=3", "--name", "dry run", "--experiment", "dry experiments", "--no-cache")
    experiment, run = yaml.safe_load_all(minikf(*asked, "--dry-run").out)
    made = api.call("POST", f"{ROOT}/experiments", experiment)
    sent = api.call("POST", f"{ROOT}/runs", {**run, "experiment_id": made["experiment_id"]})
    api.call("DELETE", f"{ROOT}/runs/{sent['run_id']}")
    api.call("DELETE", f"{ROOT}/experiments/{made['experiment_id']}")
    by_verb = minikf(*asked, "--json").json
    anew = api.get(f"{ROOT}/experiments/{by_verb['experiment_id']}")
    assert {**kept(by_verb), "experiment_id": ""} == {**kept(sent), "experiment_id": ""}
    assert anew["display_name"] == made["display_name"] == "dry experiments"
    (only,) = list(yaml.safe_load_all(minikf(*asked, "--dry-run").out))
    assert only == {**run, "experiment_id": by_verb["experiment_id"]}  # the experiment is there by now

    # The pipeline specification that is printed is one that the official client takes.
    (tmp_path / "printed.yaml").write_text(yaml.safe_dump(run["pipeline_spec"]))
    client = Client(host=platform.server, existing_token=platform.token.read_text(), ssl_ca_cert=str(platform.ca))
    theirs = client.create_run_from_pipeline_package(
        str(tmp_path / "printed.yaml"), arguments={"n": 3}, run_name="dry run", experiment_name="dry experiments"
    )
    by_client = api.get(f"{ROOT}/runs/{theirs.run_id}")
    assert by_client["pipeline_spec"] == by_verb["pipeline_spec"]
    assert by_client["runtime_config"]["parameters"] == by_verb["runtime_config"]["parameters"] == {"n": 3}
    for identity in (by_verb["run_id"], theirs.run_id):
        api.call("DELETE", f"{ROOT}/runs/{identity}")

    upload = ("pipeline", "upload", str(file), "--name", "dry pipeline", "--version", "v1")
    dry = yaml.safe_load(minikf(*upload, "--dry-run").out)
    api.call("POST", f"{ROOT}/pipelines/create", dry)
    first = minikf("pipeline", "show", "dry pipeline", "--json").json
    minikf("pipeline", "delete", "dry pipeline")
    minikf(*upload)
    second = minikf("pipeline", "show", "dry pipeline", "--json").json
    assert kept(first) == kept(second) and len(second["pipeline_versions"]) == 1
    minikf("pipeline", "delete", "dry pipeline")
