"""A task's inputs, from the DAG around it and the records of the tasks before it.

Rules: a value is brought to the declared type; an input without a value takes its default; one that is optional is then
absent. A pipeline's own optional input without a value is null, and null is what a task gets that requires a value from
it, as in kfp.local. The output of a task that did not make it is no value: a required input of it fails the task.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.plan.placeholders import filled
from minikf.embedded.pipelines.plan.scope import Missing, Scope, Unresolved
from minikf.embedded.pipelines.records import Artifact, Json, TaskRecord, TaskState, Values
from minikf.embedded.pipelines.spec.model import (
    Component,
    ComponentInput,
    Constant,
    FinalStatus,
    ParameterInput,
    ParameterSpec,
    Signature,
    Task,
    TaskOutput,
)
from minikf.embedded.pipelines.spec.types import coerce

# Upstream's driver (backend/src/v2/driver/resolve.go) tells the state as ML Metadata has it, and its own suite asserts
# COMPLETE; the SDK's docstring says SUCCEEDED, which is what Vertex AI and kfp.local tell.
_STATES = {TaskState.SUCCEEDED: "COMPLETE"}
_UNKNOWN = 2
"""google.rpc.Code UNKNOWN: the error in KFP's final status is a google.rpc.Status; exit codes are no such codes."""


def resolve_inputs(task: Task, component: Component, scope: Scope) -> Values:
    """The task's inputs, before any loop. Raises Unresolved."""
    names = {**scope.names, "pipeline_task_name": task.name}
    found: dict[str, Json | Missing] = {}
    for name, given in task.parameters.items():
        if not isinstance(given.source, Constant):
            found[name] = _selected(_value(given, scope), given, name)
    known = {name: value for name, value in found.items() if not isinstance(value, Missing)}
    for name, given in task.parameters.items():
        if isinstance(given.source, Constant):
            found[name] = _selected(filled(given.source.value, known, names), given, name)
    return Values(declared(found, component.inputs, _item(task)), _artifacts(task, component, scope))


def _item(task: Task) -> str:
    return task.iterator.item_input if task.iterator else ""


def declared(found: Mapping[str, Json | Missing], inputs: Signature, item: str = "") -> dict[str, Json]:
    """Values of the declared types, with defaults. `item` is the input that a loop gives later. Raises Unresolved."""
    values: dict[str, Json] = {}
    for name, value in found.items():
        if name not in inputs.parameters and not isinstance(value, Missing):
            values[name] = value  # for placeholders of constants, images and limits
    for name, spec in inputs.parameters.items():
        if name == item and name not in found:
            continue
        value = found.get(name, Missing("nothing gives it"))
        if isinstance(value, Missing) or value is None:
            _put_absent(values, name, spec, value)
        else:
            values[name] = _typed(name, value, spec)
    return values


def _put_absent(values: dict[str, Json], name: str, spec: ParameterSpec, value: Missing | None) -> None:
    if spec.has_default and spec.default is not None:
        values[name] = spec.default
    elif isinstance(value, Missing):
        if not (spec.optional or spec.has_default):
            raise Unresolved(f"input {name!r} has no value: {value.reason}")
    elif not spec.optional:
        values[name] = None


def _typed(name: str, value: Json, spec: ParameterSpec) -> Json:
    try:
        return coerce(value, spec.type, f"input {name!r}")
    except PipelineError as error:
        raise Unresolved(str(error)) from error


def _value(given: ParameterInput, scope: Scope) -> Json | Missing:
    source = given.source
    if isinstance(source, TaskOutput):
        return scope.output(source.source.task, source.source.key)
    if isinstance(source, ComponentInput):
        return scope.parameter(source.name)
    assert isinstance(source, FinalStatus)
    return final_status(source.task, scope.record(source.task), scope.names)


def final_status(task: str, record: TaskRecord | None, names: Mapping[str, str]) -> dict[str, Json]:
    """A PipelineTaskFinalStatus with the field names that the SDK's executor reads."""
    state = record.state if record else TaskState.PENDING
    status: dict[str, Json] = {
        "state": _STATES.get(state, state.value),
        "pipelineJobResourceName": names.get("pipeline_job_resource_name", "{{$.pipeline_job_resource_name}}"),
        "pipelineTaskName": task,
        "error": {},
    }
    if record is not None and state is TaskState.FAILED:
        status["error"] = {"code": _UNKNOWN, "message": record.error or f"task {record.path} failed"}
    return status


def _selected(value: Json | Missing, given: ParameterInput, name: str) -> Json | Missing:
    """What the parameterExpressionSelector takes out of the value."""
    if given.selector is None or isinstance(value, Missing) or value is None:
        return value
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise Unresolved(f"input {name!r} is taken out of a text that is no JSON: {error}") from error
    for key in given.selector:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError) as error:
            raise Unresolved(f"input {name!r} is taken out of a value that has no {key!r}") from error
    return value


def _artifacts(task: Task, component: Component, scope: Scope) -> dict[str, tuple[Artifact, ...]]:
    found: dict[str, tuple[Artifact, ...]] = {}
    for name, given in task.artifacts.items():
        source = given.source
        value: tuple[Artifact, ...] | Missing
        if isinstance(source, TaskOutput):
            value = scope.output_artifacts(source.source.task, source.source.key)
        else:
            value = scope.inputs.artifacts.get(source.name, Missing(f"input artifact {source.name!r} was not given"))
        if not isinstance(value, Missing):
            found[name] = value
            continue
        spec = component.inputs.artifacts.get(name)
        if component.dag is None and spec is not None and not spec.optional:
            raise Unresolved(f"input artifact {name!r} has no value: {value.reason}")
    return found
