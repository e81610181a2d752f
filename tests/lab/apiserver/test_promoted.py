"""What `minikf promote` writes of the demo's whole journey, a real cluster takes, strictly."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .demo import PLATFORM
from .report import Report
from .server import Server

pytestmark = pytest.mark.core
EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "journey" / "journey.py"
COMPONENT = "components:\n- ../../base/pipelines\n"


def run(command: list[str], **env: str) -> str:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "MINIKF_"))}
    done = subprocess.run(
        command, env=kept | {"MINIKF_WARM": "0"} | env, capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    assert command[1] != "apply" or not done.stderr, done.stderr
    return done.stdout


def test_the_real_server_takes_the_promoted_journey(
    demo_platform: Server,
    fresh_apiserver: Server,
    crds: list[dict[str, Any]],
    report: Report,
    tmp_path: Path,
    no_lab: Any,
) -> None:
    """Pipeline as objects, TrainJob, Experiment, InferenceService, Notebook and PodDefault, in one folder."""
    if not crds:
        no_lab("no upstream CRDs, which a promotion needs")
    home = str(demo_platform.kubeconfig.parents[4])

    def minikf(*arguments: str) -> str:
        return run([sys.executable, "-P", "-m", "minikf", *arguments, "--platform", PLATFORM], HOME=home)

    env = {key: str(value) for key, value in json.loads(minikf("env", "--json")).items()}
    run([sys.executable, str(EXAMPLE), "trials=2"], HOME=home, **env)
    run([sys.executable, str(EXAMPLE), "--compile", str(tmp_path / "journey.yaml")], HOME=home)
    minikf("pipeline", "upload", str(tmp_path / "journey.yaml"))
    experiments = json.loads(kubectl(demo_platform, "get", "experiments", "-n", "default", "-o", "json"))["items"]
    jobs = json.loads(kubectl(demo_platform, "get", "trainjobs", "-n", "default", "-o", "json"))["items"]
    search = next(each["metadata"]["name"] for each in experiments if len(each["spec"]["parameters"]) == 2)
    job = next(each["metadata"]["name"] for each in jobs if each["metadata"]["name"].startswith("first-model-"))
    roots = [
        "pipeline/journey", "isvc/tumours", f"experiment/{search}", f"trainjob/{job}", "notebook/lab-notebook",
        "poddefault/lab-poddefault",
    ]  # fmt: skip
    out = tmp_path / "promote"
    minikf("promote", *roots, "--namespace", "default", "--out", str(out))
    overlay = out / "overlays/default/kustomization.yaml"
    overlay.write_text(overlay.read_text() + COMPONENT)
    answers = out / "overlays/default/answers.env"
    answers.write_text(re.sub(r"\$\{(\w+)\}", r"answer-of-\1", answers.read_text()))
    kubectl(fresh_apiserver, "create", "namespace", "prod")
    said = kubectl(fresh_apiserver, "apply", "--validate=strict", "-n", "prod", "-k", str(overlay.parent))
    taken = [line.split()[0] for line in said.splitlines() if line.endswith("created")]
    kinds = {each.partition(".")[0].partition("/")[0] for each in taken}
    assert kinds >= {
        "pipeline", "pipelineversion", "trainjob", "experiment", "inferenceservice", "notebook", "poddefault",
        "trainingruntime", "persistentvolumeclaim", "configmap",
    }, said  # fmt: skip
    report.notes.append(f"{len(taken)} promoted objects of the demo's journey: the real API server takes them")
    again = kubectl(fresh_apiserver, "diff", "-n", "prod", "-k", str(overlay.parent))
    assert not again, again


def kubectl(server: Server, *arguments: str) -> str:
    verb, *rest = arguments
    return run([str(server.kubectl), verb, "--kubeconfig", str(server.kubeconfig), *rest], HOME=str(server.home))
