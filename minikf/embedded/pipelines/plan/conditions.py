"""Whether a task runs, and over what it loops."""

from __future__ import annotations

from minikf.embedded.cel import CelError, compiled
from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.plan.scope import Unresolved
from minikf.embedded.pipelines.records import Artifact, Json, Values
from minikf.embedded.pipelines.spec.model import ArtifactIterator, ParameterType, Task
from minikf.embedded.pipelines.spec.types import coerce


def holds(condition: str, inputs: Values) -> bool:
    """A CEL condition over `inputs.parameter_values`. Raises Unresolved when its value is none, or no truth value."""
    try:
        value = compiled(condition).value({"inputs": {"parameter_values": dict(inputs.parameters)}})
    except CelError as error:
        raise Unresolved(f"condition {condition!r} has no value: {error}") from error
    if not isinstance(value, bool):
        raise Unresolved(f"condition {condition!r} is neither true nor false: {value!r}")
    return value


def loop_items(task: Task, inputs: Values) -> tuple[Json | Artifact, ...]:
    """What a loop runs over: JSON values, or artifacts. A text that is a JSON list counts as that list.

    Raises Unresolved.
    """
    iterator = task.iterator
    if isinstance(iterator, ArtifactIterator):
        return inputs.artifacts.get(iterator.input, ())
    assert iterator is not None
    if not iterator.input:
        return iterator.items
    value = inputs.parameters.get(iterator.input)
    try:
        items = coerce(value, ParameterType.LIST, f"what the loop runs over, {iterator.input!r},")
    except PipelineError as error:
        raise Unresolved(str(error)) from error
    if items is None:
        raise Unresolved(f"the loop has nothing to run over: {iterator.input!r} has no value")
    return tuple(items)
