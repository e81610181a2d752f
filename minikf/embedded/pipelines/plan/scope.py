"""Where a task stands: the DAG instance around it, and what its values may come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from minikf.embedded.pipelines.records import Artifact, Json, TaskRecord, TaskState, Values
from minikf.embedded.pipelines.spec.model import Component, Dag


class Unresolved(Exception):
    """A task cannot start because a value of it does not exist; the text is for users."""


@dataclass(frozen=True)
class Missing:
    """No value, and why: the text for users."""

    reason: str


@dataclass
class Scope:
    """One instance of the DAG `component`. `path` is its record's path, "" for the root; `parent` the DAG around it.

    `records` are those of the run by path, with what has been planned in this call; `names` are placeholders of the
    run (`pipeline_job_name`) by name.
    """

    path: str
    component: Component
    inputs: Values
    records: Mapping[str, TaskRecord]
    names: Mapping[str, str] = field(default_factory=dict)
    parent: Scope | None = None

    @property
    def dag(self) -> Dag:
        assert self.component.dag is not None
        return self.component.dag

    def path_of(self, task: str) -> str:
        return f"{self.path}/{task}" if self.path else task

    def record(self, task: str) -> TaskRecord | None:
        return self.records.get(self.path_of(task))

    def parameter(self, name: str) -> Json:
        """An input of the DAG; None without a value.

        kfp 2.17 does not hand the item of a loop on to a loop inside it when it stands in a text with the inner one's
        item: a name that the DAG does not declare is looked for in the DAGs around it, as kfp.local does.
        """
        if name in self.inputs.parameters or name in self.component.inputs.parameters or self.parent is None:
            return self.inputs.parameters.get(name)
        return self.parent.parameter(name)

    def output(self, task: str, key: str) -> Json | Missing:
        """An output parameter of a task of this DAG."""
        record = self.record(task)
        if record is not None and record.state.is_success and key in record.outputs.parameters:
            return record.outputs.parameters[key]
        return Missing(f"task {task!r} {_how(record)} output parameter {key!r}")

    def output_artifacts(self, task: str, key: str) -> tuple[Artifact, ...] | Missing:
        """The artifacts of an output of a task of this DAG."""
        record = self.record(task)
        if record is not None and record.state.is_success and key in record.outputs.artifacts:
            return record.outputs.artifacts[key]
        return Missing(f"task {task!r} {_how(record)} output artifact {key!r}")


def _how(record: TaskRecord | None) -> str:
    if record is None or not record.state.is_over:
        return "is not over and has no"
    words = {TaskState.SKIPPED: "was skipped and has no", TaskState.FAILED: "failed and has no"}
    return words.get(record.state, "has not made its")
