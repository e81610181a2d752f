"""What a pipeline's document says of its tasks: which there are, in which groups, after which others. Pure.

Names are those of `pipeline_spec.proto` (schema 2.1.0), with both spellings that JSON of protobuf may have. A document
of an unknown form gives fewer tasks, never an error: what cannot be read is not drawn.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from minikf.kube.shapes import mapping
from minikf.views.runs.model import AFTER, CONDITION, DAG, EXIT, FINALLY, IMPORTER, LOOP, STEP, Object

_DEEPEST = 30  # groups in groups; a component that holds itself would never end
_COMPLETED = "ALL_UPSTREAM_TASKS_COMPLETED"
_INPUT = re.compile(r"inputs\.(?:parameter_values|parameters)\[\s*(['\"])(.+?)\1\s*\]")
_CAST = re.compile(r"\b(?:int|double|string|bool)\(\s*(inputs[^()]*)\)")


@dataclass(frozen=True)
class Source:
    """Where a parameter comes from: a constant, an output (`task`, `key`), or the group's own input `key`."""

    constant: Any = None
    task: str = ""
    key: str = ""
    is_constant: bool = False


@dataclass(frozen=True)
class Task:
    """A task of the document; `inside` are those of its group by name, `after` the siblings it waits for by role."""

    name: str
    title: str
    kind: str
    note: str = ""
    after: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Source] = field(default_factory=dict)
    inside: Mapping[str, Task] = field(default_factory=dict)


def tasks_of(spec: Object) -> dict[str, Task]:
    """The tasks of the pipeline's own DAG by name, in an order in which they can run."""
    return _inside(spec, mapping(spec.get("root")), 0)


def _inside(spec: Object, component: Object, depth: int) -> dict[str, Task]:
    tasks = mapping(mapping(component.get("dag")).get("tasks"))
    if depth > _DEEPEST:
        return {}
    found = {str(name): _task(spec, str(name), mapping(task), depth) for name, task in tasks.items()}
    return _in_order(found)


def _task(spec: Object, name: str, task: Object, depth: int) -> Task:
    component = mapping(mapping(spec.get("components")).get(str(_get(mapping(_get(task, "componentRef")), "name"))))
    trigger = mapping(_get(task, "triggerPolicy"))
    condition = str(_get(trigger, "condition") or "")
    inputs = mapping(task.get("inputs"))
    sources = {str(key): _source(mapping(said)) for key, said in mapping(inputs.get("parameters")).items()}
    iterator = mapping(_get(task, "parameterIterator")) or mapping(_get(task, "artifactIterator"))
    inside = _inside(spec, component, depth + 1)
    title = str(mapping(_get(task, "taskInfo")).get("name") or name)
    return Task(
        name=name,
        title=title,
        kind=_kind(spec, name, component, iterates=bool(iterator), condition=condition),
        note=_loop_note(iterator, sources) if iterator else readable(condition, sources),
        after=_after(task, trigger, sources, inputs),
        parameters=sources,
        inside=inside,
    )


def _kind(spec: Object, name: str, component: Object, *, iterates: bool, condition: str) -> str:
    if iterates:
        return LOOP
    if component.get("dag") is None:
        executors = mapping(mapping(_get(spec, "deploymentSpec")).get("executors"))
        executor = mapping(executors.get(_get(component, "executorLabel")))
        return IMPORTER if "importer" in executor else STEP
    if condition:
        return CONDITION
    return EXIT if name.startswith("exit-handler") else DAG


def _after(task: Object, trigger: Object, sources: Mapping[str, Source], inputs: Object) -> dict[str, str]:
    role = FINALLY if _get(trigger, "strategy") == _COMPLETED else AFTER
    named = _get(task, "dependentTasks")
    names = [str(one) for one in named] if isinstance(named, list) else []
    names += [source.task for source in sources.values() if source.task]
    for said in mapping(inputs.get("artifacts")).values():
        names.append(str(_get(mapping(_get(mapping(said), "taskOutputArtifact")), "producerTask") or ""))
    return {name: role for name in names if name}


def _source(said: Object) -> Source:
    runtime = mapping(_get(said, "runtimeValue"))
    if runtime:
        constant = runtime.get("constant", _get(runtime, "constantValue"))
        return Source(constant=constant, is_constant=True)
    output = mapping(_get(said, "taskOutputParameter"))
    if output:
        return Source(task=str(_get(output, "producerTask")), key=str(_get(output, "outputParameterKey")))
    status = mapping(_get(said, "taskFinalStatus"))
    if status:
        return Source(task=str(_get(status, "producerTask")), key="final status")
    return Source(key=str(_get(said, "componentInputParameter") or ""))


def readable(condition: str, sources: Mapping[str, Source]) -> str:
    """A condition with the names that people gave: `number.result > 5`."""

    def name(match: re.Match[str]) -> str:
        source = sources.get(match[2])
        if source is not None and source.task and source.key:
            return f"{source.task}.{_plain(source.key)}"
        return _plain(match[2])

    without_casts = _CAST.sub(r"\1", condition)
    return _INPUT.sub(name, without_casts)


def _loop_note(iterator: Object, sources: Mapping[str, Source]) -> str:
    items = mapping(iterator.get("items"))
    if items.get("raw") is not None:
        return f"over {items['raw']}"
    wanted = str(_get(items, "inputParameter") or _get(items, "inputArtifact") or "")
    source = sources.get(wanted)
    if source is not None and source.is_constant:
        return f"over {source.constant if isinstance(source.constant, str) else json.dumps(source.constant)}"
    if source is not None and source.task:
        return f"over {source.task}.{_plain(source.key)}"
    return f"over {_plain(wanted)}" if wanted else ""


def _plain(name: str) -> str:
    """A name without what the SDK puts before it: `pipelinechannel--number-result` is `number-result`."""
    return name.removeprefix("pipelinechannel--")


def _in_order(tasks: dict[str, Task]) -> dict[str, Task]:
    """Each task after those that it waits for; in the document's order otherwise, and where it goes in a circle."""
    done: dict[str, Task] = {}
    left = dict(tasks)
    while left:
        ready = [name for name, task in left.items() if not any(one in left for one in task.after)]
        for name in ready or list(left):
            done[name] = left.pop(name)
    return done


def _get(said: Object, name: str) -> Any:
    """A field by its camelCase name or by its snake_case one."""
    if name in said:
        return said[name]
    return said.get(re.sub(r"[A-Z]", lambda match: f"_{match[0].lower()}", name))
