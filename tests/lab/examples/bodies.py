"""What is done with each example and what must come of it, the same on every side where it runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .sides import EXAMPLES, Side

_TRIAL = 'import sys\nx = float(sys.argv[1])\nprint(f"score={1 - (x - 0.5) ** 2}")\n'
_TASK = """
import json, os
config = json.loads(os.environ["TF_CONFIG"])
print(config["task"]["type"], config["task"]["index"], "of", len(config["cluster"]["worker"]))
"""
_TUNE = ("--param", "x=uniform(0,1)", "--maximize", "score", "--trials", "2", "--algorithm", "random")


def train(side: Side, nodes: int) -> None:
    said = side.run("many-nodes/many_nodes.py", str(nodes))
    assert ": Complete" in said, said
    found = re.findall(r"node (\d+) learned from (\d+) digits, accuracy ([\d.]+)", said)
    assert [int(node) for node, _, _ in found] == list(range(nodes)), said
    assert sum(int(learned) for _, learned, _ in found) == 1437  # four fifths of scikit-learn's digits
    assert all(float(accuracy) > 0.93 for _, _, accuracy in found), said


def first_model(side: Side) -> None:
    said = side.run("first-model/first_model.py")
    right = [int(one) for one in re.findall(r"right (\d+) of 360", said)]
    assert len(right) >= 2 and len(set(right)) == 1, said  # V1 and V2 at least, and they agree
    found = re.search(r"accuracy: ([\d.]+) on 360 digits", said)
    assert found is not None and float(found[1]) > 0.95, said


def tf_job(side: Side) -> None:
    container = {"name": "tensorflow", "image": side.image, "command": ["python", "-c", _TASK]}
    workers = {"replicas": 2, "restartPolicy": "Never", "template": {"spec": {"containers": [container]}}}
    side.apply(
        {
            "apiVersion": "kubeflow.org/v1",
            "kind": "TFJob",
            "metadata": {"name": "tasks"},
            "spec": {"runPolicy": {"cleanPodPolicy": "None"}, "tfReplicaSpecs": {"Worker": workers}},
        }
    )
    side.until("TFJob tasks", "tfjob", "tasks", condition=lambda job: _has(job, "Succeeded"))
    # It is done with its first worker.
    phases = {f"tasks-worker-{number}": lambda pod: pod["status"]["phase"] == "Succeeded" for number in (0, 1)}
    logs = [side.until(pod, "pod", pod, condition=done) and side.kubectl("logs", pod) for pod, done in phases.items()]
    assert [log.strip() for log in logs] == ["worker 0 of 2", "worker 1 of 2"]


def experiment(side: Side) -> None:
    script = side.home.folder / "score.py"
    script.write_text(_TRIAL)
    done = side.home.minikf(
        "tune", str(script), *_TUNE, "--name", "score", "--follow", "--platform", side.platform, "--", "{x}"
    )
    assert done.code == 0, done.err
    status = side.get("experiment", "score")["status"]
    assert status["trialsSucceeded"] == 2, status
    metric = status["currentOptimalTrial"]["observation"]["metrics"][0]
    assert metric["name"] == "score" and float(metric["max"]) <= 1


def notebook(side: Side) -> None:
    side.kubectl("apply", "-f", str(EXAMPLES / "notebook/notebook.yaml"))
    side.until(
        "Notebook explore", "notebook", "explore", condition=lambda one: one.get("status", {}).get("readyReplicas")
    )


def pipeline(side: Side) -> None:
    side.kubectl("apply", "-f", str(EXAMPLES / "pipeline-objects/pipeline.yaml"))
    found = side.until("PipelineVersion", "pipelineversion", "count-words-v1", condition=lambda one: "status" in one)
    assert found["spec"]["pipelineName"] == "count-words"


def jax_job(side: Side) -> None:
    side.apply(_jax_job(side))
    side.until("JAXJob devices", "jaxjob", "devices", condition=lambda job: _has(job, "Succeeded"))


BODIES: dict[str, Callable[[Side], None]] = {
    "train-1": lambda side: train(side, 1),
    "train-2": lambda side: train(side, 2),
    "first-model": first_model,
    "tfjob": tf_job,
    "experiment": experiment,
    "notebook": notebook,
    "pipeline": pipeline,
    "jaxjob": jax_job,
}


def objects(name: str, side: Side) -> str:
    """The objects of an example that is only accepted elsewhere, as text; `side` makes those that a verb makes."""
    if name == "experiment":
        script = side.home.folder / "score.py"
        script.write_text(_TRIAL)
        words = ("--name", "score-2", "--dry-run", "-o", "yaml", "--platform", side.platform, "--", "{x}")
        done = side.home.minikf("tune", str(script), *_TUNE, *words)
        assert done.code == 0, done.err
        return done.out
    if name == "jaxjob":
        import json

        return json.dumps(_jax_job(side))
    return Path(
        EXAMPLES / {"notebook": "notebook/notebook.yaml", "pipeline": "pipeline-objects/pipeline.yaml"}[name]
    ).read_text()


def _jax_job(side: Side) -> dict[str, Any]:
    command = ["python", "-c", "import os; print(os.environ['PROCESS_ID'], 'of', os.environ['NUM_PROCESSES'])"]
    container = {"name": "jax", "image": side.image, "command": command}
    worker = {"replicas": 1, "restartPolicy": "Never", "template": {"spec": {"containers": [container]}}}
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "JAXJob",
        "metadata": {"name": "devices"},
        "spec": {"jaxReplicaSpecs": {"Worker": worker}},
    }


def _has(job: dict[str, Any], kind: str) -> bool:
    conditions = (job.get("status") or {}).get("conditions") or []
    return any(one["type"] == kind and one["status"] == "True" for one in conditions)
