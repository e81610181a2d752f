"""TrainJobs that are trials."""

from __future__ import annotations

from typing import Any

from minikf.lineage import nodes
from minikf.lineage.trials import with_trials
from minikf.lineage.words import details, headline

CODE = {"runtimeRef": {"name": "plain-python"}, "trainer": {"command": ["python", "fit.py", "--alpha=0.5"]}}


def trial(name: str, ended: str = "Succeeded", kind: str = "TrainJob") -> dict[str, Any]:
    return {
        "metadata": {"namespace": "default", "name": name, "labels": {"katib.kubeflow.org/experiment": "lines"}},
        "spec": {"parameterAssignments": [{"name": "alpha", "value": "0.5"}], "runSpec": {"kind": kind, "spec": CODE}},
        "status": {
            "conditions": [{"type": "Running", "status": "False"}, {"type": ended, "status": "True"}],
            "observation": {"metrics": [{"name": "score", "latest": "0.9"}]},
        },
    }


def test_a_trial_remembers_the_job_that_katib_has_deleted() -> None:
    live = {"metadata": {"namespace": "default", "name": "lines-a"}, "spec": CODE}
    other = {"metadata": {"namespace": "default", "name": "by-hand"}, "spec": CODE}
    made = with_trials([live, other], [trial("lines-a"), trial("lines-b", "Failed"), trial("lines-c", kind="Job")])
    found = {node.name: node for node in map(nodes.trainjob, made)}
    assert set(found) == {"lines-a", "by-hand", "lines-b"}
    assert found["lines-a"].text("codeSha256") == found["lines-b"].text("codeSha256") != ""
    assert "experiment" not in found["by-hand"].facts
    assert headline(found["lines-b"]) == "TrainJob default/lines-b (Failed)"
    assert details(found["lines-b"])[1:] == ["a trial of experiment lines: score=0.9", "alpha=0.5"]
