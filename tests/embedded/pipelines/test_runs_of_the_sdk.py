"""Pipelines that the official SDK compiled, run with real processes and the SDK's own executor.

The SDK reads annotations as they are, so this module does without `from __future__ import annotations`.
"""

# mypy: ignore-errors
# The SDK has no types, and what it reads from annotations is not always one.

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple, Optional

import pytest
import pytest_asyncio

pytest.importorskip("kfp")

from kfp import dsl

from minikf.embedded.pipelines.records import RunState
from tests.embedded.pipelines.runworld import WARM, RunWorld, compiled

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[RunWorld]:
    made = await RunWorld.open(tmp_path, processors=2, warm=True, warm_modules=WARM)
    warm = made.pods.runtime.host.warm
    assert await warm.until_ready(60), warm.describe()
    yield made
    await made.close()


@dsl.component(base_image="python:3.11")
def train(rate: float, model: dsl.Output[dsl.Model], metrics: dsl.Output[dsl.Metrics]) -> str:
    with open(model.path, "w") as file:  # noqa: PTH123
        file.write(f"rate {rate}")
    model.metadata["framework"] = "none"
    metrics.log_metric("accuracy", 0.5)
    metrics.log_metric("loss", float("nan"))
    return model.path


@dsl.component(base_image="python:3.11")
def read(model: dsl.Input[dsl.Model], path: str, numbers: list, options: dict, flag: bool = True) -> str:
    with open(path) as file:  # noqa: PTH123
        told = file.read()
    with open(model.path) as file:  # noqa: PTH123
        assert file.read() == told
    return f"{told} {model.metadata['framework']} {numbers} {options} {flag}"


@dsl.component(base_image="python:3.11")
def double(x: int) -> int:
    return 2 * x


@dsl.component(base_image="python:3.11")
def total(numbers: list) -> int:
    return sum(numbers)


@dsl.component(base_image="python:3.11")
def say(text: str) -> str:
    return text


@dsl.component(base_image="python:3.11")
def fail() -> None:
    raise ValueError("on purpose")


@dsl.component(base_image="python:3.11")
def told(status: dsl.PipelineTaskFinalStatus, name: str) -> str:
    return f"{name}: {status.state} {status.error_message}"


@dsl.component(base_image="python:3.11")
def several(n: int, numbers: dsl.OutputPath(list), note: dsl.OutputPath(str)) -> NamedTuple(
    "Out", [("a", int), ("b", str)]
):
    import json

    with open(numbers, "w") as file:  # noqa: PTH123
        json.dump([n, n], file)
    with open(note, "w") as file:  # noqa: PTH123
        file.write("noted")
    return n, "b"


@dsl.container_component
def command(
    text: str,
    out: dsl.Output[dsl.Dataset],
    number: dsl.OutputPath(int),
    extra: Optional[str] = None,  # noqa: UP045 - what the SDK understands
):
    script = 'printf "%s" "$0 $2" > "$1"; printf 7 > "$3"'
    return dsl.ContainerSpec(
        image="busybox",
        command=["sh", "-c", script, dsl.ConcatPlaceholder(["text=", text])],
        args=[out.path, dsl.IfPresentPlaceholder(input_name="extra", then=[extra], else_=["nothing"]), number],
    )


@dsl.pipeline
def artifacts(rate: float = 0.5) -> str:
    made = train(rate=rate)
    return read(model=made.outputs["model"], path=made.outputs["Output"], numbers=[1, "a"], options={"k": 1}).output


@dsl.pipeline
def flow(n: int = 3) -> int:
    with dsl.ParallelFor([1, 2, 3]) as item:
        doubled = double(x=item)
    summed = total(numbers=dsl.Collected(doubled.output))
    with dsl.If(summed.output == 12):
        yes = say(text=f"twelve {n}")
    with dsl.Else():
        no = say(text="other")
    say(text=dsl.OneOf(yes.output, no.output))
    made = several(n=n)
    total(numbers=made.outputs["numbers"])
    command(text=made.outputs["note"])
    return summed.output


@dsl.pipeline
def exits() -> None:
    last = told(name="exit")
    with dsl.ExitHandler(last):
        fail()


async def test_artifacts_metrics_and_the_cache(world: RunWorld, tmp_path: Path) -> None:
    spec, _platform = compiled(artifacts, tmp_path)
    run_id = await world.ran(spec, rate=0.25)
    tasks = world.tasks(run_id)
    assert tasks["read"].outputs.parameters["Output"] == "rate 0.25 none [1, 'a'] {'k': 1} True"
    (model,) = tasks["train"].outputs.artifacts["model"]
    assert Path(model.uri).read_text() == "rate 0.25" and model.type == "system.Model"
    (metrics,) = tasks["train"].outputs.artifacts["metrics"]
    assert metrics.metadata == {"accuracy": 0.5, "loss": "NaN"}
    again = await world.ran(spec, rate=0.25)
    assert world.states(again) == {"train": "CACHED", "read": "CACHED"}
    assert world.states(await world.ran(spec, rate=0.75)) == {"train": "SUCCEEDED", "read": "SUCCEEDED"}


async def test_loops_conditions_output_files_and_containers(world: RunWorld, tmp_path: Path) -> None:
    spec, _platform = compiled(flow, tmp_path)
    run_id = await world.ran(spec, n=4)
    tasks = world.tasks(run_id)
    outputs = {path: record.outputs.parameters for path, record in tasks.items()}
    assert outputs["total"] == {"Output": 12} and outputs["total-2"] == {"Output": 8}
    assert outputs["several"] == {"numbers": [4, 4], "note": "noted", "a": 4, "b": "b"}
    said = [found["Output"] for path, found in outputs.items() if path.rpartition("/")[2].startswith("say") and found]
    assert said.count("twelve 4") == 2 and len(said) == 2
    (data,) = tasks["command"].outputs.artifacts["out"]
    assert outputs["command"] == {"number": 7} and Path(data.uri).read_text() == "text=noted nothing"


async def test_an_exit_task_hears_how_its_tasks_ended(world: RunWorld, tmp_path: Path) -> None:
    spec, _platform = compiled(exits, tmp_path)
    run_id = await world.launch(spec)
    run = await world.finished(run_id)
    assert run.state is RunState.FAILED and "fail" in run.error
    tasks = world.tasks(run_id)
    assert tasks["told"].outputs.parameters["Output"].startswith("exit: FAILED")
    assert any("ValueError: on purpose" in log for log in world.logs(run_id).values())


async def test_a_step_costs_little(world: RunWorld, tmp_path: Path) -> None:
    """The goal is 0.15 s a step on an idle machine; here others may be at work, so twice as much fails."""

    @dsl.pipeline
    def chain() -> None:
        last: Any = say(text="0").set_caching_options(False)
        for _number in range(3):
            last = say(text=last.output).set_caching_options(False)

    spec, _platform = compiled(chain, tmp_path)
    times = []
    for _again in range(4):
        began = time.monotonic()
        await world.ran(spec)
        times.append((time.monotonic() - began) / 4)
    print(f"seconds a step: {sorted(times)}")
    assert min(times) < 0.3, times
