"""What `minikf tune` makes of what was typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from minikf.embedded.kinds import EXPERIMENT, TRIAL
from minikf.errors import UsageError
from minikf.verbs.program import program
from minikf.verbs.train import train_job
from minikf.verbs.tune import (
    Budget,
    Goal,
    experiment,
    experiment_name,
    function_arguments,
    parameter,
    script_arguments,
    with_values,
)
from tests.unit.controllers.conftest import Plane
from tests.unit.tuning.conftest import trials

RUNTIME: dict[str, Any] = {"kind": "ClusterTrainingRuntime", "metadata": {"name": "plain-python"}, "spec": {}}


@pytest.mark.parametrize(
    ("text", "type_", "space"),
    [
        ("lr=loguniform(0.001, 0.1)", "double", {"min": "0.001", "max": "0.1", "distribution": "logUniform"}),
        ("m=uniform(0,1,0.1)", "double", {"min": "0", "max": "1", "step": "0.1", "distribution": "uniform"}),
        ("n=int(1,9)", "int", {"min": "1", "max": "9", "distribution": "uniform"}),
        ("o=choice(adam, 'sgd')", "categorical", {"list": ["adam", "sgd"]}),
    ],
)
def test_parameters(text: str, type_: str, space: dict[str, Any]) -> None:
    made = parameter(text)
    assert (made["parameterType"], made["feasibleSpace"]) == (type_, space)


@pytest.mark.parametrize(
    "text",
    ["lr", "lr=0.1", "=int(1,2)", "lr=loguniform(0.1)", "n=int(1.5,2)", "x=uniform(b,c)", "x=uniform(2,1)",
     "x=gauss(0,1)", "x=choice(,)", "x=uniform(0,inf)"],
)  # fmt: skip
def test_what_is_no_parameter(text: str) -> None:
    with pytest.raises(UsageError, match="is no parameter to tune"):
        parameter(text)


async def test_a_function_gets_numbers_and_the_platform_takes_it(plane: Plane, tmp_path: Path) -> None:
    file = tmp_path / "my_train.py"
    file.write_text("def fit(lr, layers, kind, epochs):\n    print(f'loss={lr * layers * epochs}')\n")
    parameters = [parameter(one) for one in ("lr=uniform(0.1,1)", "layers=int(2,2)", "kind=choice(a)")]
    code = with_values(program(f"{file}:fit", function_arguments(["epochs=3"], parameters)), parameters)
    assert "float('${trialParameters.lr}')" in code.code
    assert "int('${trialParameters.layers}')" in code.code
    job = train_job("trial", RUNTIME, code)
    name = experiment_name(str(file), "abcde")
    assert name == "my-train-abcde"
    made = experiment(name, Goal("loss", "minimize"), Budget(3, 2), parameters, job, algorithm="random")
    await plane.create(EXPERIMENT, made)
    trial = plane.the(TRIAL, trials(plane)[0]["metadata"]["name"])
    values = {one["name"]: one["value"] for one in trial["spec"]["parameterAssignments"]}
    script = trial["spec"]["runSpec"]["spec"]["trainer"]["command"][-1]
    assert f"float('{values['lr']}')" in script
    assert "int('2')" in script
    assert "str('a')" in script


def test_a_script_gets_options_where_it_does_not_say_where() -> None:
    parameters = [parameter("lr=uniform(0,1)"), parameter("n=int(1,2)")]
    assert script_arguments(["--rate={lr}", "x"], parameters) == [
        "--rate=${trialParameters.lr}", "x", "--n", "${trialParameters.n}",
    ]  # fmt: skip
