"""`minikf experiment plot|train` and `minikf jobs` with a real experiment, its trials and real jobs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from minikf.kube.rest import RestClient
from minikf.spec import Access
from minikf.views.asking import Reach
from minikf.views.training.questions import AskMetrics, AskReadings
from minikf.views.trials.questions import AskExperiment, AskReported
from tests.embedded.verbs.conftest import Minikf

SCRIPT = """
import argparse, time
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--kind")
given = parser.parse_args()
for epoch in range(5):
    print(f"epoch={epoch} loss={1 / (epoch + 1) / given.lr:.4f}", flush=True)
if given.kind == "bad":
    raise SystemExit(3)
print(f"score={given.lr}")
"""


@pytest.fixture(scope="module")
def searched(platform: Access, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of an experiment of six trials, that has ended."""
    from minikf.cli.main import main

    script = tmp_path_factory.mktemp("plots") / "fit.py"
    script.write_text(SCRIPT)
    code = main(
        ["tune", str(script), "--param", "lr=loguniform(0.001,1)", "--param", "kind=choice(good,bad)", "--maximize",
         "score", "--metric", "loss", "--trials", "6", "--max-failed", "6", "--algorithm", "random", "--setting",
         "random_state=4", "--name", "plotted", "--follow"]
    )  # fmt: skip
    assert code == 0
    return "plotted"


def test_an_experiment_is_drawn_and_told_in_numbers(
    minikf: Minikf, searched: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    monkeypatch.setenv("LINES", "18")
    drawn = minikf("experiment", "plot", searched).out
    assert all(word in drawn for word in ("score", "best so far", "trial", "lr", "kind", "good", "bad"))
    assert max(map(len, drawn.splitlines())) <= 70
    assert "best so far" in minikf("experiment", "show", searched, "--plot").out
    told = minikf("experiment", "plot", searched, "--json").json
    assert len(told["trials"]) == 6 and told["type"] == "maximize"
    values = [one["value"] for one in told["trials"] if one["state"] == "Succeeded"]
    assert values and told["best"] == next(one["name"] for one in told["trials"] if one["value"] == max(values))
    failed = [one for one in told["trials"] if one["parameters"]["kind"] == "bad"]
    assert {one["bestSoFar"] for one in failed} <= {None}


def test_the_data_is_what_the_platform_has(platform: Access, searched: str) -> None:
    reach = Reach(platform.platform)
    found = AskExperiment("default", searched).answer(reach)
    assert found.state == "Succeeded" and found.most == 6 and found.algorithm == "random"
    assert found.best is not None
    recorded = AskReported("default", found.best.name).answer(reach)
    assert len(recorded["loss"]) == 5 and len(recorded["score"]) == 1


def test_the_best_trial_becomes_a_train_job_that_trains(minikf: Minikf, platform: Access, searched: str) -> None:
    planned = minikf("experiment", "train", searched, "--dry-run", "-o", "json").json["items"][0]
    assert planned["kind"] == "TrainJob"
    made = minikf("experiment", "train", searched, "--name", "from-best", "--json").json
    assert made["spec"]["trainer"]["command"] == planned["spec"]["trainer"]["command"]
    wait(platform, "from-best")
    told = minikf("jobs", "show", "from-best", "--json").json
    assert told["state"] == "Complete" and [node["name"] for node in told["nodes"]] == ["node 0"]
    lines = minikf("jobs", "logs", "from-best").out.splitlines()
    assert lines[0].startswith("epoch=0 loss=")
    metrics = minikf("jobs", "metrics", "from-best", "--json").json
    assert [each["epoch"] for each in metrics["metrics"]["loss"]] == [0, 1, 2, 3, 4]
    assert "loss" in minikf("jobs", "metrics", "from-best", "--plot").out
    assert "already exists" in minikf("experiment", "train", searched, "--name", "from-best", code=10).err


def test_jobs_of_all_kinds_are_listed_and_their_nodes_logs_shown(
    minikf: Minikf, platform: Access, tmp_path: Path
) -> None:
    container = {"name": "pytorch", "image": "x", "command": ["python", "-c", "print('loss: 0.25')"]}
    replica = {"replicas": 2, "template": {"spec": {"containers": [container]}}}
    spec = {"pytorchReplicaSpecs": {"Worker": replica}, "runPolicy": {"cleanPodPolicy": "None"}}
    body = {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "metadata": {"name": "old-style"}, "spec": spec}
    RestClient(platform).call("POST", "/apis/kubeflow.org/v1/namespaces/default/pytorchjobs", body)
    deadline = time.monotonic() + 60
    while (found := minikf("jobs", "show", "old-style", "--json").json)["state"] != "Succeeded":
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    assert found["replicas"] == [{"role": "worker", "total": 2, "ready": 0, "done": 2, "failed": 0}]
    listed = minikf("jobs", "list", "--json").json
    assert "PyTorchJob" in {job["kind"] for job in listed}
    assert "old-style" in minikf("jobs", "list", "-n", "default").out
    assert minikf("jobs", "logs", "old-style", "--node", "worker-1").out == "loss: 0.25\n"
    assert "0.25" in minikf("jobs", "metrics", "old-style").out
    assert "has no node 'x'" in minikf("jobs", "logs", "old-style", "--node", "x", code=10).err
    assert "no kind of training job" in minikf("jobs", "show", "old-style", "--kind", "pods", code=2).err
    assert "there is no training job 'nope'" in minikf("jobs", "show", "nope", code=10).err


def test_a_log_is_read_on_from_where_it_was_left(platform: Access, searched: str) -> None:
    reach = Reach(platform.platform)
    best = AskExperiment("default", searched).answer(reach).best
    assert best is not None
    job = AskMetrics("default", best.name).answer(reach).job
    node = job.log_nodes[0]
    first = AskReadings("default", node.pod, node.container).answer(reach)
    assert first.lines >= 6 and len(first.readings) >= 6
    assert AskReadings("default", node.pod, node.container, first.newest).answer(reach).lines == 0


def wait(platform: Access, name: str) -> None:
    from minikf.waiting import trainjob

    trainjob.wait(platform, "default", name)
