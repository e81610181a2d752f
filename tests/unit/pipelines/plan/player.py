"""Plays a pipeline without running anything: records are kept as execution keeps them, steps end as the test says."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from minikf.embedded.pipelines.plan import Close, Ending, Import, Open, Skip, Start, Step, advance, begun
from minikf.embedded.pipelines.records import Artifact, TaskRecord, TaskState, Values
from minikf.embedded.pipelines.spec import Package, load, resolve_arguments
from minikf.embedded.pipelines.spec.model import Dag, ParameterType, Signature

DATA = Path(__file__).parent.parent / "data"
Outcome = Callable[[str, Values], TaskState | Mapping[str, Any]]
"""What a step makes of its path and inputs: an ending, or values of some of its output parameters."""

_VALUES: dict[ParameterType, Any] = {
    ParameterType.NUMBER_INTEGER: 3,
    ParameterType.NUMBER_DOUBLE: 0.5,
    ParameterType.BOOLEAN: True,
    ParameterType.LIST: [1, 2, 3],
    ParameterType.STRUCT: {"a": 1},
}


def compiled_pipeline(name: str) -> Package:
    """One of the pipelines that data/make.py compiles."""
    return load((DATA / f"{name}.yaml").read_bytes(), name)


def upstream_pipelines(kind: str, *suffixes: str) -> list[Path]:
    """Kubeflow's own compiled pipelines of `kind` (valid, invalid), by default YAML files; none where they are missing.

    MINIKF_UPSTREAM is a mirror (`kubeflow/pipelines/RELEASE/test_data/...`), or any folder with pipelines, such as
    `test_data/sdk_compiled_pipelines` of a checkout: what is below a folder `invalid` is invalid, all else is valid.
    """
    checkout = Path(__file__).resolve().parents[4]
    mirror = Path(os.environ.get("MINIKF_UPSTREAM") or checkout.parent / "shared" / "upstream")
    folder = mirror / "kubeflow" / "pipelines"
    if folder.is_dir():
        found = list(folder.glob("*/test_data/sdk_compiled_pipelines/**/*"))
    else:
        found = list(mirror.rglob("*")) if mirror.is_dir() else []
    chosen = [path for path in found if path.suffix in (suffixes or (".yaml",))]
    return sorted(path for path in chosen if ("invalid" in path.parts) is (kind == "invalid"))


def dag_of(package: Package, path: str) -> Dag:
    """The DAG that the task of this path is in, found by names alone."""
    component = package.root
    for name in path.split("/")[:-1]:
        assert component.dag is not None
        component = package.components[component.dag.tasks[name.split("[")[0]].component]
    assert component.dag is not None
    return component.dag


def made(path: str, outputs: Signature) -> Values:
    """Outputs of a step that says nothing of its own."""
    return Values(
        {name: _VALUES.get(spec.type, f"{path}:{name}") for name, spec in outputs.parameters.items()},
        {name: (Artifact(name, spec.schema, f"file:///{path}/{name}"),) for name, spec in outputs.artifacts.items()},
    )


@dataclass
class Player:
    """`started` are the paths of steps in their order; `most` how many ran at the same time."""

    package: Package
    arguments: Mapping[str, Any] = field(default_factory=dict)
    outcome: Outcome = lambda path, inputs: {}
    names: Mapping[str, str] = field(default_factory=dict)
    pick: Callable[[int], int] = lambda count: 0
    records: dict[str, TaskRecord] = field(default_factory=dict)
    running: dict[str, Start | Import] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    most: int = 0
    canceling: bool = False

    def __post_init__(self) -> None:
        self.arguments = resolve_arguments(self.package, self.arguments)

    def step(self) -> Step:
        """Asks once and applies the actions."""
        found = advance(self.package, self.arguments, self.records, names=self.names, canceling=self.canceling)
        again = advance(self.package, self.arguments, self.records, names=self.names, canceling=self.canceling)
        assert found == again
        assert not (found.ending and found.actions)
        assert len({each.path for each in found.actions}) == len(found.actions), "two actions of one path"
        for action in found.actions:
            self._apply(action)
        for path, action in self.running.items():
            assert begun(self.package, self.arguments, self.records, path, names=self.names) == action
        self.most = max(self.most, len(self.running))
        return found

    def _apply(self, action: Any) -> None:
        path = action.path
        if isinstance(action, Close):
            old = self.records.get(path) or TaskRecord("run", path, action.name, TaskState.RUNNING)
            assert not old.state.is_over
            closed = replace(old, state=action.state, outputs=action.outputs, error=action.error)
            self.records[path] = closed
            return
        assert path not in self.records, f"{path} is begun twice"
        if isinstance(action, Skip):
            assert action.reason
            self.records[path] = TaskRecord("run", path, action.name, TaskState.SKIPPED, trigger=action.reason)
            return
        inputs = action.work.inputs if isinstance(action, Start) else action.inputs
        iterations = action.iterations if isinstance(action, Open) else -1
        self.records[path] = TaskRecord("run", path, action.name, TaskState.RUNNING, inputs, iterations=iterations)
        if isinstance(action, Open):
            return
        self._check_dependencies(path)
        self.running[path] = action
        self.started.append(path)

    def _check_dependencies(self, path: str) -> None:
        folder, _, name = path.rpartition("/")
        task = dag_of(self.package, path).tasks[name.split("[")[0]]
        for other in task.dependencies:
            record = self.records[f"{folder}/{other}" if folder else other]
            assert record.state.is_over, f"{path} began before {record.path} was over"

    def finish(self, path: str) -> None:
        """Lets a running step end."""
        action = self.running.pop(path)
        record = self.records[path]
        told = self.outcome(path, record.inputs)
        if isinstance(told, TaskState):
            error = "exit code 1" if told is TaskState.FAILED else ""
            self.records[path] = replace(record, state=told, error=error)
            return
        if isinstance(action, Import):
            outputs = Values({}, {action.artifact.name: (action.artifact,)})
        else:
            outputs = made(path, action.work.outputs)
        outputs = Values({**outputs.parameters, **told}, outputs.artifacts)
        self.records[path] = replace(record, state=TaskState.SUCCEEDED, outputs=outputs)

    def play(self) -> Ending:
        """To the end; steps end one at a time, the one that `pick` names."""
        for _ in range(10_000):
            step = self.step()
            if step.ending is not None:
                assert not self.running
                return step.ending
            if not step.actions:
                assert self.running, "nothing is due and nothing is running"
                self.finish(list(self.running)[self.pick(len(self.running))])
        raise AssertionError("the run does not end")

    def states(self) -> dict[str, str]:
        return {path: record.state.value for path, record in self.records.items()}
