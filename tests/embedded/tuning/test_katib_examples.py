"""Katib's own examples: each runs to its documented end, with a script of ours where its image's was, or is refused.

Those of the mirror (conftest of tests/unit/tuning), and all YAML files below MINIKF_KATIB_EXAMPLES: a folder with
Katib's `examples/v1beta1`.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from minikf.spec import Access
from tests.embedded.tuning.test_real_trials import last, until
from tests.embedded.wire import Wire
from tests.unit.tuning.conftest import upstream_experiments

STAND_IN = Path(__file__).with_name("standin.py")
_OF_AN_IMAGE = re.compile(r"/opt/[-\w/]+\.py")
# By file: why it is refused. What is not here runs.
REFUSED = {
    "argo-workflow": r"Workflow of argoproj\.io/v1alpha1 on the embedded engine.*k3d",
    "pipeline-run": r"PipelineRun of tekton\.dev/v1beta1 on the embedded engine.*k3d",
    "xgboost-example": r"runs \./XGBoost/parameter-tuning\.py, which is not on this machine.*k3d",
    "custom-metrics-collector": r"customCollector: .*entrypoint of image .*custom-metrics-collector.*k3d",
    "darts-cpu": r"darts.*k3d",
    "darts-gpu": r"darts.*k3d",
    "enas-cpu": r"enas.*k3d",
    "enas-gpu": r"enas.*k3d",
    "trial-configmap-source": r"no ConfigMap kubeflow/trial-templates: it is a part of Katib's installation.*k3d",
}
# By file: what Katib's own webhook refuses in the same words (its validator.go).
INVALID = {
    "simple-pbt": r"maxFailedTrialCount: .*should be less than or equal to spec\.maxTrialCount",
    "pipeline-run": r"parameter name: learningRate in spec\.trialParameters not found in spec\.trialTemplate",
}
# The v1 training kinds: refused with a reason that names an engine, or run.
EITHER = ("mpijob-horovod", "pytorchjob-mnist", "tfjob-mnist-with-summaries", "xgboostjob-lightgbm")


def examples() -> list[Path]:
    more = os.environ.get("MINIKF_KATIB_EXAMPLES")
    paths = [*upstream_experiments(), *(sorted(Path(more).rglob("*.yaml")) if more else [])]
    return list({path.stem: path for path in paths}.values())


PATHS = examples()  # a session's home takes the variables away


def localized(text: str) -> Any:
    """The experiment with our script in its commands; the Job or TrainJob is otherwise as it is written."""
    (found,) = (one for one in yaml.safe_load_all(_OF_AN_IMAGE.sub(str(STAND_IN), text)) if one)
    return found


@pytest.mark.slow
async def test_each_example_runs_or_is_refused_with_a_reason(
    platform: Access, capsys: pytest.CaptureFixture[str]
) -> None:
    wire = Wire(platform)
    if not PATHS:
        pytest.skip("the mirror of Katib's examples is not here: MINIKF_UPSTREAM")
    ends: Counter[str] = Counter()
    for path in PATHS:
        ends[await _end_of(wire, path)] += 1
    with capsys.disabled():
        counts = ", ".join(f"{ends[end]} {end}" for end in sorted(ends))
        wrong = sum(path.stem in INVALID for path in PATHS)
        print(f"\nKatib's examples: {len(PATHS)}: {counts}; {wrong} of them once mended, since Katib refuses them, too")


async def _end_of(wire: Wire, path: Path) -> str:
    made = localized(path.read_text())
    name, namespace = made["metadata"]["name"], made["metadata"]["namespace"]
    root = f"/apis/kubeflow.org/v1beta1/namespaces/{namespace}/experiments"
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    assert (await wire.ask("POST", "/api/v1/namespaces", space)).code in (201, 409)
    answer = await wire.ask("POST", root, made)
    if path.stem in INVALID:
        assert answer.code == 400, (path.stem, answer.body)
        assert re.search(INVALID[path.stem], answer.json["message"]), answer.json["message"]
        mend(path.stem, made["spec"])
        answer = await wire.ask("POST", root, made)
    if path.stem in REFUSED or (path.stem in EITHER and answer.code == 400):
        assert answer.code == 400, (path.stem, answer.body)
        assert re.search(REFUSED.get(path.stem, "k3d"), answer.json["message"]), (path.stem, answer.json["message"])
        return "refused with the reason"
    assert answer.code == 201, (path.stem, answer.body)
    done = await until(wire, f"{root}/{name}", lambda one: last(one)["type"] in ("Succeeded", "Failed"), 120)
    spec, status = made["spec"], done["status"]
    assert last(done)["reason"] == "ExperimentMaxTrialsReached", (path.stem, status)
    ended = status.get("trialsSucceeded", 0) + status.get("trialsEarlyStopped", 0)
    assert ended == status["trials"] == spec["maxTrialCount"], (path.stem, status)
    metrics = [one["name"] for one in status["currentOptimalTrial"]["observation"]["metrics"]]
    assert spec["objective"]["objectiveMetricName"] in metrics
    if spec.get("resumePolicy") in ("LongRunning", "FromVolume"):
        more = {"spec": {"maxTrialCount": spec["maxTrialCount"] + 2}}
        kind = "application/merge-patch+json"
        assert (await wire.ask("PATCH", f"{root}/{name}", more, content_type=kind)).code == 200
        await until(wire, f"{root}/{name}", lambda one: one["status"].get("trialsSucceeded") == ended + 2, 60)
    assert (await wire.ask("DELETE", f"{root}/{name}")).code == 200
    return "ran to their end"


def mend(name: str, spec: dict[str, Any]) -> None:
    """Changes what makes an example of INVALID invalid."""
    if name == "simple-pbt":
        spec["maxFailedTrialCount"] = spec["maxTrialCount"]
    else:
        spec["trialTemplate"]["trialSpec"]["spec"]["params"][0]["value"] = "${trialParameters.learningRate}"
