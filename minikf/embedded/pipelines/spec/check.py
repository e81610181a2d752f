"""Whether all names in a package point to something that is there."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

from minikf.embedded.cel import CelError, compiled
from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.spec.model import (
    ArtifactIterator,
    Component,
    ComponentInput,
    Dag,
    OutputReference,
    Package,
    ParameterIterator,
    Task,
    TaskOutput,
)

_LOOP_ITEM = "loop-item"
"""A part of the names that the SDK gives to items of loops. Where a text is made of the item of a loop in a loop, kfp
2.17 also writes that item as an input of the outer loop, where nothing gives it: such a name may point to nothing."""


MAXIMUM_DEPTH = 100
"""Levels of components in components: a limit of MiniKF's own, so that none can exhaust the interpreter's stack."""


def check_references(package: Package) -> None:
    """Raises PipelineError for a missing component, executor, input or output, and for components inside themselves."""
    _check_nesting(package)
    for component in (package.root, *package.components.values()):
        place = "root" if component is package.root else f"components.{component.name}"
        if component.dag is None:
            if component.executor not in package.executors:
                raise PipelineError(f"executor {component.executor!r} is not in deploymentSpec.executors", place)
            continue
        for task in component.dag.tasks.values():
            _check_task(task, component, component.dag, package, f"{place}.dag.tasks.{task.name}")
        _check_outputs(component.dag, package, f"{place}.dag.outputs")


def _check_task(task: Task, parent: Component, dag: Dag, package: Package, place: str) -> None:
    component = package.components.get(task.component)
    if component is None:
        raise PipelineError(f"component {task.component!r} is not in components", place)
    for name, parameter in task.parameters.items():
        where = f"{place}.inputs.parameters.{name}"
        if isinstance(parameter.source, TaskOutput):
            _check_output(parameter.source.source, dag, package, where, artifact=False)
        elif isinstance(parameter.source, ComponentInput):
            source = parameter.source.name
            if source not in parent.inputs.parameters and _LOOP_ITEM not in source:
                raise PipelineError(f"{parent.name} has no input parameter {source!r}", where)
    for name, artifact in task.artifacts.items():
        where = f"{place}.inputs.artifacts.{name}"
        if isinstance(artifact.source, TaskOutput):
            _check_output(artifact.source.source, dag, package, where, artifact=True)
        elif artifact.source.name not in parent.inputs.artifacts and _LOOP_ITEM not in artifact.source.name:
            raise PipelineError(f"{parent.name} has no input artifact {artifact.source.name!r}", where)
    _check_iterator(task, place)
    _check_given(task, component, place)
    if task.condition:
        try:
            compiled(task.condition)
        except CelError as error:
            raise PipelineError(f"condition does not parse: {error}", f"{place}.triggerPolicy.condition") from error


def _check_output(reference: OutputReference, dag: Dag, package: Package, place: str, *, artifact: bool) -> None:
    producer = dag.tasks.get(reference.task)
    if producer is None:
        raise PipelineError(f"task {reference.task!r} is not in this dag", place)
    component = package.components.get(producer.component)
    if component is None:
        raise PipelineError(f"component {producer.component!r} of {producer.name!r} is not in components", place)
    names = component.outputs.artifacts if artifact else component.outputs.parameters
    if reference.key not in names:
        kind = "artifact" if artifact else "parameter"
        raise PipelineError(f"task {reference.task!r} has no output {kind} {reference.key!r}", place)


def _check_iterator(task: Task, place: str) -> None:
    iterator = task.iterator
    if isinstance(iterator, ParameterIterator) and iterator.input and iterator.input not in task.parameters:
        raise PipelineError(f"{iterator.input!r} is no input of the task", f"{place}.parameterIterator.items")
    if isinstance(iterator, ArtifactIterator) and iterator.input not in task.artifacts:
        raise PipelineError(f"{iterator.input!r} is no input artifact of the task", f"{place}.artifactIterator.items")


def _check_given(task: Task, component: Component, place: str) -> None:
    """A required input that nothing gives would fail when the task starts: told now."""
    item = task.iterator.item_input if task.iterator else ""
    for name, parameter in component.inputs.parameters.items():
        if not (parameter.optional or parameter.has_default or name in task.parameters or name == item):
            raise PipelineError(f"input parameter {name!r} of {component.name} is not given", f"{place}.inputs")
    for name, artifact in component.inputs.artifacts.items():
        if not (artifact.optional or name in task.artifacts or name == item):
            raise PipelineError(f"input artifact {name!r} of {component.name} is not given", f"{place}.inputs")


def _check_outputs(dag: Dag, package: Package, place: str) -> None:
    for kind, outputs in (("parameters", dag.parameters), ("artifacts", dag.artifacts)):
        for name, references in outputs.items():
            for reference in references:
                _check_output(reference, dag, package, f"{place}.{kind}.{name}", artifact=kind == "artifacts")


def _check_nesting(package: Package) -> None:
    graph = {
        component.name: [task.component for task in component.dag.tasks.values()]
        for component in package.components.values()
        if component.dag is not None
    }
    depth: dict[str, int] = {}
    try:
        for name in TopologicalSorter(graph).static_order():
            depth[name] = 1 + max((depth[each] for each in graph.get(name, ())), default=0)
    except CycleError as error:
        raise PipelineError(f"components hold each other: {' -> '.join(error.args[1])}", "components") from error
    deepest = max(depth, key=lambda name: depth[name], default="")
    if deepest and depth[deepest] > MAXIMUM_DEPTH:
        raise PipelineError(f"holds more than {MAXIMUM_DEPTH} levels of components", f"components.{deepest}")
