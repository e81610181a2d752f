"""A pipeline with all that a run's graph can show: parameters, metrics, a condition that holds and one that does not, a
loop, a group that fails in an exit handler, and what is done in the end. `python FILE` compiles it beside itself.
"""

# The SDK reads annotations and comparisons as they stand here:
# ruff: noqa: E712, PTH123
# mypy: ignore-errors

from kfp import compiler, dsl
from kfp.dsl import Dataset, Input, Metrics, Model, Output


@dsl.component(base_image="python:3.11")
def load(rows: int, data: Output[Dataset]) -> int:
    with open(data.path, "w") as file:
        file.write("\n".join(str(row) for row in range(rows)))
    return rows


@dsl.component(base_image="python:3.11")
def train(data: Input[Dataset], rate: float, model: Output[Model], metrics: Output[Metrics]) -> float:
    accuracy = 1 - rate
    with open(model.path, "w") as file:
        file.write(f"rate {rate}")
    metrics.log_metric("accuracy", accuracy)
    metrics.log_metric("loss", rate)
    return accuracy


@dsl.component(base_image="python:3.11")
def say(text: str) -> str:
    print("says", text)
    return text


@dsl.component(base_image="python:3.11")
def fail(word: str):
    raise ValueError(f"this step was told to fail: {word}")


@dsl.component(base_image="python:3.11")
def report(status: dsl.PipelineTaskFinalStatus):
    print(status.state)


@dsl.pipeline(name="everything")
def everything(rows: int = 5, api_key: str = "", breaks: bool = True):
    loaded = load(rows=rows)
    with dsl.If(loaded.outputs["Output"] > 3, name="enough"):
        say(text="many rows")
    with dsl.If(loaded.outputs["Output"] > 1000, name="huge"):
        say(text="never")
    with dsl.ParallelFor([0.1, 0.2, 0.5], name="rates") as rate:
        train(data=loaded.outputs["data"], rate=rate)
    done = report().set_display_name("tell the end")
    with dsl.ExitHandler(done, name="guarded"), dsl.If(breaks == True, name="breaks"):
        fail(word="gently").after(loaded)


if __name__ == "__main__":
    compiler.Compiler().compile(everything, __file__.removesuffix(".py") + ".yaml")
