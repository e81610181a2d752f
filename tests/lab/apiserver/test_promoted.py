"""What `minikf promote` writes of the demo's whole journey, a real cluster takes, strictly."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .demo import empty_server, environment, minikf
from .report import Report
from .server import Server

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "journey" / "journey.py"
COMPONENT = "components:\n- ../../base/pipelines\n"
POD_DEFAULT = {
    "apiVersion": "kubeflow.org/v1alpha1",
    "kind": "PodDefault",
    "metadata": {"name": "verbose"},
    "spec": {"desc": "more words", "selector": {"matchLabels": {"app": "work"}}, "env": [{"name": "V", "value": "1"}]},
}


def test_the_real_server_takes_the_promoted_journey(
    lab_binaries: Path,
    fresh_apiserver: Server,
    crds: list[dict[str, Any]],
    report: Report,
    tmp_path: Path,
    no_lab: Callable[[str], None],
) -> None:
    """Pipeline as objects, TrainJob, Experiment, InferenceService, Notebook and PodDefault, in one folder."""
    if not crds:
        no_lab("no upstream CRDs, which a promotion needs")
    out = tmp_path / "promote"
    with empty_server(lab_binaries / "kubectl", tmp_path) as server:
        roots = _journey(server, tmp_path / "journey.yaml")
        minikf(server, "promote", *roots, "--namespace", "default", "--out", str(out))
    overlay = out / "overlays/default/kustomization.yaml"
    overlay.write_text(overlay.read_text() + COMPONENT)
    answers = out / "overlays/default/answers.env"
    answers.write_text(re.sub(r"\$\{(\w+)\}", r"answer-of-\1", answers.read_text()))
    _kubectl(fresh_apiserver, "create", "namespace", "prod")
    said = _kubectl(fresh_apiserver, "apply", "--validate=strict", "-n", "prod", "-k", str(overlay.parent))
    taken = [line.split()[0] for line in said.splitlines() if line.endswith("created")]
    assert {each.partition(".")[0].partition("/")[0] for each in taken} == {
        "pipeline", "pipelineversion", "trainjob", "experiment", "inferenceservice", "notebook", "poddefault",
        "trainingruntime", "persistentvolumeclaim", "configmap",
    }, said  # fmt: skip
    report.notes.append(f"{len(taken)} promoted objects of the demo's journey: the real API server takes them")
    assert not _kubectl(fresh_apiserver, "diff", "-n", "prod", "-k", str(overlay.parent)), "a second time is none"


def _journey(server: Server, compiled: Path) -> list[str]:
    """Runs the demos, uploads the pipeline and makes a notebook with a PodDefault; the roots."""
    minikf(server, "demo", "first-model")
    exports = json.loads(minikf(server, "env", "--json"))
    env = environment(server) | {key: str(value) for key, value in exports.items()}
    _run([sys.executable, str(EXAMPLE), "trials=2"], env)
    _run([sys.executable, str(EXAMPLE), "--compile", str(compiled)], env)
    minikf(server, "pipeline", "upload", str(compiled))
    path = "/apis/kubeflow.org/v1alpha1/namespaces/default/poddefaults"
    assert server.request("POST", path, POD_DEFAULT)[0] == 201
    minikf(server, "notebook", "create", "work")
    _, searches = server.request("GET", "/apis/kubeflow.org/v1beta1/namespaces/default/experiments")
    _, jobs = server.request("GET", "/apis/trainer.kubeflow.org/v1alpha1/namespaces/default/trainjobs")
    search = next(each["metadata"]["name"] for each in searches["items"])
    job = next(name for each in jobs["items"] if (name := each["metadata"]["name"]).startswith("first-model-"))
    return ["pipeline/journey", "isvc/tumours", f"experiment/{search}", f"trainjob/{job}", "notebook/work"]


def _kubectl(server: Server, verb: str, *arguments: str) -> str:
    """What it prints; a warning of the server is a failure. What kubectl itself notes (a line of its log) is none."""
    command = [str(server.kubectl), verb, "--kubeconfig", str(server.kubeconfig), *arguments]
    done = _run(command, dict(os.environ) | {"HOME": str(server.home)})
    assert not [line for line in done.stderr.splitlines() if line.startswith("Warning:")], done.stderr
    return done.stdout


def _run(command: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done
