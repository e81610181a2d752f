"""Which example runs where: the table that the tests go by. `python tests/lab/examples/table.py` prints it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

RUNS = "runs"


@dataclass(frozen=True)
class Example:
    """`kind` is RUNS, or what accepts it there: the name of the controller that is not to be had, and why."""

    name: str
    title: str
    kinds: str
    kind: str = RUNS
    needs: tuple[str, ...] = ()

    @property
    def runs_on_kind(self) -> bool:
        return self.kind == RUNS


_NO_GO = "publishes no Go module and its image is in a registry"

EXAMPLES = (
    Example("train-1", "a function on one node, by TrainerClient", "TrainJob", needs=("trainer",)),
    Example("train-2", "the same on two nodes", "TrainJob", needs=("trainer",)),
    Example(
        "first-model",
        "train, serve and ask, by TrainerClient and KServeClient",
        "TrainJob, InferenceService",
        needs=("trainer", "kserve"),
    ),
    Example("tfjob", "two workers of Training Operator who know of each other", "TFJob", needs=("training-operator",)),
    Example("experiment", "two trials, by minikf tune", "Experiment", kind=f"Katib's controller {_NO_GO}"),
    Example("notebook", "a notebook and its claim, by kubectl", "Notebook", kind=f"the notebook controller {_NO_GO}"),
    Example(
        "pipeline",
        "a pipeline and its version, by kubectl",
        "Pipeline, PipelineVersion",
        kind=f"the backend of Pipelines {_NO_GO}",
    ),
    Example(
        "jaxjob",
        "a JAXJob of Training Operator",
        "JAXJob",
        kind="Training Operator 1.8.1, the last module, has no JAXJob",
    ),
)


def markdown() -> Iterator[str]:
    """The table's lines; on a cluster `accepted` is strict acceptance by the API server and nothing more."""
    yield "| Example | Kinds | embedded | kind |"
    yield "| --- | --- | --- | --- |"
    for one in EXAMPLES:
        there = RUNS if one.runs_on_kind else f"accepted: {one.kind}"
        yield f"| {one.title} | {one.kinds} | {RUNS} | {there} |"


if __name__ == "__main__":
    print("\n".join(markdown()))
