"""The graph of a real run: with conditions, a loop, a failing step, cached steps and metrics; its commands."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minikf.errors import ExitCode, Refused
from minikf.kube.rest import ApiAnswer
from minikf.pipelines.api import PipelinesApi
from minikf.pipelines.reaching import api_of
from minikf.spec import Access
from minikf.views.runs import told
from minikf.views.runs.comparing import compare
from minikf.views.runs.content import content_of
from minikf.views.runs.listing import newest
from minikf.views.runs.model import CACHED, CONDITION, EXIT, FINALLY, ITERATION, LOOP, NOT_RUN, STEP, RunGraph
from minikf.views.runs.reading import read_graph
from minikf.views.text import now
from tests.embedded.verbs.conftest import Minikf, pipeline

SOURCE = Path(__file__).with_name("everything_pipeline.py")


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("everything")
    script = folder / "everything.py"
    script.write_text(SOURCE.read_text())
    subprocess.run([sys.executable, str(script)], check=True, cwd=folder, timeout=120)
    return folder / "everything.yaml"


@pytest.fixture
def pipelines(platform: Access) -> PipelinesApi:
    return api_of(platform, 60)


@pytest.fixture
def failed(minikf: Minikf, pipelines: PipelinesApi, document: Path) -> Iterator[str]:
    """A run of all that there is, which fails; its name."""
    name = "everything-fails"
    if not pipelines.matching("run", name):
        words = ("--name", name, "-a", "api_key=hunter2", "--wait")
        minikf("run", str(document), *words, code=ExitCode.WORK_FAILED)
    yield name


def graph(pipelines: PipelinesApi, name: str) -> RunGraph:
    return read_graph(pipelines, pipelines.run(name))


def test_each_step_says_what_it_is_and_how_it_went(pipelines: PipelinesApi, failed: str) -> None:
    found = graph(pipelines, failed)
    assert {step.id: (step.kind, step.state) for step in found.steps} == {
        "load": (STEP, "SUCCEEDED"),
        "condition-1": (CONDITION, "SUCCEEDED"),
        "condition-1/say": (STEP, "SUCCEEDED"),
        "condition-2": (CONDITION, "SKIPPED"),
        "condition-2/say-2": (STEP, "SKIPPED"),
        "exit-handler-5": (EXIT, "FAILED"),
        "exit-handler-5/condition-6": (CONDITION, "FAILED"),
        "exit-handler-5/condition-6/fail": (STEP, "FAILED"),
        "for-loop-4": (LOOP, "SUCCEEDED"),
        **{f"for-loop-4[{number}]": (ITERATION, "SUCCEEDED") for number in range(3)},
        **{f"for-loop-4[{number}]/train": (STEP, "SUCCEEDED") for number in range(3)},
        "report": (STEP, "SUCCEEDED"),
    }
    steps = {step.id: step for step in found.steps}
    assert "ValueError: this step was told to fail: gently" in steps["exit-handler-5/condition-6/fail"].error
    assert steps["condition-2"].note == "load.Output > 1000 is false"
    assert steps["for-loop-4"].note == "over [0.1, 0.2, 0.5]" and (steps["for-loop-4"].total) == 3
    assert steps["report"].name == "tell the end" and steps["load"].pods
    assert (found.state, found.progress, found.pipeline, found.namespace) == ("FAILED", (8, 8), "everything", "default")
    assert found.is_over and not found.notes


def test_steps_have_their_parameters_results_artifacts_and_metrics(pipelines: PipelinesApi, failed: str) -> None:
    steps = {step.id: step for step in graph(pipelines, failed).steps}
    for number, rate in enumerate((0.1, 0.2, 0.5)):
        train = steps[f"for-loop-4[{number}]/train"]
        assert [(one.name, one.value) for one in train.parameters] == [("rate", rate)]
        assert train.metrics == {"accuracy": 1 - rate, "loss": rate}
        assert [(one.name, one.value) for one in train.results] == [("Output", 1 - rate)]
        assert [one.name for one in train.takes] == ["data"]
        model = next(one for one in train.gives if one.name == "model")
        assert (model.type, model.size, model.content) == ("system.Model", len(f"rate {rate}"), "PRESENT")
        assert content_of(model).lines == (f"rate {rate}",)
    (rows,) = steps["load"].parameters
    assert (rows.value, rows.source) == (5, "rows")


def test_the_edges_are_those_of_the_document(pipelines: PipelinesApi, failed: str) -> None:
    found = graph(pipelines, failed)
    assert {(link.source, link.target) for link in found.links if link.role != FINALLY} == {
        ("load", "condition-1"), ("load", "condition-2"), ("load", "for-loop-4"), ("load", "exit-handler-5"),
    }  # fmt: skip
    assert [(link.source, link.target) for link in found.links if link.role == FINALLY] == [
        ("exit-handler-5", "report")
    ]


def test_secrets_are_masked(minikf: Minikf, failed: str) -> None:
    for words in (("graph", failed, "--json"), ("show", failed), ("graph", failed)):
        assert "hunter2" not in minikf("runs", *words).out
    assert minikf("runs", "graph", failed, "--json").json["parameters"]["api_key"] == "***"


def test_again_with_another_value_keeps_the_rest(minikf: Minikf, pipelines: PipelinesApi, failed: str) -> None:
    said = minikf("runs", "again", failed, "-a", "breaks=false", "-f", "--name", "everything-again")
    assert "is SUCCEEDED after" in said.out
    now_run = pipelines.run("everything-again")
    assert now_run["runtime_config"]["parameters"] == {"rows": 5, "api_key": "hunter2", "breaks": False}
    found = graph(pipelines, "everything-again")
    states = {step.id: step.state for step in found.steps}
    assert states["load"] == CACHED and states["for-loop-4[1]/train"] == CACHED
    assert states["exit-handler-5/condition-6/fail"] == "SKIPPED"
    comparison = compare(graph(pipelines, failed), found, now())
    assert [row.name for row in comparison.parameters if row.differs] == ["breaks"]
    assert [row.name for row in comparison.steps if row.differs] == ["exit-handler-5/condition-6/fail"]
    assert not any(row.differs for row in comparison.metrics + comparison.artifacts)
    printed = minikf("runs", "compare", failed, "everything-again").out
    assert re.search(r"^\*\s+breaks\s+true\s+false$", printed, re.M)
    assert minikf("runs", "compare", failed, "everything-again", "--json").json["parameters"][1]["differs"] is True
    assert "has no parameter 'nix'" in minikf("runs", "again", failed, "-a", "nix=1", code=ExitCode.USAGE).err


def test_another_number_of_rows_is_another_content(minikf: Minikf, pipelines: PipelinesApi, failed: str) -> None:
    minikf(
        "runs", "again", failed, "-a", "rows=4", "-a", "breaks=false", "--name", "everything-four", "-f", "--no-cache"
    )
    comparison = compare(graph(pipelines, failed), graph(pipelines, "everything-four"), now())
    rows = next(row for row in comparison.parameters if row.name == "rows")
    assert (rows.left, rows.right, rows.change) == ("5", "4", -1)
    assert [row.name for row in comparison.artifacts if row.differs] == ["load data"]
    assert not any("other code" in row.right for row in comparison.steps)


def test_a_version_that_an_uploaded_pipeline_has_is_run_again(
    minikf: Minikf, pipelines: PipelinesApi, tmp_path: Path
) -> None:
    count = {"parameterType": "NUMBER_INTEGER", "defaultValue": 1}
    file = pipeline(tmp_path, "kept", "echo 1 > $OUT", count=count)
    minikf("pipeline", "upload", str(file), "--name", "kept")
    minikf("run", "kept", "--wait", "--name", "kept-run")
    minikf("runs", "again", "kept-run", "-a", "count=2", "-f", "--name", "kept-again")
    run = pipelines.run("kept-again")
    assert run["pipeline_version_reference"] == pipelines.run("kept-run")["pipeline_version_reference"]
    assert graph(pipelines, "kept-again").pipeline == "kept"
    line = next(one for one in newest(pipelines).runs if one.name == "kept-again")
    assert (line.pipeline, line.experiment, line.state) == ("kept", "Default", "SUCCEEDED")
    minikf("pipeline", "delete", "kept")
    assert graph(pipelines, "kept-again").notes
    assert "cannot be made again" in minikf("runs", "again", "kept-run", code=ExitCode.REFUSED).err


def test_the_drawing_and_its_json(minikf: Minikf, failed: str) -> None:
    drawn = minikf("runs", "graph", failed).out
    assert "✗ fail" in drawn and "┌" in drawn and "\x1b" not in drawn
    tree = minikf("runs", "graph", failed, "--form", "tree").out.splitlines()
    assert [line.split()[1] for line in tree][:3] == ["load", "if", "say"]
    data = minikf("runs", "graph", failed, "--json").json
    assert {node["id"] for node in data["nodes"]} >= {"load", "for-loop-4[2]/train"}
    assert {"source": "load", "target": "condition-1", "role": "after"} in data["edges"]
    shown = minikf("runs", "show", failed, "--json").json
    assert shown["state"] == "FAILED" and shown["run_details"]["task_details"]
    assert next(one for one in shown["steps"] if one["id"] == "load")["outputs"][0]["size"] == 9
    table = minikf("runs", "show", failed).out
    assert "accuracy 0.9, loss 0.1" in table and "Dataset  9 B" in table
    assert "there is no form" in minikf("runs", "graph", failed, "--form", "x", code=ExitCode.USAGE).err


def test_a_run_is_seen_while_it_goes_on(minikf: Minikf, pipelines: PipelinesApi, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    file = pipeline(
        tmp_path, "waiting", f"while ! test -e {gate}; do sleep 0.05; done; echo 1 > $OUT", "cat $IN > $OUT"
    )
    minikf("run", str(file), "--name", "goes-on", "--no-cache")
    found = _until(pipelines, "goes-on", "RUNNING")
    assert [(step.id, step.state) for step in found.steps] == [("s0", "RUNNING"), ("s1", "WAITING")]
    line = next(one for one in newest(pipelines).runs if one.name == "goes-on")
    assert (line.progress, line.is_over) == ("0/2", False)
    minikf("runs", "cancel", "goes-on")
    gate.touch()
    minikf("runs", "follow", "goes-on", code=ExitCode.WORK_FAILED)
    assert [step.state for step in graph(pipelines, "goes-on").steps] == ["CANCELED", NOT_RUN]


def _until(pipelines: PipelinesApi, name: str, state: str) -> RunGraph:
    for _ in range(600):
        found = graph(pipelines, name)
        if found.steps[0].state == state:
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def test_without_the_daemons_own_answer_artifacts_are_asked_for_one_by_one(
    pipelines: PipelinesApi, failed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a platform does that has upstream's API only."""
    real = pipelines.call

    def upstream(method: str, path: str, body: Any = None, **query: str) -> Any:
        if path.startswith("minikf/"):
            raise ApiAnswer("not here", status=404)
        return real(method, path, body, **query)

    monkeypatch.setattr(pipelines, "call", upstream)
    steps = {step.id: step for step in graph(pipelines, failed).steps}
    train = steps["for-loop-4[1]/train"]
    assert train.metrics == {"accuracy": 0.8, "loss": 0.2} and not train.results
    model = next(one for one in train.gives if one.name == "model")
    assert model.type == "Model" and model.size == -1
    with pytest.raises(Refused, match="not on this machine"):
        content_of(model)
    assert steps["condition-1/say"].parameters[0].value == "many rows"  # the document says it
    monkeypatch.setattr(told, "MOST_ARTIFACTS", 2)
    assert "were not asked for" in graph(pipelines, failed).notes[0]
